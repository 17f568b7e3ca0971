"""What a text is judged by for orders to the assistant: hashed pieces of its wording, and patterns of such orders."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

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

_RULES_FILE = Path(__file__).with_name("injection_rules.json")


class Pieces(NamedTuple):
    """What a text holds."""

    buckets: NDArray[np.int64]
    """Shape (n,): which pieces, each once; in [0, BUCKETS)."""
    values: NDArray[np.float64]
    """Shape (n,): 1 + log of how often; of length 1 over the pieces of characters, and over the words."""
    rules: NDArray[np.float64]
    """Shape (n_rules,): 1 where the pattern of ``injection_rules.json`` is found, else 0."""


def pieces(text: str) -> Pieces:
    """Return what a text is judged by.

    Parameters
    ----------
    text : str
        Any; of a longer one the beginning and the end.

    Notes
    -----
    Feature hashing: Weinberger et al. (2009), ICML, 1113-1120. Case, width and spaces do not matter.
    """
    if len(text) > 3 * LONGEST_TEXT:
        text = f"{text[: 2 * LONGEST_TEXT]} {text[-LONGEST_TEXT:]}"
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    if len(plain) > LONGEST_TEXT:
        plain = plain[: LONGEST_TEXT // 2] + " " + plain[-LONGEST_TEXT // 2 :]
    found = [_weighed(part) for part in (_of_characters(plain), _of_words(plain)) if len(part)]
    buckets = np.concatenate([part for part, _ in found]) if found else np.zeros(0, np.int64)
    values = np.concatenate([weight for _, weight in found]) if found else np.zeros(0)
    return Pieces(buckets, values, np.array([float(rule.search(plain) is not None) for rule in _rules()]))


@lru_cache(maxsize=1)
def _rules() -> tuple[re.Pattern[str], ...]:
    patterns: dict[str, str] = json.loads(_RULES_FILE.read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for pattern in patterns.values())


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
    words = _WORD.findall(plain)
    grams = [
        *words,
        *(f"{first} {second}" for first, second in pairwise(words)),
        *(f"{first} _ {third}" for first, third in zip(words, words[2:], strict=False)),
    ]
    hashes = (zlib.crc32(gram.encode("utf-8", "surrogatepass")) >> (32 - _HALF_BITS) for gram in grams)
    return np.fromiter(hashes, dtype=np.int64, count=len(grams)) + (1 << _HALF_BITS)
