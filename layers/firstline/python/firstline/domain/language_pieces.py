"""What a text's language is judged by: its words, and hashed pieces of them."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BUCKET_BITS = 17
BUCKETS = 1 << BUCKET_BITS
LONGEST_TEXT = 400
"""Characters of a text, its first, that are looked at."""
_LONGEST_PIECE = 5
_LONG_WORD = 4
"""A shorter word is a piece as it stands, with its borders."""
_SPACE = 32
_SEED, _PRIME, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x100000001B3), np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)
# Addresses, codes, paths and whatever has a digit in it belong to no language.
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\w*[\d_]\w*|[/\\]\S*")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Pieces(NamedTuple):
    """Pieces of words."""

    buckets: NDArray[np.int64]
    """Shape (n,), in [0, BUCKETS)."""
    words: NDArray[np.int64]
    """Shape (n,): the place of the word that each is of."""


def words_of(text: str) -> list[str]:
    """Return a text's words in small letters of usual width, without addresses, codes and numbers."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    # A capital I with a dot, made small, leaves a dot of its own behind.
    return _WORD.findall(_NOISE.sub(" ", plain.replace("i\N{COMBINING DOT ABOVE}", "i")))


def pieces_of(words: Sequence[str]) -> Pieces:
    """Return the pieces of 1 to 5 characters that words hold, their borders counting as one, and words of 4 and more.

    Parameters
    ----------
    words : sequence of str
        As ``words_of`` returns them; at least one.

    Notes
    -----
    Feature hashing: Weinberger et al. (2009), ICML, 1113-1120.
    """
    line = f" {' '.join(words)} "
    codes = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    is_space = codes == _SPACE
    spaces = np.concatenate([[0], np.cumsum(is_space)])
    value = np.full(len(codes), _SEED, dtype=np.uint64)
    hashes, places = [], []
    for size in range(1, min(_LONGEST_PIECE, len(codes)) + 1):
        n_pieces = len(codes) - size + 1
        value = (value[:n_pieces] ^ codes[size - 1 :]) * _PRIME
        value ^= value >> _SHIFT
        # No piece reaches over a border: a border is the first or the last of its characters.
        inside = ~is_space if size == 1 else spaces[size - 1 : size - 1 + n_pieces] == spaces[1 : n_pieces + 1]
        start = np.flatnonzero(inside)
        hashes.append(value[start])
        places.append(spaces[start + 1] - 1)
    of_characters = (np.concatenate(hashes) * _MIX >> np.uint64(64 - BUCKET_BITS)).astype(np.int64)
    long = [place for place, word in enumerate(words) if len(word) >= _LONG_WORD]
    of_words = [zlib.crc32(words[place].encode("utf-8", "surrogatepass")) >> (32 - BUCKET_BITS) for place in long]
    buckets = np.concatenate([of_characters, np.array(of_words, dtype=np.int64)])
    return Pieces(buckets, np.concatenate([*places, np.array(long, dtype=np.int64)]))
