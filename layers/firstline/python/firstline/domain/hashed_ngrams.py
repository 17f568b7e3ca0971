"""Hashed pieces of a text's wording, the sparse half of what every linear judge here looks at."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 17
"""The lower half counts pieces of characters, the upper half words."""
LONGEST_TEXT = 4_000
"""Characters of a text, its first and last, that are looked at."""
_HALF_BITS = 16
_LATELY = 8
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


@lru_cache(maxsize=_LATELY)
def hashed_ngrams(plain: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which pieces a text holds, and how much of each; many judges ask it of one message.

    Parameters
    ----------
    plain : str
        As ``plain_text`` returns it.

    Returns
    -------
    buckets : ndarray, shape (n,), not writable
        Of pieces of 2 to 5 characters, of words, pairs of words, and pairs with one word between; each once; in
        [0, BUCKETS).
    values : ndarray, shape (n,), not writable
        1 + log of how often; of length 1 over the pieces of characters, and over the words.

    Notes
    -----
    Feature hashing: Weinberger et al. (2009), ICML, 1113-1120.
    """
    found = [_weighed(part) for part in (_of_characters(plain), _of_words(plain)) if len(part)]
    buckets = np.concatenate([np.zeros(0, np.int64), *(part for part, _ in found)])
    values = np.concatenate([np.zeros(0), *(weight for _, weight in found)])
    buckets.flags.writeable = values.flags.writeable = False
    return buckets, values


def weighed_parts(parts: Sequence[str], weights: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return for each part of a text the sum of what it holds, as ``hashed_ngrams`` tells, times the weights.

    Parameters
    ----------
    parts : sequence of str
        None of them empty.
    weights : ndarray of int8, shape (BUCKETS,)

    Returns
    -------
    ndarray, shape (n_parts,)
    """
    sums = np.zeros(len(parts))
    words = [_of_words(part) for part in parts]
    whose = np.repeat(np.arange(len(parts)), [len(found) for found in words])
    for owners, buckets in (_of_characters_of(parts), (whose, np.concatenate([np.zeros(0, np.int64), *words]))):
        keys, counts = np.unique(owners * BUCKETS + buckets, return_counts=True)
        owners, values = keys // BUCKETS, 1.0 + np.log(counts)
        counted = np.bincount(owners, values * weights[keys % BUCKETS], minlength=len(parts))
        length = np.sqrt(np.bincount(owners, values * values, minlength=len(parts)))
        sums += counted / np.maximum(length, 1.0)
    return sums


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


def _of_characters_of(parts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of every piece of characters within one of the parts whose it is, and its bucket."""
    whose = np.repeat(np.arange(len(parts)), [len(part) + 2 for part in parts])
    hashes = _hashes("".join(f" {part} " for part in parts))
    kept = [whose[: len(found)] == whose[len(whose) - len(found) :] for found in hashes]
    owners = [whose[: len(found)][within] for found, within in zip(hashes, kept, strict=True)]
    found = np.concatenate([found[within] for found, within in zip(hashes, kept, strict=True)])
    return np.concatenate(owners), _character_buckets(found)


def _of_characters(plain: str) -> NDArray[np.int64]:
    return _character_buckets(np.concatenate(_hashes(f" {plain} ")))


def _hashes(padded: str) -> list[NDArray[np.uint64]]:
    """Return of each length of pieces the hash of the piece that begins at each character."""
    codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    hashes = []
    value = np.full(len(codes), _SEED, dtype=np.uint64)
    for size in range(1, min(_LONGEST_PIECE, len(codes)) + 1):
        value = (value[: len(codes) - size + 1] ^ codes[size - 1 :]) * _PRIME
        value ^= value >> _SHIFT
        if size >= _SHORTEST_PIECE:
            hashes.append(value)
    return hashes


def _character_buckets(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    buckets: NDArray[np.int64] = ((hashes * _MIX) >> np.uint64(64 - _HALF_BITS)).astype(np.int64)
    return buckets


def _of_words(plain: str) -> NDArray[np.int64]:
    grams = word_grams(plain)
    return np.fromiter((bucket_of(gram) for gram in grams), dtype=np.int64, count=len(grams))
