"""What a message says of the answer before it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from firstline.domain.classified import Category, Classification, Intent, Level
from firstline.domain.learning import Earlier, asks_the_same, observed_parts, similarity

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def classified(intent: Intent = Intent.QUESTION, frustration: float = 0.0) -> Classification:
    return Classification(
        category=Category.GENERAL_INQUIRY,
        category_confidence=1.0,
        intent=intent,
        intent_confidence=1.0,
        urgency=0.0,
        urgency_level=Level.LOW,
        sentiment=0.0,
        sentiment_confidence=1.0,
        frustration=frustration,
        language="en",
        language_confidence=1.0,
    )


def values(text: str, earlier: Earlier, found: Classification | None = None) -> dict[str, float]:
    seen = observed_parts(text, found or classified(), earlier, at=NOW, evidence="T1")
    assert all((part.at, part.evidence) == (NOW, "T1") for part in seen)
    return {part.part.value: part.value for part in seen}


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("thanks, that worked", {"thanked": 1.0, "resolved": 1.0}),
        ("no, it still does not work", {"unresolved": 0.0}),
        ("thanks but that did not help", {"unresolved": 0.0}),
        ("and what does the pro plan cost?", {}),
        ("no thanks, that is wrong", {}),
        ("that solved nothing", {}),
        ("thanks for nothing", {}),
        ("thanks, useless bot", {}),
        ("danke, aber das ist falsch", {}),
        ("merci pour rien", {}),
        ("gracias por nada", {}),
        ("thanks, no further questions", {"thanked": 1.0}),
        ("no problem, thank you, it works", {"thanked": 1.0, "resolved": 1.0}),
        ("danke, das hat geholfen", {"thanked": 1.0, "resolved": 1.0}),
        ("merci, c'est réglé", {"thanked": 1.0, "resolved": 1.0}),
    ],
)
def test_signals_are_read_and_silence_is_none(text: str, signals: dict[str, float]) -> None:
    assert values(text, Earlier("how do I pay?")) == signals


def test_thanks_in_anger_are_no_success() -> None:
    angry = classified().model_copy(update={"sentiment": -0.9})
    assert angry.is_negative
    told = values("oh great, thanks, it works", Earlier("how do I pay?", None, -0.9), angry)
    assert told == {}


def test_asking_for_a_person_and_frustration_are_signals() -> None:
    found = classified(Intent.HUMAN_REQUEST, frustration=0.7)
    told = values("let me talk to a human", Earlier("how do I pay?", None, 0.0, 0.7), found)
    assert told == {"asked_for_person": 0.0, "frustrated": 0.0}


def test_asking_the_same_again_is_a_signal() -> None:
    again = "how can I export my timesheet to excel"
    assert "repeated" in values(again, Earlier("how do I export my timesheet to excel"))


def test_the_same_question_in_other_words_is_known_by_its_vector() -> None:
    vector, other = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    near = np.array([0.95, np.sqrt(1 - 0.95**2)], np.float32)
    assert asks_the_same("where is my money", "refund status please", near, vector)
    assert not asks_the_same("where is my money", "refund status please", other, vector)
    assert not asks_the_same("where is my money", "refund status please", vector, None)
    # Vectors of two models cannot be compared.
    assert not asks_the_same("where is my money", "refund status please", vector, np.ones(3, np.float32))


def test_the_mood_turns_for_the_better_and_for_the_worse() -> None:
    calm = "and what does the pro plan cost?"
    assert values(calm, Earlier("broken again", None, -0.8, 0.6))["mood"] == 1.0
    assert values(calm, Earlier("lovely", None, 0.9, 0.0))["mood"] == 0.0
    assert "mood" not in values(calm, Earlier("what is it", None, 0.1, 0.0))


def test_similarity_is_symmetric_and_bounded() -> None:
    assert similarity("export my timesheet", "export my timesheet") == 1.0
    assert similarity("", "export") == 0.0
    assert similarity("export it all", "all of it") == similarity("all of it", "export it all")
