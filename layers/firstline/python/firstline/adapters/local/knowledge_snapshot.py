"""What the SQLite index holds in memory to search."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from firstline.domain.bm25 import TERM_COUNT, Bm25Index
from firstline.domain.knowledge import Candidate, Chunk, SearchFilter


class _Entry:
    """A chunk, parsed when it is first found."""

    __slots__ = ("_body", "category", "language", "terms")

    def __init__(self, body: str, category: str, language: str, terms: NDArray[np.void]) -> None:
        self._body: str | Chunk = body
        self.category = category
        self.language = language
        self.terms = terms

    @property
    def chunk(self) -> Chunk:
        """The chunk."""
        if isinstance(self._body, str):
            self._body = Chunk.model_validate_json(self._body)
        return self._body


@dataclass(frozen=True)
class KnowledgeSnapshot:
    """All chunks at one generation of the file; never changed once made."""

    generation: int
    rows: NDArray[np.int64]
    """Row numbers, ascending; shape (n_chunks,)."""
    entries: list[_Entry]
    text_vectors: NDArray[np.float32]
    """Shape (n_chunks, dimensions)."""
    heading_vectors: NDArray[np.float32]
    """Shape (n_chunks, dimensions)."""

    @classmethod
    def empty(cls, dimensions: int) -> KnowledgeSnapshot:
        """Return the snapshot of an index without chunks."""
        nothing = np.empty((0, dimensions), np.float32)
        return cls(generation=0, rows=np.empty(0, np.int64), entries=[], text_vectors=nothing, heading_vectors=nothing)

    def refreshed(self, db: sqlite3.Connection, generation: int) -> KnowledgeSnapshot:
        """Return the snapshot of a later generation; only rows that are new since are read.

        Rows are never changed in place and row numbers never used twice, so what is known of a row stays true.
        """
        present = np.array([row for (row,) in db.execute("SELECT row FROM chunk ORDER BY row")], dtype=np.int64)
        kept = np.flatnonzero(np.isin(self.rows, present, assume_unique=True))
        newest = int(self.rows[-1]) if len(self.rows) else 0
        added = db.execute(
            "SELECT body, category, language, terms, text_vector, heading_vector FROM chunk WHERE row > ? ORDER BY row",
            (newest,),
        ).fetchall()
        entries = [self.entries[at] for at in kept]
        entries += [_Entry(body, category, language, np.frombuffer(terms, TERM_COUNT))
                    for body, category, language, terms, _, _ in added]  # fmt: skip
        return KnowledgeSnapshot(
            generation=generation,
            rows=present,
            entries=entries,
            text_vectors=self._joined(self.text_vectors[kept], [row[4] for row in added]),
            heading_vectors=self._joined(self.heading_vectors[kept], [row[5] for row in added]),
        )

    @cached_property
    def words(self) -> Bm25Index:
        """The inverted index over all entries."""
        return Bm25Index([entry.terms for entry in self.entries])

    @cached_property
    def categories(self) -> NDArray[np.str_]:
        """Shape (n_chunks,)."""
        return np.array([entry.category for entry in self.entries], dtype=np.str_)

    @cached_property
    def languages(self) -> NDArray[np.str_]:
        """Shape (n_chunks,)."""
        return np.array([entry.language for entry in self.entries], dtype=np.str_)

    def candidates(
        self, text: str, vector: NDArray[np.float32], *, limit: int, only: SearchFilter | None
    ) -> list[Candidate]:
        """Return the union of the best ``limit`` chunks by words and by vector."""
        if not self.entries:
            return []
        bm25 = self.words.scores(text)
        text_cosine = self.text_vectors @ vector
        allowed = self._allowed(only)
        if allowed is None:
            by_words, by_vector = _best(bm25, limit), _best(text_cosine, limit)
        else:
            by_words = _best(np.where(allowed, bm25, 0.0), limit)
            by_vector = _best(np.where(allowed, text_cosine, -2.0), limit)
            by_words, by_vector = by_words[allowed[by_words]], by_vector[allowed[by_vector]]
        found = _union(by_words[bm25[by_words] > 0], by_vector)
        heading_cosine = self.heading_vectors[found] @ vector
        scores = (bm25[found], np.clip(text_cosine[found], -1.0, 1.0), np.clip(heading_cosine, -1.0, 1.0))
        entries = [self.entries[at].chunk for at in found.tolist()]
        return list(map(Candidate, entries, *(values.tolist() for values in scores)))

    def _allowed(self, only: SearchFilter | None) -> NDArray[np.bool_] | None:
        """Which chunks the filter lets through, shape (n_chunks,); None for all."""
        if not only or not (only.categories or only.languages):
            return None
        allowed = np.ones(len(self.entries), dtype=np.bool_)
        if only.categories:
            allowed &= np.isin(self.categories, sorted(only.categories))
        if only.languages:
            allowed &= np.isin(self.languages, sorted(only.languages))
        return allowed

    def _joined(self, kept: NDArray[np.float32], added: list[bytes]) -> NDArray[np.float32]:
        if not added:
            return kept
        fresh = np.frombuffer(b"".join(added), "<f4").reshape(len(added), kept.shape[1])
        return np.concatenate([kept, fresh]).astype(np.float32, copy=False)


def _best(scores: NDArray[np.floating], limit: int) -> NDArray[np.int64]:
    """Return positions of the highest scores; among equals, the earlier chunks."""
    if limit >= len(scores):
        return np.arange(len(scores))
    return np.argsort(-scores, kind="stable")[:limit] if len(scores) <= 4 * limit else _best_of_many(scores, limit)


def _union(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions in either, ascending."""
    joined: NDArray[np.int64] = np.sort(np.concatenate([first, second]))
    is_first = np.ones(len(joined), np.bool_)
    is_first[1:] = joined[1:] != joined[:-1]
    return joined[is_first]


def _best_of_many(scores: NDArray[np.floating], limit: int) -> NDArray[np.int64]:
    threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    above = np.flatnonzero(scores > threshold)
    equal = np.flatnonzero(scores == threshold)[: limit - len(above)]
    return np.concatenate([above, equal])
