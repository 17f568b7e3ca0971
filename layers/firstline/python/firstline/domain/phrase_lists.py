"""Lists of phrases looked for in a text: whole words, or the beginnings of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


class PhraseList:
    """Finds which of many phrases stand in a text.

    Most phrases are nowhere in it: looking for each one's plain part first is far faster than one large pattern.

    Parameters
    ----------
    phrases : iterable of str
        In small letters and with single spaces. ``*`` stands for any letters at a word's end. Phrases in a script
        without spaces between words are found anywhere, others as whole words.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = [(max(one.split("*"), key=len), one) for one in dict.fromkeys(phrases)]
        self._compiled: dict[str, re.Pattern[str]] = {}

    def matches(self, text: str) -> list[re.Match[str]]:
        """Return the first place of each phrase that stands in a text of small letters, in the order of the list."""
        present = (phrase for stem, phrase in self._phrases if stem in text)
        return [match for phrase in present if (match := self._pattern(phrase).search(text)) is not None]

    def found(self, text: str) -> list[str]:
        """Return the words of a text that stand for a phrase, in the order of the list."""
        return [match[0] for match in self.matches(text)]

    def _pattern(self, phrase: str) -> re.Pattern[str]:
        pattern = self._compiled.get(phrase)
        if pattern is None:
            inner = re.escape(phrase).replace(r"\*", r"\w*")
            spaced = not any(unicodedata.category(letter) == "Lo" for letter in phrase)
            pattern = self._compiled[phrase] = re.compile(rf"(?<!\w){inner}(?!\w)" if spaced else inner)
        return pattern
