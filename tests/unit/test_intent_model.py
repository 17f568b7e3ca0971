"""Labels learnt from a few examples: what is told, how surely, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError
from firstline.domain.example_kernel import ExampleKernel, grams_of
from firstline.domain.hashed_ngrams import bucket_of, hashed_ngrams, plain_text
from firstline.domain.intent_model import IntentModel, fit_intents, spoken
from firstline.domain.ridge_head import OUT_OF_SCOPE, spread_sample

REFUND = [
    "where is my refund",
    "i want my money back",
    "refund the last order",
    "money back please",
    "how long does a refund take",
    "my refund has not arrived",
]
PARCEL = [
    "where is my parcel",
    "track my package",
    "the parcel has not arrived",
    "when is the package delivered",
    "delivery of my parcel",
    "package tracking number",
]
PASSWORD = [
    "reset my password",
    "i forgot the password",
    "password reset link",
    "cannot log in",
    "change password",
    "log in fails with my password",
]
SUNG, MADE = ("song", "joke", "poem", "story", "riddle"), ("match", "film", "cake", "moon", "sea")
TEXTS = REFUND + PARCEL + PASSWORD
LABELS = ["refund"] * 6 + ["parcel"] * 6 + ["password"] * 6


def by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors in which texts that share words are near."""
    vectors = np.full((len(texts), 64), 0.01, np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.split():
            row[hashlib.sha256(word.encode()).digest()[0] % 64] += 1
    units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def vector(text: str) -> NDArray[np.float32]:
    (only,) = by_words([text])
    return np.asarray(only, np.float32)


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return fit_intents(TEXTS, LABELS, by_words)[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [("refund my order please", "refund"), ("has the package arrived", "parcel"), ("new password", "password")],
)
def test_a_message_gets_the_label_whose_examples_it_is_like(model: IntentModel, text: str, label: str) -> None:
    judged = model.judge(text, vector(text))
    assert judged.label == label
    assert sum(judged.scores.values()) == pytest.approx(1)
    assert 0 < judged.confidence <= 1
    by_words_alone = model.judge(text)
    assert by_words_alone.label == label
    assert by_words_alone.confidence < judged.confidence


def test_what_is_like_no_example_is_out_of_scope_and_less_sure(model: IntentModel) -> None:
    inside = model.judge("where is my refund", vector("where is my refund"))
    outside = model.judge("sing a song about cats", vector("sing a song about cats"))
    assert inside.out_of_scope < 0.5 < outside.out_of_scope
    assert outside.confidence < inside.confidence


def test_the_reasons_are_the_examples_and_words_that_counted(model: IntentModel) -> None:
    because = model.judge("the parcel has not arrived yet", vector("the parcel has not arrived yet")).because
    examples = [one.text for one in because if one.kind == "example"]
    phrases = [one.text for one in because if one.kind == "phrase"]
    assert examples[0] == "the parcel has not arrived"
    assert "parcel" in phrases
    assert all(one.weight > 0 for one in because)
    assert model.judge("the parcel", explain=False).because == ()


def test_the_name_of_a_label_is_an_example_too() -> None:
    model, _ = fit_intents(TEXTS, [{"parcel": "lostShipment"}.get(one, one) for one in LABELS], by_words)
    judged = model.judge("lost shipment", vector("lost shipment"))
    assert (judged.label, judged.because[0].text) == ("lostShipment", "lost shipment")
    assert (spoken("card_arrival"), spoken("cardArrival"), spoken("HR Support")) == (
        "card arrival",
        "card arrival",
        "hr support",
    )


def test_a_model_survives_being_written_bit_for_bit(model: IntentModel) -> None:
    written = model.as_bytes()
    again = IntentModel.from_bytes(written)
    assert again.as_bytes() == written
    assert fit_intents(TEXTS, LABELS, by_words)[0].as_bytes() == written
    for text in ("where is my parcel", "refund", "something else"):
        before, after = model.judge(text, vector(text)), again.judge(text, vector(text))
        assert after.label == before.label
        assert after.confidence == pytest.approx(before.confidence, abs=0.01)


def test_two_labels_with_like_examples_collide_and_the_others_do_not() -> None:
    texts = [*TEXTS, *(text.replace("parcel", "shipment") for text in PARCEL), *(f"{text} now" for text in REFUND)]
    labels = [*LABELS, *["shipment"] * 6, *["money"] * 6]
    _, held_back = fit_intents(texts, labels, by_words)
    pairs = {frozenset(pair) for pair in held_back.collisions}
    assert frozenset(("refund", "money")) in pairs
    assert not any("password" in pair and "money" in pair for pair in pairs)
    assert held_back.right["password"] > held_back.right["money"]
    assert held_back.n == len(texts)


def test_examples_out_of_scope_belong_to_no_label_and_move_the_threshold() -> None:
    beside = [f"{verb} me a {what}" for verb in ("sing", "tell", "read") for what in SUNG]
    beside += [f"who {verb} the {what}" for verb in ("won", "made", "saw") for what in MADE]
    model, held_back = fit_intents([*TEXTS, *beside], [*LABELS, *[OUT_OF_SCOPE] * 30], by_words)
    assert model.head.labels == ("parcel", "password", "refund")
    assert held_back.n == len(TEXTS)
    assert model.judge("tell me a story", vector("tell me a story")).out_of_scope > 0.5
    assert model.judge("track my package", vector("track my package")).out_of_scope < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\U0001f642\U0001f642",
        "x" * 50_000,
        "a\u0301\u0435\u4e2d\u0639 " * 900,
        "aGVsbG8gd29ybGQ=" * 90,
        "\ud800",
    ],
)
def test_odd_texts_are_judged_with_low_confidence(model: IntentModel, text: str) -> None:
    judged = model.judge(text)
    assert judged.confidence < 0.3
    assert judged.label in model.head.labels


def test_a_vector_of_another_model_counts_as_none(model: IntentModel) -> None:
    assert model.judge("my parcel", np.ones(7, np.float32)) == model.judge("my parcel")


def test_no_example_or_an_empty_one_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        ExampleKernel.of([], np.zeros((0, 4), np.float32), word_weight=1.0)
    with pytest.raises(InvalidInputError):
        ExampleKernel.of(["a", " "], np.eye(2, 4, dtype=np.float32), word_weight=1.0)


def test_similarities_to_oneself_are_the_greatest_and_the_matrix_agrees_with_them() -> None:
    kernel = ExampleKernel.of(TEXTS, by_words(TEXTS), word_weight=0.5)
    for row, text in enumerate(TEXTS):
        assert kernel.shared_words(text) == pytest.approx(kernel.word_matrix[row], abs=1e-5)
        assert kernel.similarities(text, kernel.vectors[row])[row] == pytest.approx(1.5, abs=1e-3)


def test_scripts_without_spaces_are_matched_by_characters() -> None:
    assert {"退", "退款"} <= set(grams_of("我要退款"))
    assert {"返金", "refund", "refu~"} <= set(grams_of("返金 refund"))


def test_a_sample_takes_every_label_before_any_twice() -> None:
    labels = ["a"] * 10 + ["b"] * 2 + ["c"]
    assert [labels[row] for row in spread_sample(labels, 5)] == ["a", "a", "b", "b", "c"]


def test_grams_are_hashed_into_the_same_buckets_everywhere() -> None:
    buckets, values = hashed_ngrams(plain_text("  Réset MY  password "))
    assert bucket_of("my password") in buckets
    assert plain_text("  Réset MY  password ") == "réset my password"
    assert float(values @ values) == pytest.approx(2.0)
    assert len(hashed_ngrams("")[0]) < 3
