"""What a message says of the answer before it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from firstline.domain.classification import classify
from firstline.domain.learning import Earlier, asks_the_same, observed_parts, similarity

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def values(text: str, earlier: Earlier, **vectors: object) -> dict[str, float]:
    seen = observed_parts(text, classify(text), earlier, at=NOW, evidence="T1", **vectors)  # type: ignore[arg-type]
    assert all((part.at, part.evidence) == (NOW, "T1") for part in seen)
    return {part.part.value: part.value for part in seen}


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("thanks, that worked", {"thanked": 1.0, "resolved": 1.0}),
        ("no, it still does not work", {"unresolved": 0.0}),
        ("thanks but that did not help", {"unresolved": 0.0}),
        ("let me talk to a human", {"asked_for_person": 0.0}),
        ("and what does the pro plan cost?", {}),
    ],
)
def test_signals_are_read_and_silence_is_none(text: str, signals: dict[str, float]) -> None:
    mood = classify(text)
    told = values(text, Earlier("how do I pay?", None, mood.sentiment, mood.frustration))
    assert {name: value for name, value in told.items() if name != "frustrated"} == signals


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
