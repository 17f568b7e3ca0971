"""Whether words that name a person ask for one: what context adds to, and takes from, the listed wishes."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from firstline.domain.phrase_lists import PhraseList
from firstline.domain.slots import asks_for_person, declines_person
from firstline.domain.stakes import unquoted

_DATA = Path(__file__).with_name("person_request.json")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|(?<=[\u3002\uff01\uff1f])")
_FEW_WORDS = 4
_YES_WORDS = 6
_FEW_LETTERS = 12
"""The same where no spaces stand between words."""


def person_wish(text: str, answer_before: str = "") -> bool | None:
    """Tell whether a text asks for a person, as far as its wording shows.

    Parameters
    ----------
    text : str
        Any length and language: the first 4,000 characters are read.
    answer_before : str
        What we said just before: a mere yes to an offer of a person is a wish for one.

    Returns
    -------
    bool or None
        True: a sentence asks for a person, or hardly more is said than what such a person is called ("agent pls").
        False: persons are named, but in a quotation, as what has been, as what others do, or as a feature asked about
        ("Which role lets a human resources manager ..."). None: nothing of it.
    """
    plain = unquoted(text)
    names_one = asks_for_person(text)
    if _is_bare(plain) or (_is_yes(plain) and _offers_person(answer_before)):
        return True
    if names_one or _phrases("wishes").found(plain):
        for sentence in _SENTENCE.split(plain):
            wishes = _phrases("wishes").found(sentence) or (names_one and asks_for_person(sentence))
            if wishes and not _phrases("mentions").found(sentence):
                return True
    return False if names_one or declines_person(text) else None


def _is_bare(plain: str) -> bool:
    words = re.findall(r"\w+", plain)
    if not words or len(words) > _FEW_WORDS or (len(words) == 1 and len(plain) > _FEW_LETTERS and not plain.isascii()):
        return False
    rest = [word for word in words if word not in _words("fillers")]
    return bool(rest) and all(word in _words("bare") for word in rest)


def _is_yes(plain: str) -> bool:
    words = re.findall(r"\w+", plain)
    return 0 < len(words) <= _YES_WORDS and all(word in _words("yes") for word in words)


def _offers_person(said: str) -> bool:
    last = [part for part in _SENTENCE.split(unquoted(said)) if part.strip()][-1:]
    return bool(last) and asks_for_person(last[0])


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads(_DATA.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=4)
def _words(name: str) -> frozenset[str]:
    return frozenset(_lists()[name])


@lru_cache(maxsize=4)
def _phrases(name: str) -> PhraseList:
    return PhraseList(_lists()[name])
