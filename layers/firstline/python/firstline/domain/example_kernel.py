"""How alike a text is to each of a set of examples: by the embedding, and by the words they share."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError
from firstline.domain.hashed_ngrams import BUCKETS, bucket_of, plain_text, word_grams

SHARPNESS = 4.0
"""Of the radial kernel over unit vectors, ``exp(SHARPNESS * (cosine - 1))``."""
LONGEST_EXAMPLE = 4_000
_STEM = 4
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def grams_of(text: str) -> list[str]:
    """Return what of a text is matched by letter: words, pairs of words, the first letters of long words, and in
    scripts that write no spaces every character and pair of characters; repetitions included."""
    plain = plain_text(text)
    found = word_grams(plain)
    found += [f"{word[:_STEM]}~" for word in plain.split() if len(word) > _STEM]
    for run in _UNSPACED.findall(plain):
        found += list(run)
        found += [first + second for first, second in pairwise(run)]
    return found


@dataclass(frozen=True)
class ExampleKernel:
    """Examples, as texts are compared with them.

    The similarity to an example is ``exp(SHARPNESS * (cosine - 1)) + word_weight * shared``, the latter the cosine of
    both texts' TF-IDF vectors over hashed grams.
    """

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    """Shape (n, dimensions); of length 1."""
    buckets: NDArray[np.int32]
    """Shape (n_grams,): of all examples, one after the other."""
    counts: NDArray[np.uint8]
    """Shape (n_grams,): how often, at most 255."""
    values: NDArray[np.float32]
    """Shape (n_grams,): TF-IDF, of length 1 over each example."""
    starts: NDArray[np.int64]
    """Shape (n,): where each example begins in ``buckets``; none is empty."""
    rarity: NDArray[np.float32]
    """Shape (BUCKETS,): what a gram's count is multiplied by, >= 1."""
    word_weight: float
    """>= 0."""

    @classmethod
    def of(cls, texts: Sequence[str], vectors: NDArray[np.float32], *, word_weight: float) -> ExampleKernel:
        """Make it of examples.

        Parameters
        ----------
        vectors : ndarray, shape (n, dimensions)
            The texts' embeddings, of length 1. They are kept at the precision of ``as_bytes``.

        Raises
        ------
        InvalidInputError
            There is no example, or one holds no letter, digit or sign.
        """
        counted = [_counted(text) for text in texts]
        if not counted or not all(len(found) for found, _ in counted):
            raise InvalidInputError("every example needs a word")
        buckets = np.concatenate([found for found, _ in counted]).astype(np.int32)
        counts = np.concatenate([counts for _, counts in counted])
        lengths = np.array([len(found) for found, _ in counted])
        return _of_counts(tuple(texts), _packed(vectors), buckets, counts, lengths, word_weight)

    def similarities(self, text: str, vector: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Return how alike a text is to each example, shape (n,), each >= 0; without a vector by words alone.

        A vector of another length is another model's, and counts as none.
        """
        shared = np.zeros(len(self.texts), np.float32)
        if self.word_weight:
            shared = np.float32(self.word_weight) * self.shared_words(text)
        if vector is None or len(vector) != self.vectors.shape[1]:
            return shared
        return shared + radial(self.vectors @ vector.astype(np.float32))

    def shared_words(self, text: str) -> NDArray[np.float32]:
        """Return the cosine of the TF-IDF vectors of a text and of each example, shape (n,), in [0, 1]."""
        found, counts = _counted(text)
        if not len(found):
            return np.zeros(len(self.texts), np.float32)
        asked = np.zeros(BUCKETS, np.float32)
        values = (1.0 + np.log(counts.astype(np.float32))) * self.rarity[found]
        asked[found] = values / np.linalg.norm(values)
        shared: NDArray[np.float32] = np.add.reduceat(self.values * asked[self.buckets], self.starts)
        return shared

    @cached_property
    def word_matrix(self) -> NDArray[np.float32]:
        """``shared_words`` of every example with every other, shape (n, n)."""
        matrix = np.empty((len(self.texts), len(self.texts)), np.float32)
        asked = np.zeros(BUCKETS, np.float32)
        ends = np.append(self.starts[1:], len(self.buckets))
        for row, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            own = self.buckets[start:end]
            asked[own] = self.values[start:end]
            matrix[row] = np.add.reduceat(self.values * asked[self.buckets], self.starts)
            asked[own] = 0.0
        return matrix

    def as_bytes(self) -> bytes:
        """Return what ``from_bytes`` makes it of again; the same bytes for the same examples."""
        written = io.BytesIO()
        np.savez_compressed(
            written,
            texts=np.frombuffer(json.dumps(self.texts, ensure_ascii=False).encode(), np.uint8),
            vectors=_packed(self.vectors),
            buckets=self.buckets,
            counts=self.counts,
            lengths=np.diff(self.starts, append=len(self.buckets)),
            word_weight=np.array(self.word_weight),
        )
        return written.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> ExampleKernel:
        """Return the kernel that was written."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            texts = tuple(json.loads(arrays["texts"].tobytes()))
            buckets, counts, lengths = (arrays[name] for name in ("buckets", "counts", "lengths"))
            return _of_counts(texts, arrays["vectors"], buckets, counts, lengths, float(arrays["word_weight"]))


def radial(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``exp(SHARPNESS * (cosine - 1))``, the dense part of a similarity; same shape, in (0, 1]."""
    alike: NDArray[np.float32] = np.exp(np.float32(SHARPNESS) * (cosines - np.float32(1.0)))
    return alike


def _of_counts(
    texts: tuple[str, ...],
    packed: NDArray[np.int8],
    buckets: NDArray[np.int32],
    counts: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    word_weight: float,
) -> ExampleKernel:
    rarity = (np.log((1 + len(texts)) / (1 + np.bincount(buckets, minlength=BUCKETS))) + 1).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    values: NDArray[np.float32] = (np.log(counts.astype(np.float32)) + np.float32(1)) * rarity[buckets]
    values /= np.repeat(np.sqrt(np.add.reduceat(values * values, starts)), lengths)
    return ExampleKernel(texts, _restored(packed), buckets, counts, values, starts, rarity, word_weight)


def _counted(text: str) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    hashed = np.array([bucket_of(gram) for gram in grams_of(text[:LONGEST_EXAMPLE])], dtype=np.int64)
    distinct, counts = np.unique(hashed, return_counts=True)
    return distinct, np.minimum(counts, 255).astype(np.uint8)


def _packed(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    # Each by its own largest number; the length is one again when it is restored.
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    packed: NDArray[np.int8] = np.rint(vectors * (127.0 / np.maximum(largest, 1e-6))).astype(np.int8)
    return packed


def _restored(packed: NDArray[np.int8]) -> NDArray[np.float32]:
    vectors = packed.astype(np.float32)
    restored: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return restored
