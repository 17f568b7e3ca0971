"""What customers say in each of the twelve languages, and what only sounds like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firstline.domain.languages import SUPPORTED, judge_language
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.slots import asks_for_person
from firstline.domain.stakes import judge_stakes

SENTENCES: dict[str, list[list[str]]] = json.loads(
    Path(__file__).with_name("sentences_by_language.json").read_text(encoding="utf-8")
)
SAID = [(language, kind, text) for language, rows in SENTENCES.items() for kind, text in rows]


def test_every_language_has_ten_sentences_and_false_friends() -> None:
    assert SENTENCES.keys() == SUPPORTED
    for rows in SENTENCES.values():
        assert len(rows) >= 10
        assert {kind for kind, _ in rows} == {"human_request", "thanks", "goodbye", "greeting", "legal", "none"}


@pytest.mark.parametrize(("language", "kind", "text"), SAID)
def test_a_person_is_asked_for_where_one_is_and_nowhere_else(language: str, kind: str, text: str) -> None:
    assert asks_for_person(text) is (kind == "human_request")


@pytest.mark.parametrize(("language", "kind", "text"), SAID)
def test_law_is_at_stake_where_it_is_threatened_and_nowhere_else(language: str, kind: str, text: str) -> None:
    assert judge_stakes(text).legal is (kind == "legal")


@pytest.mark.parametrize(("language", "kind", "text"), SAID)
def test_thanks_greetings_and_goodbyes_are_found_in_what_says_them(language: str, kind: str, text: str) -> None:
    found = {
        name: bool(phrases_in(normalised(text), lexicon()["intents"][name]))
        for name in ("thanks", "greeting", "goodbye")
    }
    if kind in found:
        assert found[kind]
    if kind in ("none", "legal"):
        assert not any(found.values())


def test_the_language_of_these_sentences_is_known() -> None:
    wrong = [(language, text) for language, _, text in SAID if judge_language(text).code != language]
    assert len(wrong) <= 0.02 * len(SAID), wrong


def test_accents_that_are_left_out_make_no_difference() -> None:
    assert asks_for_person("hay alguien ahi")
    assert asks_for_person("gercek bir insanla gorusmek istiyorum")
    assert asks_for_person("chce porozmawiac z zywym czlowiekiem")


@pytest.mark.parametrize(
    ("phrases", "text", "found"),
    [
        (["[a|one] [big |]dog"], "one dog and a big dog", ["one dog", "a big dog"]),
        (["dog", "big dog"], "a big dog", ["big dog"]),
        (["dog"], "dogs", []),
        (["谢谢"], "非常谢谢你", ["谢谢"]),
        (["merci"], "MERCI", []),
    ],
)
def test_alternatives_in_brackets_are_found_as_whole_words_and_none_within_another(
    phrases: list[str], text: str, found: list[str]
) -> None:
    assert phrases_in(text, phrases) == found
