"""Ask a language model for category and intent where the classifiers are unsure."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.classified import Category, Classification, Intent
from firstline.domain.errors import FirstlineError, LanguageModelError
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from firstline.domain.ports import LanguageModel
from firstline.domain.turn import Turn
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData
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
    """One small request, booked like any other; whatever fails, the classifiers' own judgement stands.

    Parameters
    ----------
    mask_model_input : bool
        Whether the model gets placeholders in place of personal data.
    """

    def __init__(self, model: LanguageModel, budget: ModelBudget, *, mask_model_input: bool = False) -> None:
        self._model = model
        self._budget = budget
        self._mask_model_input = mask_model_input

    def __call__(
        self, turn: Turn, judged: Classification, on_failure: Callable[[FirstlineError], None]
    ) -> Classification:
        """Return the classification, with the model's category and intent where it was asked and has answered.

        What the model says is read as one of the known labels each; anything else counts as no answer.
        """
        if not _is_worth_asking(turn.question, judged):
            return judged
        customer = turn.identified.customer
        booking = self._budget.book(
            turn.conversation_id, customer_id=customer.customer_id, vouched=bool(customer.user_id)
        )
        if booking.refused is not None:
            return judged
        said, cost_usd = "", 0.0
        try:
            hidden = PersonalData(is_on=self._mask_model_input)
            said, cost_usd = self._asked(hidden.hide(turn.question[:_MOST_CHARACTERS]))
        except LanguageModelError as error:
            on_failure(error)
        self._budget.settle(booking, cost_usd)
        return _with_labels(judged, said)

    def _asked(self, text: str) -> tuple[str, float]:
        request = ModelRequest(
            system=classify_prompt().text,
            messages=(ModelMessage("user", text),),
            max_tokens=_MAX_TOKENS,
            temperature=0.0,
            within_s=_WITHIN_S,
        )
        said, cost_usd = "", 0.0
        for event in self._model.stream(request):
            if isinstance(event, TextDelta):
                said += event.text
            elif isinstance(event, ModelFinished):
                cost_usd = event.cost_usd
        return said, cost_usd


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
