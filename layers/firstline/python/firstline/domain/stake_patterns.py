"""Danger to life and health, and threats of law, as turns of phrase of twelve languages."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from firstline.domain.lexicon import without_accents

_DATA = Path(__file__).with_name("stake_patterns.json")


def self_harm_in(text: str) -> list[str]:
    """Return the words by which somebody says that they want to die or to hurt themselves; small letters."""
    return _found("self_harm", text)


def danger_in(text: str) -> list[str]:
    """Return the words that tell of fire, smoke, explosion, shock, gas, poisoning, injury or violence; small letters.

    What happened is told: the caller leaves out sentences that only ask.
    """
    return _found("danger", text)


def legal_threats_in(text: str) -> list[str]:
    """Return the words that announce courts, authorities or demands by the law; small letters."""
    return _found("legal", text)


def _found(name: str, text: str) -> list[str]:
    plain = without_accents(text)
    return [
        match[0]
        for stems, source in _patterns()[name]
        # Nearly no pattern has its stem in a text: what cannot match is not compiled, a cold start has no time for it.
        if any(stem in plain or stem in text for stem in stems)
        for match in _compiled(source).finditer(plain)
    ]


@lru_cache(maxsize=64)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[tuple[list[str], str]]]:
    read = json.loads(_DATA.read_text(encoding="utf-8"))
    return {name: [(stems, source) for stems, source in read[name]] for name in ("self_harm", "danger", "legal")}
