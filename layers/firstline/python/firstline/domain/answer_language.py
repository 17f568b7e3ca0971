"""Whether a sentence is written in another language than the sources it is held against."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from firstline.domain.languages import is_in, judge_language
from firstline.domain.lexical import STOP_WORDS
from firstline.domain.lexicon import lexicon

_WORDS = re.compile(r"[^\W\d_]+")
_FEWEST = 4
"""Words from which on a sentence without any common word of the sources' languages, or word of theirs, is foreign."""
_SURE = 0.9
"""Confidence from which on the language itself decides."""
_LAST_LATIN = "\u036f"


def is_foreign(text: str, languages: Collection[str], source_words: Collection[str]) -> bool:
    """Tell whether a sentence is in another language than the sources.

    Where its language is unsure, its script and its commonest words decide.

    Parameters
    ----------
    languages : collection of str
        ISO 639-1 of the sources.
    source_words : collection of str
        The sources' words, in small letters.
    """
    guess = judge_language(text)
    if guess.confidence >= _SURE and len(text.split()) >= _FEWEST:
        return not any(is_in(guess.code, tag) for tag in languages)
    words = [word.lower() for word in _WORDS.findall(text)]
    if any(word[0] > _LAST_LATIN for word in words) and not any(word[0] > _LAST_LATIN for word in source_words):
        return True
    hits = {code: sum(map(common.__contains__, words)) for code, common in _common_words().items()}
    if "en" in languages:
        hits["en"] = sum(map(STOP_WORDS.__contains__, words))
    own = max((hits.get(code, 0) for code in languages), default=0)
    strange = len(words) >= _FEWEST and own == 0 and set(source_words).isdisjoint(words)
    return strange or max(hits.values()) > own


@lru_cache(maxsize=1)
def _common_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in lexicon()["languages"].items()}
