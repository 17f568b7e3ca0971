"""Which language a text is in."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from firstline.domain.answer_check import AnswerRules
from firstline.domain.guard_result import ForeignAnswers, GuardReason
from firstline.domain.language_pieces import BUCKETS, LONGEST_TEXT, pieces_of, words_of
from firstline.domain.languages import SUPPORTED, is_in, judge_language, read_model, shipped_language_model
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.language import evaluate


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Login geht nicht, error 500", "de"),
        ("Rechnung falsch", "de"),
        ("mot de passe oublié", "fr"),
        ("esqueci a senha", "pt"),
        ("kan niet inloggen", "nl"),
        ("şifremi unuttum", "tr"),
        ("non riesco ad accedere", "it"),
        ("tack så mycket", "sv"),
        ("where is my parcel, Anna Kowalska, PL-4711", "en"),
        ("使い方が分かりません error 500", "ja"),
        ("请问我的发票在哪里", "zh"),
        ("κωδικός πρόσβασης", "el"),
        ("비밀번호를 잊었어요", "ko"),
    ],
)
def test_short_messages_and_mixed_ones_are_known(text: str, language: str) -> None:
    guess = judge_language(text)
    assert guess.code == language
    assert guess.confidence > 0.5
    assert guess.because


@pytest.mark.parametrize(
    "text", ["", " \n", "\U0001f600\U0001f600", "500", "a1b2@c3.example https://x.example/y", "\ud800"]
)
def test_nothing_to_judge_by_is_undetermined(text: str) -> None:
    guess = judge_language(text)
    assert (guess.code, guess.confidence, guess.because) == ("und", 0.0, ())


def test_odd_texts_never_raise_and_only_their_beginning_is_read() -> None:
    rng = random.Random(7)
    odd = ["".join(chr(rng.randrange(1, 0x2FFFF)) for _ in range(200)) for _ in range(40)]
    odd += [
        base64.b64encode(rng.randbytes(300)).decode(),
        "def f(x):\n    return x[0] == {}",
        "\u0430\u0440\u0440le p\u0430y",
    ]
    for text in odd:
        guess = judge_language(text)
        assert 0.0 <= guess.confidence <= 1.0
    german = "Ich kann mich seit gestern nicht mehr anmelden. "
    assert judge_language(german * 1_100) == judge_language((german * 20)[:LONGEST_TEXT])


def test_pieces_do_not_reach_over_the_border_of_a_word() -> None:
    together = pieces_of(["geht", "nicht", "so"])
    for place, word in enumerate(["geht", "nicht", "so"]):
        alone = pieces_of([word])
        assert sorted(alone.buckets) == sorted(together.buckets[together.words == place])
    assert ((together.buckets >= 0) & (together.buckets < BUCKETS)).all()
    assert words_of("İPTAL don’t x9 a_b") == ["iptal", "don't"]  # noqa: RUF001


def test_every_supported_language_has_weights_and_the_card_fits_them() -> None:
    model = shipped_language_model()
    assert set(model.languages) >= SUPPORTED
    assert model.weights.nbytes < 6_000_000
    with pytest.raises(ValueError, match="weights of shape"):
        read_model({"languages": ["de"], "scripts": {}, "prior": {}, "scale": 1.0}, model.weights)
    assert is_in("pt", "pt-BR")
    assert not is_in("de", "den")


def test_the_task_scores_files_with_their_peers_and_names_a_row_that_does_not_fit(tmp_path: Path) -> None:
    rows = [
        '{"text": "Wo ist meine Bestellung geblieben?", "lang": "de"}',
        '{"text": "Where is my order?", "lang": "en"}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    result = evaluate(tmp_path, None, limit=None, seed=13, progress=lambda *_: None)  # type: ignore[arg-type]
    assert result["ours"]["accuracy"] == result["ours"]["accuracy_supported"] == result["ours"]["macro_f1"] == 1.0
    assert result["ours"]["per_file"]["a.jsonl"]["n"] == result["n"] == 2
    (tmp_path / "b.jsonl").write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(InvalidDataError, match=r"b\.jsonl"):
        evaluate(tmp_path, None, limit=None, seed=13, progress=lambda *_: None)  # type: ignore[arg-type]


SOURCES = ["# Seats\n\nYou can add up to 25 seats on the Team plan.", "# Export\n\nExports are kept for 30 days."]


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Im Tarif Team können Sie bis zu 25 Plätze hinzufügen [1].", True),
        ("Im Tarif Team können Sie bis zu 25 Plätze hinzufügen.", False),
        ("Im Tarif Team können Sie bis zu 25 Plätze hinzufügen [2].", False),
        ("Im Tarif Team können Sie bis zu 40 Plätze hinzufügen [1].", False),
    ],
)
def test_a_translated_sentence_leaves_if_the_source_it_names_has_its_figures(text: str, leaves: bool) -> None:
    rules = AnswerRules(SOURCES, foreign=ForeignAnswers.CITED)
    check = rules.check(text).check
    assert (check.reason is None) is leaves
    assert check.ungrounded_language is (leaves or check.reason is not GuardReason.UNKNOWN_FIGURE)
    assert AnswerRules(SOURCES).check(text).check.reason is not None
