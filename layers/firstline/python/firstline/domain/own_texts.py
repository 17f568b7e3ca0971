"""Sentences of Firstline's own, which state nothing of the company's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from firstline.domain.statements import statements

_MARK = re.compile(r"\[\d{1,2}\]")
_WORDS = re.compile(r"[^\W\d_]+")
_SPANISH_START = re.compile(r"(?<=[.!?])\s+(?=[\u00a1\u00bf])")
_BLANK = re.compile(r"\{\w+\}")
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3\uff66-\uff9d]")
_LETTERS_OF_A_WORD = 2
_FEWEST_WORDS = 3
_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f")


def own_sentences(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of the sentences of Firstline's own texts, in which ``{name}`` stands for anything short."""
    parts = (part for text in texts for part in _SPANISH_START.split(text))
    found = {normalised(sentence.text) for part in parts for sentence in statements(part)}
    kept = sorted(filter(_is_whole, found))
    return re.compile("|".join(map(_own_pattern, kept))) if kept else None


def _is_whole(sentence: str) -> bool:
    """Tell whether a sentence stands for itself; one of few words with a blank in it could stand for anything."""
    has_blank = _BLANK.search(sentence) is not None
    return _n_words(_BLANK.sub(" ", sentence)) >= _FEWEST_WORDS or (not has_blank and sentence.endswith(_ENDS))


def _n_words(sentence: str) -> int:
    """Return how many words a sentence has; in scripts without spaces, by the length that words have there."""
    spaced = _WORDS.findall(_UNSPACED.sub(" ", sentence))
    return len(spaced) + len(_UNSPACED.findall(sentence)) // _LETTERS_OF_A_WORD


def _own_pattern(sentence: str) -> str:
    parts = _BLANK.split(sentence)
    return "(?:" + ".{0,150}?".join(map(re.escape, parts)) + ")"


def normalised(text: str) -> str:
    """Return a sentence with single spaces, without marks and emphasis, as own texts are compared."""
    return " ".join(_MARK.sub("", text).replace("*", "").split())
