"""Words of a text as both indexes match them: lower case, stop words dropped, Porter-stemmed, codes kept whole."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from firstline.domain.porter import stem

ANALYSIS_VERSION = 2
"""Raised whenever a text would give other terms, so that an index made before is rebuilt."""

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019_.:/-][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NAME = re.compile(r"(?<!\S)--[a-zA-Z][\w-]*\w|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_LONGEST_TERM = 64

STOP_WORDS = frozenset(
    """a about am an and any are as at be been but by can could did do does doing for from get had has have how i i'd
    i'll i'm i've if in into is it it's its just me my no not of on or our please so some such than that the their them
    then there these they this those to too us was we were what when where which while who why will with would you
    your hi hello thanks thank""".split()  # noqa: SIM905 - a list literal would take ninety lines
)


def terms(text: str) -> list[str]:
    """Return the terms of a text in order, repetitions included.

    A compound with a digit in it (``SYNC-409``, ``4.1.1.2``) is a term of its own beside its parts, so that codes
    match exactly. Letters and their accents may be written as one sign or as two.
    """
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text.lower())):
        if token.isalnum():
            if token not in STOP_WORDS and len(token) <= _LONGEST_TERM:
                found.append(_stemmed(token))
        else:
            found.extend(_terms_of_compound(token))
    return found


def codes(text: str) -> frozenset[str]:
    """Return what of a text is matched letter by letter, in small letters.

    That is terms with a digit and a letter or a hyphen (``SYNC-409``, ``db2``), flags (``--dry-run``) and names in
    capitals joined by underscores (``MAX_RETRIES``).
    """
    found = {term for term in terms(text) if _has_digit(term) and ("-" in term or any(map(str.isalpha, term)))}
    return frozenset(found | {name.lower() for name in _NAME.findall(text)})


def mentions(text: str, code: str) -> bool:
    """Tell whether a text, in small letters, has a code as a whole and not as part of a word or number."""
    return code in text and re.search(rf"(?<![^\W_]){re.escape(code)}(?![^\W_])", text) is not None


def _has_digit(token: str) -> bool:
    return any(letter.isdigit() for letter in token)


def _terms_of_compound(token: str) -> list[str]:
    words = [word for word in _WORD.findall(token) if word not in STOP_WORDS and len(word) <= _LONGEST_TERM]
    found = [_stemmed(word) for word in words]
    if len(words) > 1 and len(token) <= _LONGEST_TERM and _has_digit(token):
        found.append(token)
    return found


@lru_cache(maxsize=65_536)
def _stemmed(word: str) -> str:
    bare = word.replace("\u2019", "'").removesuffix("'s").replace("'", "")
    return stem(bare) if bare.isascii() and bare.isalpha() else bare
