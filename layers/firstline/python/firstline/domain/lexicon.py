"""Words that tell category, intent, mood and language; versioned data beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("lexicon.json")


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """Return the word lists."""
    loaded: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=256)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(phrase) for phrase in longest_first) + r")(?!\w)")


@lru_cache(maxsize=256)
def _prefix_pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + re.escape(phrase))


def normalised(text: str) -> str:
    """Return text as the lists are matched against: lower case, straight apostrophes, single spaces."""
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def phrases_in(text: str, phrases: Iterable[str]) -> list[str]:
    """Return the phrases that stand in normalised text as whole words, in order of appearance."""
    return _pattern(tuple(phrases)).findall(text)


def weight_of(text: str, weighted: dict[str, float]) -> float:
    """Return the noisy-or of the weights of the phrases in normalised text; phrases match from a word's start."""
    missing = 1.0
    for phrase, weight in weighted.items():
        if _prefix_pattern(phrase).search(text):
            missing *= 1.0 - weight
    return 1.0 - missing
