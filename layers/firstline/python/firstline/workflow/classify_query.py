"""State ClassifyQuery: what is wanted, how urgently, in which mood and language."""

from __future__ import annotations

from firstline.domain.classification import classify
from firstline.domain.injection import injection_risk
from firstline.domain.turn import Classification, Turn


def classify_query(turn: Turn) -> Classification:
    """Classify all that is unanswered, in a few milliseconds and without a model call."""
    return classify(turn.question).model_copy(update={"injection_risk": injection_risk(turn.question)})
