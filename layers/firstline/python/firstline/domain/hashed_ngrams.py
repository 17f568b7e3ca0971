"""Hashed pieces of a text's wording, the sparse half of what every linear judge here looks at."""

from __future__ import annotations

import re
import unicodedata
import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 17
"""The lower half counts pieces of characters, the upper half words."""
LONGEST_TEXT = 4_000
"""Characters of a text, its first and last, that are looked at."""
_HALF_BITS = 16
_SHORTEST_PIECE, _LONGEST_PIECE = 2, 5
_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_SEED, _PRIME, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x100000001B3), np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


def plain_text(text: str) -> str:
    """Return a text in small letters of usual width, single-spaced; of a long one the beginning and the end."""
    if len(text) > 3 * LONGEST_TEXT:
        text = f"{text[: 2 * LONGEST_TEXT]} {text[-LONGEST_TEXT:]}"
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    if len(plain) > LONGEST_TEXT:
        plain = plain[: LONGEST_TEXT // 2] + " " + plain[-LONGEST_TEXT // 2 :]
    return plain


def hashed_ngrams(plain: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which pieces a text holds, and how much of each.

    Parameters
    ----------
    plain : str
        As ``plain_text`` returns it.

    Returns
    -------
    buckets : ndarray, shape (n,)
        Of pieces of 2 to 5 characters, of words, pairs of words, and pairs with one word between; each once; in
        [0, BUCKETS).
    values : ndarray, shape (n,)
        1 + log of how often; of length 1 over the pieces of characters, and over the words.

    Notes
    -----
    Feature hashing: Weinberger et al. (2009), ICML, 1113-1120.
    """
    found = [_weighed(part) for part in (_of_characters(plain), _of_words(plain)) if len(part)]
    if not found:
        return np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate([part for part, _ in found]), np.concatenate([weight for _, weight in found])


def word_grams(plain: str) -> list[str]:
    """Return the words of a text, its pairs of words, and its pairs with one word between, in no stated order."""
    words = _WORD.findall(plain)
    return [
        *words,
        *(f"{first} {second}" for first, second in pairwise(words)),
        *(f"{first} _ {third}" for first, third in zip(words, words[2:], strict=False)),
    ]


def bucket_of(gram: str) -> int:
    """Return the bucket in which ``hashed_ngrams`` counts a word or pair; in [BUCKETS / 2, BUCKETS)."""
    return (zlib.crc32(gram.encode("utf-8", "surrogatepass")) >> (32 - _HALF_BITS)) + (1 << _HALF_BITS)


def _weighed(buckets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    distinct, counts = np.unique(buckets, return_counts=True)
    values = 1.0 + np.log(counts)
    return distinct, values / np.sqrt(values @ values)


def _of_characters(plain: str) -> NDArray[np.int64]:
    codes = np.frombuffer(f" {plain} ".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    hashes = []
    value = np.full(len(codes), _SEED, dtype=np.uint64)
    for size in range(1, min(_LONGEST_PIECE, len(codes)) + 1):
        value = (value[: len(codes) - size + 1] ^ codes[size - 1 :]) * _PRIME
        value ^= value >> _SHIFT
        if size >= _SHORTEST_PIECE:
            hashes.append(value)
    joined = np.concatenate(hashes) * _MIX
    buckets: NDArray[np.int64] = (joined >> np.uint64(64 - _HALF_BITS)).astype(np.int64)
    return buckets


def _of_words(plain: str) -> NDArray[np.int64]:
    grams = word_grams(plain)
    return np.fromiter((bucket_of(gram) for gram in grams), dtype=np.int64, count=len(grams))
