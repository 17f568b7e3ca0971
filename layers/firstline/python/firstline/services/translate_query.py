"""Have a language model translate a question into the language of the knowledge, to search with both."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from firstline.domain.errors import FirstlineError
from firstline.domain.masking import mask
from firstline.domain.turn import Turn
from firstline.services.booked_question import BookedQuestion
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
    """One small request; whatever fails, the question is searched for as it was written.

    Translations of texts without personal data are kept in this process, so that a repeated question costs nothing;
    no store ever holds them.
    """

    def __init__(self, question: BookedQuestion) -> None:
        self._question = question
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
        said = self._question.ask(
            turn,
            translate_prompt().text,
            f"{_NAMES.get(language.partition('-')[0], language)}\n{text[:_MOST_CHARACTERS]}",
            max_tokens=_MAX_TOKENS,
            within_s=_WITHIN_S,
            on_failure=on_failure,
        )
        translated = " ".join(said.split())
        if not translated or len(translated) > _LONGER * len(text) + _SOME:
            return ""
        if mask(text) == text:
            self._keep(key, translated)
        return translated

    def _keep(self, key: tuple[str, str], translated: str) -> None:
        with self._lock:
            self._known[key] = translated
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
