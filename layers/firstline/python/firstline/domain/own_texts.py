"""Sentences of Firstline's own, which state nothing of the company's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from firstline.domain.statements import statements

_MARK = re.compile(r"\[\d{1,2}\]")
_WORDS = re.compile(r"[^\W\d_]+")
_BLANK = re.compile(r"\{\w+\}")
_FEWEST_WORDS = 3
_SPANISH = re.compile("(?<=[.!?]) (?=[\u00bf\u00a1])")
"""Where Spanish begins another sentence; answers leave in pieces that end there."""
_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f")


def own_sentences(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of the sentences of Firstline's own texts, in which ``{name}`` stands for anything short."""
    stated = (sentence.text for text in texts for sentence in statements(text))
    found = {normalised(part) for text in stated for part in _SPANISH.split(text)}
    kept = sorted(sentence for sentence in found if _is_whole(sentence) or _n_words(sentence) >= _FEWEST_WORDS)
    return re.compile("|".join(map(_own_pattern, kept))) if kept else None


def _is_whole(sentence: str) -> bool:
    # "Hello!" says nothing else, however short; a word to choose by, or one with a blank, might be any sentence.
    return sentence.endswith(_ENDS) and not _BLANK.search(sentence)


def _n_words(sentence: str) -> int:
    return len(_WORDS.findall(_BLANK.sub(" ", sentence)))


def _own_pattern(sentence: str) -> str:
    parts = _BLANK.split(sentence)
    return "(?:" + ".{0,150}?".join(map(re.escape, parts)) + ")"


def normalised(text: str) -> str:
    """Return a sentence with single spaces, without marks and emphasis, as own texts are compared."""
    return " ".join(_MARK.sub("", text).replace("*", "").split())
