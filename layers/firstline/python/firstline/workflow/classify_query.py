"""State ClassifyQuery: what is wanted, how urgently, in which mood and language."""

from __future__ import annotations

from firstline.domain.classification import classify
from firstline.domain.turn import Classification, Turn


def classify_query(turn: Turn) -> Classification:
    """Classify all that is unanswered, in microseconds and without a model."""
    return classify(turn.question)
