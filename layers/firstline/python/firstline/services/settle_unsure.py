"""Ask a language model for category and intent where the classifiers are unsure."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.classified import Category, Classification, Intent
from firstline.domain.errors import FirstlineError
from firstline.domain.turn import Turn
from firstline.services.booked_question import BookedQuestion
from firstline.services.prompts import classify_prompt

UNSURE = 0.3
"""Confidence of a category or an intent below which the model is asked."""
_LEAST_WORDS = 4
"""A shorter message says too little for anybody."""
_MOST_CHARACTERS = 2_000
_MAX_TOKENS = 24
_WITHIN_S = 4.0
_MODEL_CONFIDENCE = 0.8
_WORDS_AS_RULES = (Intent.HUMAN_REQUEST, Intent.TICKET_STATUS, Intent.TICKET_REQUEST)
"""Intents that a rule has read; they stand."""


class SettleUnsure:
    """One small request; whatever fails, the classifiers' own judgement stands."""

    def __init__(self, question: BookedQuestion) -> None:
        self._question = question

    def __call__(
        self, turn: Turn, judged: Classification, on_failure: Callable[[FirstlineError], None]
    ) -> Classification:
        """Return the classification, with the model's category and intent where it was asked and has answered.

        What the model says is read as one of the known labels each; anything else counts as no answer.
        """
        if not _is_worth_asking(turn.question, judged):
            return judged
        said = self._question.ask(
            turn,
            classify_prompt().text,
            turn.question[:_MOST_CHARACTERS],
            max_tokens=_MAX_TOKENS,
            within_s=_WITHIN_S,
            on_failure=on_failure,
        )
        return _with_labels(judged, said)


def _is_worth_asking(text: str, judged: Classification) -> bool:
    if judged.legal or judged.safety or judged.intent in _WORDS_AS_RULES or len(text.split()) < _LEAST_WORDS:
        return False
    return min(judged.category_confidence, judged.intent_confidence) < UNSURE


def _with_labels(judged: Classification, said: str) -> Classification:
    match said.strip().lower().split():
        case [category, intent] if category in set(Category) and intent in set(Intent):
            changes = {"category": Category(category), "intent": Intent(intent), "settled_by_model": True}
            for name in ("category_confidence", "intent_confidence"):
                changes[name] = max(getattr(judged, name), _MODEL_CONFIDENCE)
            return judged.model_copy(update=changes)
    return judged
