"""Words that tell category, intent, mood and language; versioned data beside this file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_DATA = Path(__file__).with_name("lexicon.json")
_CHOICE = re.compile(r"\[([^\]]*)\]")
# Letters that have a stroke or no dot, which is no accent to Unicode.
_STROKES = str.maketrans("\u0142\u0111\u00f8\u0131", "ldoi")
_LAST_LATIN = "\u024f"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """Return the word lists. Alternatives within a phrase stand in brackets, parted by ``|``."""
    loaded: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


class _Phrase(NamedTuple):
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    """One of these stands in every text that the pattern is found in."""


@lru_cache(maxsize=4096)
def _compiled(phrase: str) -> _Phrase:
    """Return what finds a phrase; whole words only, where its script has spaces between words."""
    folded = without_accents(phrase)
    parts = _CHOICE.split(folded)
    inner = "".join(
        "(?:" + "|".join(map(re.escape, part.split("|"))) + ")" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
    groups = [tuple(part.split("|")) if place % 2 else (part,) for place, part in enumerate(parts)]
    spaced = not any(unicodedata.category(letter) == "Lo" for letter in folded)
    return _Phrase(
        re.compile(rf"(?<!\w){inner}(?!\w)" if spaced else inner),
        max(groups, key=lambda group: min(map(len, group))),
    )


@lru_cache(maxsize=256)
def _prefix_pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + re.escape(phrase))


def normalised(text: str) -> str:
    """Return text as the lists are matched against: lower case, straight apostrophes, single spaces."""
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def without_accents(text: str) -> str:
    """Return text with plain Latin letters, as many people type; other scripts keep their marks."""
    if text.isascii():
        return text
    kept = []
    for letter in text.translate(_STROKES):
        decomposed = unicodedata.normalize("NFD", letter) if letter <= _LAST_LATIN else letter
        kept.append(decomposed[0])
    return "".join(letter for letter in kept if not "\u0300" <= letter <= "\u036f")


def phrases_in(text: str, phrases: Iterable[str]) -> list[str]:
    """Return the phrases that stand in normalised text as whole words, in order of appearance, none within another.

    Accents do not matter: what is returned has none. A script without spaces has no whole words.
    """
    plain = without_accents(text)
    found = [
        (match.start(), -match.end(), match[0])
        for phrase in map(_compiled, phrases)
        if any(need in plain for need in phrase.needs)
        for match in phrase.pattern.finditer(plain)
    ]
    kept, end = [], 0
    for start, negative_end, words in sorted(found):
        if start >= end:
            kept.append(words)
            end = -negative_end
    return kept


def weight_of(text: str, weighted: dict[str, float]) -> float:
    """Return the noisy-or of the weights of the phrases in normalised text; phrases match from a word's start."""
    missing = 1.0
    for phrase, weight in weighted.items():
        if _prefix_pattern(phrase).search(text):
            missing *= 1.0 - weight
    return 1.0 - missing
