"""BM25 over an inverted index in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from firstline.domain.lexical import terms

K1 = 1.2
B = 0.75
HEADING_WEIGHT = 2
"""How often a heading's words count against once for the text's."""

TERM_COUNT = np.dtype([("term", "<u8"), ("count", "<u2")])
"""A term by 64 bits of its hash, and how often it stands in a chunk."""


def weighted_terms(heading: str, text: str) -> list[str]:
    """Return the terms of heading and text with the heading's repeated by its weight."""
    return terms(heading) * HEADING_WEIGHT + terms(text)


def count_terms(found: Iterable[str]) -> NDArray[np.void]:
    """Return term counts, shape (n_different_terms,), dtype ``TERM_COUNT``."""
    counts = Counter(found)
    rows = [(_term_id(term), min(count, 65_535)) for term, count in counts.items()]
    return np.array(rows, dtype=TERM_COUNT)


class Bm25Index:
    """Scores all chunks for a query at once.

    Parameters
    ----------
    chunks : sequence of ndarray
        Per chunk its term counts, dtype ``TERM_COUNT``.

    Notes
    -----
    Okapi BM25 in Lucene's form: idf = ln(1 + (N - n + .5) / (n + .5)), which is never negative, and no factor
    (k1 + 1). Robertson and Zaragoza (2009), Foundations and Trends in Information Retrieval 3, 333-389.
    """

    def __init__(self, chunks: Sequence[NDArray[np.void]]) -> None:
        self._n_chunks = len(chunks)
        sizes = np.array([len(chunk) for chunk in chunks], dtype=np.int64)
        postings = np.concatenate(chunks) if chunks else np.empty(0, TERM_COUNT)
        owners = np.repeat(np.arange(self._n_chunks, dtype=np.int32), sizes)
        counts = postings["count"].astype(np.float32)
        lengths = np.bincount(owners, weights=counts, minlength=self._n_chunks).astype(np.float32)
        order = np.argsort(postings["term"], kind="stable")
        terms_in_order = postings["term"][order]
        distinct, starts = np.unique(terms_in_order, return_index=True)
        self._starts = np.append(starts, len(order)).astype(np.int64)
        self._slots = {int(term): slot for slot, term in enumerate(distinct)}
        self._owners = owners[order]
        frequencies = np.diff(self._starts)
        idf = np.log1p((self._n_chunks - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
        counts = counts[order]
        average = max(float(lengths.mean()), 1.0) if self._n_chunks else 1.0
        norm = K1 * (1 - B + B * lengths[self._owners] / average)
        self._weights = np.repeat(idf, frequencies) * counts / (counts + norm)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return every chunk's score, shape (n_chunks,), >= 0; repeated words of the query count once."""
        slots = [self._slots[term] for term in {_term_id(term) for term in terms(query)} if term in self._slots]
        if not slots:
            return np.zeros(self._n_chunks, np.float32)
        ranges = [slice(self._starts[slot], self._starts[slot + 1]) for slot in sorted(slots)]
        owners = np.concatenate([self._owners[part] for part in ranges])
        weights = np.concatenate([self._weights[part] for part in ranges])
        return np.bincount(owners, weights=weights, minlength=self._n_chunks).astype(np.float32)


@lru_cache(maxsize=65_536)
def _term_id(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little")
