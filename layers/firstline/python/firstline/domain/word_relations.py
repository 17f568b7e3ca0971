"""Words that mean about the same, the opposite, or turn a statement round; versioned data beside this file."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline.domain.lexical import terms

_DATA = Path(__file__).with_name("word_relations.json")
_NEGATING_PREFIXES = ("un", "in", "im", "dis", "non", "ir", "il")
_LEAST_STEM = 4


@lru_cache(maxsize=1)
def _data() -> Any:
    loaded: dict[str, object] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=4)
def words(kind: str) -> frozenset[str]:
    """Return the words of a flat list: ``negating``, ``restricting``, ``negative`` or ``generic``."""
    return frozenset(str(_data()[kind]).split())


@lru_cache(maxsize=1)
def generic_terms() -> frozenset[str]:
    """Return stemmed terms that fill sentences and state nothing."""
    return frozenset(term for word in words("generic") for term in terms(word))


@lru_cache(maxsize=1)
def _same() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for number, group in enumerate(_data()["same"]):
        for word in group.split():
            for term in terms(word.replace("-", "")):
                groups.setdefault(term, set()).add(number)
    return {term: frozenset(numbers) for term, numbers in groups.items()}


@lru_cache(maxsize=1)
def _opposite() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one, other in _data()["opposite"]:
        left, right = ([term for word in side.split() for term in terms(word)] for side in (one, other))
        for term in left:
            found.setdefault(term, set()).update(right)
        for term in right:
            found.setdefault(term, set()).update(left)
    return {term: frozenset(others - {term}) for term, others in found.items()}


@lru_cache(maxsize=65_536)
def groups_of(term: str) -> frozenset[int]:
    """Return the numbers of the groups of like words that a stemmed term is in."""
    return _same().get(term, frozenset())


@lru_cache(maxsize=65_536)
def opposites_of(term: str) -> frozenset[str]:
    """Return the stemmed terms that mean the opposite, by the list and by a negating prefix taken away or put on."""
    stripped = {
        term.removeprefix(prefix)
        for prefix in _NEGATING_PREFIXES
        if term.startswith(prefix) and len(term) >= len(prefix) + _LEAST_STEM
    }
    return _opposite().get(term, frozenset()) | stripped | {prefix + term for prefix in _NEGATING_PREFIXES}
