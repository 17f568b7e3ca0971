"""Have a language model translate a question into the language of the knowledge, to search with both."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from firstline.domain.errors import FirstlineError, LanguageModelError
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from firstline.domain.masking import mask
from firstline.domain.ports import LanguageModel
from firstline.domain.turn import Turn
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData
from firstline.services.prompts import translate_prompt

_NAMES = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "sv": "Swedish", "tr": "Turkish", "ja": "Japanese", "zh": "Chinese",
}  # fmt: skip
_MOST_CHARACTERS = 1_000
_MAX_TOKENS = 300
_WITHIN_S = 5.0
_KEPT = 500
_LONGER = 4
"""A translation so many times as long as the message, and then some, is none."""
_SOME = 80


class TranslateQuery:
    """One small request, booked like any other; whatever fails, the question is searched for as it was written.

    Translations of texts without personal data are kept in this process, so that a repeated question costs nothing;
    no store ever holds them.

    Parameters
    ----------
    mask_model_input : bool
        Whether the model gets placeholders in place of personal data.
    """

    def __init__(self, model: LanguageModel, budget: ModelBudget, *, mask_model_input: bool = False) -> None:
        self._model = model
        self._budget = budget
        self._mask_model_input = mask_model_input
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, turn: Turn, text: str, language: str, on_failure: Callable[[FirstlineError], None]) -> str:
        """Return the text in a language; empty where it could not be had.

        Parameters
        ----------
        language : str
            A tag such as ``en`` or ``pt-BR``.
        """
        key = text, language
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        customer = turn.identified.customer
        booking = self._budget.book(
            turn.conversation_id, customer_id=customer.customer_id, vouched=bool(customer.user_id)
        )
        if booking.refused is not None:
            return ""
        said, cost_usd = "", 0.0
        hidden = PersonalData(is_on=self._mask_model_input)
        try:
            said, cost_usd = self._asked(hidden.hide(text[:_MOST_CHARACTERS]), language)
        except LanguageModelError as error:
            on_failure(error)
        self._budget.settle(booking, cost_usd)
        translated = " ".join(hidden.restored(said).split())
        if not translated or len(translated) > _LONGER * len(text) + _SOME:
            return ""
        if mask(text) == text:
            self._keep(key, translated)
        return translated

    def _asked(self, text: str, language: str) -> tuple[str, float]:
        request = ModelRequest(
            system=translate_prompt().text,
            messages=(ModelMessage("user", f"{_NAMES.get(language.partition('-')[0], language)}\n{text}"),),
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

    def _keep(self, key: tuple[str, str], translated: str) -> None:
        with self._lock:
            self._known[key] = translated
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
