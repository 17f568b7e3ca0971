"""The texts that Firstline itself says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from firstline.domain import locales
from firstline.domain.classification import classify
from firstline.domain.locales import languages, plural, plural_category, text, text_unless_own, texts
from firstline.domain.phrases import OwnerAction, clarifying_text, handover_text, ownership_text, social_text
from firstline.domain.turn import Intent, Reason
from firstline.settings import Settings

CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
FOLDER = Path(locales.__file__).parents[1] / "locales"


@pytest.mark.parametrize("language", languages())
def test_a_file_has_texts_and_explanations_only_and_every_word_in_braces_of_the_english(language: str) -> None:
    loaded = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    assert all(key == "@@" or key[1:] in loaded for key in loaded if key.startswith("@"))
    for key, entry in texts(language).items():
        forms = {"other": entry} if isinstance(entry, str) else entry
        assert forms.keys() <= CATEGORIES
        english = texts("en")[key]
        wanted = set(re.findall(r"\{\w+\}", english if isinstance(english, str) else english["other"]))
        assert set(re.findall(r"\{\w+\}", forms["other"])) == wanted, key


@pytest.mark.parametrize("language", languages())
def test_every_language_has_every_text(language: str) -> None:
    assert texts(language).keys() == texts("en").keys()


def test_what_a_button_says_is_classified_as_what_it_is() -> None:
    for language in languages():
        assert classify(text("person_request", language)).intent is Intent.HUMAN_REQUEST


def test_an_unknown_language_falls_back_to_english() -> None:
    assert text("greeting", "xx") == text("greeting", "en-GB") == "Hello! What can I help you with?"
    assert text("greeting", "../../domain/lexicon") == text("greeting")
    with pytest.raises(KeyError):
        text("no_such_text")


def test_a_text_is_filled_in_without_reading_braces_in_what_fills_it() -> None:
    assert text("greeting_named", name="{Anna}") == "Hello {Anna}! What can I help you with?"


def test_a_text_that_counts_has_its_form() -> None:
    assert plural("answer_steps", 1) == "This is the step to take:"
    assert plural("answer_steps", 3) == "These are the 3 steps:"
    with pytest.raises(KeyError):
        text("answer_steps")
    with pytest.raises(KeyError):
        plural("greeting", 1)


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", {0: "other", 1: "one", 2: "other"}),
        ("fr", {0: "one", 1: "one", 2: "other"}),
        ("pl", {1: "one", 2: "few", 5: "many", 12: "many", 22: "few", 21: "many"}),
        ("ru", {1: "one", 2: "few", 5: "many", 11: "many", 21: "one", 112: "many"}),
        ("ar", {0: "zero", 1: "one", 2: "two", 3: "few", 11: "many", 100: "other", 103: "few"}),
        ("cs", {1: "one", 3: "few", 5: "other"}),
        ("he", {1: "one", 2: "two", 3: "other"}),
        ("ja", {0: "other", 1: "other"}),
        ("de-AT", {1: "one", 2: "other"}),
    ],
)
def test_plural_categories_are_those_of_cldr(language: str, counts: dict[int, str]) -> None:
    assert {count: plural_category(count, language) for count in counts} == counts


def test_every_reason_for_a_handover_has_words() -> None:
    for reason in Reason:
        told = handover_text(reason, "AB12", already_open=False)
        assert told.endswith("A person will join you here. Your ticket is AB12.")
        assert len(told) > 60
    away = handover_text(Reason.LEGAL, "AB12", already_open=False, away="Nobody is here.", back_at="Monday")
    assert away.endswith("Nobody is here. Your ticket is AB12; somebody will answer here from Monday.")
    assert "added your message" in handover_text(Reason.LEGAL, "AB12", already_open=True)


@pytest.mark.parametrize("language", languages())
def test_what_a_visitor_is_told_without_an_answer_is_there_in_every_language(language: str) -> None:
    told = ("handover_", "owner_", "mail.")
    alone = {"greeting", "greeting_named", "thanks", "goodbye", "feedback", "knowledge_unavailable", "nothing_found"}
    alone |= {"person_request", "attached_only", "offline_message", "somebody", "closed_quiet", "ended_by_customer"}
    wanted = {key for key in texts("en") if key.startswith(told)} | alone
    assert wanted - texts(language).keys() == set()
    if language != "en":
        # What stands in braces alone may be the same, and an order has no words.
        assert {key for key in wanted - {"mail.answer_order"} if texts(language)[key] == texts("en")[key]} == set()


def test_a_text_that_a_company_has_replaced_is_the_companys_in_every_language() -> None:
    assert text_unless_own("We sleep.", "offline_message", "de") == "We sleep."
    assert text_unless_own(text("offline_message"), "offline_message", "de-AT") == "Unser Team ist gerade nicht da."
    assert text_unless_own(text("offline_message"), "offline_message", "") == text("offline_message")


def test_the_settings_begin_with_the_texts_that_visitors_read() -> None:
    assert Settings().assistant_notice == text("widget.greeting")
    assert Settings().offline_message == text("offline_message")


def test_a_handover_speaks_the_visitors_language() -> None:
    told = handover_text(Reason.LEGAL, "AB12", already_open=False, away="Niemand da.", back_at="Montag", language="de")
    assert told.startswith("Das sollte sich ein Mensch bei uns ansehen.")
    assert told.endswith("Niemand da. Ihre Anfrage hat die Nummer AB12; die Antwort kommt hier ab Montag.")
    assert handover_text(Reason.LEGAL, "AB12", already_open=False, language="ja").endswith("受付番号はAB12です。")


def test_changes_of_hands_and_small_talk_have_words() -> None:
    assert ownership_text(OwnerAction.TAKEN, "") == "A person has joined the conversation."
    assert all(ownership_text(action, "Anna") for action in OwnerAction)
    assert social_text(Intent.GREETING, "Anna Maria") == "Hello Anna! What can I help you with?"
    with pytest.raises(ValueError, match="question"):
        social_text(Intent.QUESTION, "")


def test_asking_back_names_both_topics_or_says_plainly_that_nothing_was_found() -> None:
    assert clarifying_text(("A", "B")).endswith("1. A\n2. B")
    assert "could not find this" in clarifying_text(())
