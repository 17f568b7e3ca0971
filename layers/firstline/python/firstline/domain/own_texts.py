"""Sentences of Firstline's own, which state nothing of the company's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from firstline.domain.statements import statements

_MARK = re.compile(r"\[\d{1,2}\]")
_WORDS = re.compile(r"[^\W\d_]+")
_BLANK = re.compile(r"\{\w+\}")
_FEWEST_WORDS = 3


def own_sentences(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of the sentences of Firstline's own texts, in which ``{name}`` stands for anything short."""
    found = {normalised(sentence.text) for text in texts for sentence in statements(text)}
    kept = sorted(sentence for sentence in found if len(_WORDS.findall(_BLANK.sub(" ", sentence))) >= _FEWEST_WORDS)
    return re.compile("|".join(map(_own_pattern, kept))) if kept else None


def _own_pattern(sentence: str) -> str:
    parts = _BLANK.split(sentence)
    return "(?:" + ".{0,150}?".join(map(re.escape, parts)) + ")"


def normalised(text: str) -> str:
    """Return a sentence with single spaces, without marks and emphasis, as own texts are compared."""
    return " ".join(_MARK.sub("", text).replace("*", "").split())
