"""Knowledge in one SQLite file, searched in memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.adapters.local.knowledge_schema import SCHEMA_VERSION as SCHEMA_VERSION
from firstline.adapters.local.knowledge_schema import prepare, translated
from firstline.adapters.local.knowledge_snapshot import KnowledgeSnapshot
from firstline.adapters.local.retired_chunks import body_of, purge, restore, retire, rows_with_content
from firstline.adapters.system import SystemClock
from firstline.domain.bm25 import count_terms, weighted_terms
from firstline.domain.errors import KnowledgeIndexMismatchError
from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.ports import Clock
from firstline.domain.spelling import Vocabulary, count_words


class SQLiteKnowledgeIndex:
    """Chunks, their terms and vectors, durable in a file and held in memory for search.

    A write is one transaction. A search compares the file's generation with the one in memory and reads what has
    changed since, so it also sees what another process wrote. Safe for many threads.

    Parameters
    ----------
    path : Path
        Made with its folder where it is missing.
    dimensions : int
        Length of the vectors.
    clock : Clock, optional
        Stamps chunks that are retired; the system's by default.
    busy_timeout_s : float
        How long a write waits for another process's.

    Raises
    ------
    KnowledgeIndexMismatchError
        The file was written by a newer version of this code.
    """

    def __init__(
        self, path: Path, *, dimensions: int, clock: Clock | None = None, busy_timeout_s: float = 10.0
    ) -> None:
        self._dimensions = dimensions
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        with translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # Everything here can be made again from the folder: losing the last write to a power cut is harmless.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            prepare(self._db, path, self._clock.now())
        self._snapshot = KnowledgeSnapshot.empty(dimensions)
        self._vocabulary = Vocabulary({})
        self._vocabulary_of = 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def replace_document(self, document: DocumentVersion, chunks: Sequence[EmbeddedChunk]) -> None:
        """Make this version of the document the one that is found, in one transaction.

        Raises
        ------
        KnowledgeIndexMismatchError
            A vector has another length than the index's.
        KnowledgeIndexUnavailableError
        """
        rows = [self._row(embedded) for embedded in chunks]
        words = count_words(embedded.chunk for embedded in chunks)
        with self._writing() as db:
            _forget(db, document.source, self._clock.now())
            db.execute("INSERT INTO document VALUES (?, ?)", (document.source, document.model_dump_json()))
            db.executemany(
                "INSERT INTO chunk (chunk_id, source, position, category, language, body, terms, text_vector,"
                " heading_vector, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            restore(db, [embedded.chunk.chunk_id for embedded in chunks])
            db.executemany(
                "INSERT INTO word VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET chunks = chunks + excluded.chunks",
                words.items(),
            )

    def delete_document(self, source: str) -> None:
        """Forget a document; an unknown one is no error. Raises ``KnowledgeIndexUnavailableError``."""
        with self._writing() as db:
            _forget(db, source, self._clock.now())

    def purge_retired(self, before: datetime) -> int:
        """Forget chunks retired before that moment. Raises ``KnowledgeIndexUnavailableError``."""
        with self._writing() as db:
            return purge(db, before)

    def served_chunks(self) -> Iterator[EmbeddedChunk]:
        """Yield every chunk by source and position. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, translated():
            rows = self._db.execute(
                "SELECT body, text_vector, heading_vector FROM chunk ORDER BY source, position"
            ).fetchall()
        return (_embedded(row) for row in rows)

    def embedded_with(self, model_id: str, content_hashes: Sequence[str]) -> Mapping[str, EmbeddedChunk]:
        """Return chunks of such content with vectors of that model. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, translated():
            return {key: _embedded(row) for key, row in rows_with_content(self._db, model_id, content_hashes)}

    def embedded_chunks(self, source: str) -> list[EmbeddedChunk]:
        """Return a document's chunks with their vectors, in order. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, translated():
            rows = self._db.execute(
                "SELECT body, text_vector, heading_vector FROM chunk WHERE source = ? ORDER BY position", (source,)
            ).fetchall()
        return [_embedded(row) for row in rows]

    def documents(self) -> Mapping[str, DocumentVersion]:
        """Return every indexed document by its source. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, translated():
            rows = self._db.execute("SELECT source, body FROM document ORDER BY source").fetchall()
        return {source: DocumentVersion.model_validate_json(body) for source, body in rows}

    def document(self, source: str) -> DocumentVersion | None:
        """Return an indexed document, None where there is none. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, translated():
            row = self._db.execute("SELECT body FROM document WHERE source = ?", (source,)).fetchone()
        return DocumentVersion.model_validate_json(row[0]) if row else None

    def candidates(
        self, text: str, vector: NDArray[np.float32], *, limit: int, only: SearchFilter | None = None
    ) -> list[Candidate]:
        """Return the union of the best chunks by words and by vector, each with all scores, best vectors first.

        Parameters
        ----------
        vector : ndarray, shape (dimensions,)
            The query's embedding, length 1.
        limit : int
            Chunks per side, >= 1.

        Raises
        ------
        KnowledgeIndexMismatchError
            The vector has another length than the index's.
        KnowledgeIndexUnavailableError
        """
        self._check_length(vector)
        return self._current().candidates(text, vector, limit=limit, only=only)

    def corrections(self, words: Sequence[str]) -> Mapping[str, str]:
        """Return the nearest word of the chunks for each word that they lack, where one is near enough.

        Raises ``KnowledgeIndexUnavailableError``.
        """
        with self._lock, translated():
            (generation,) = self._db.execute("SELECT number FROM generation").fetchone()
            if generation != self._vocabulary_of:
                self._vocabulary = Vocabulary(dict(self._db.execute("SELECT word, chunks FROM word WHERE chunks > 0")))
                self._vocabulary_of = generation
            return self._vocabulary.corrections(words)

    def neighbours(self, source: str, first: int, last: int) -> list[Chunk]:
        """Return a document's chunks from one position to another, both included, in order.

        Raises ``KnowledgeIndexUnavailableError``.
        """
        with self._lock, translated():
            rows = self._db.execute(
                "SELECT body FROM chunk WHERE source = ? AND position BETWEEN ? AND ? ORDER BY position",
                (source, first, last),
            ).fetchall()
        return [Chunk.model_validate_json(body) for (body,) in rows]

    def chunks(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """Return the chunks that exist or are retired, in the order asked.

        Raises ``KnowledgeIndexUnavailableError``.
        """
        with self._lock, translated():
            bodies = [body_of(self._db, chunk_id) for chunk_id in chunk_ids]
        return [Chunk.model_validate_json(body) for body in bodies if body is not None]

    def _row(self, embedded: EmbeddedChunk) -> tuple[str | int | bytes, ...]:
        for vector in (embedded.text_vector, embedded.heading_vector):
            self._check_length(vector)
        chunk = embedded.chunk
        return (
            chunk.chunk_id,
            chunk.source,
            chunk.position,
            chunk.category,
            chunk.language,
            chunk.model_dump_json(),
            count_terms(weighted_terms(chunk.heading, chunk.text)).tobytes(),
            embedded.text_vector.astype("<f4").tobytes(),
            embedded.heading_vector.astype("<f4").tobytes(),
            chunk.content_hash,
        )

    def _check_length(self, vector: NDArray[np.float32]) -> None:
        if vector.shape != (self._dimensions,):
            raise KnowledgeIndexMismatchError(
                f"a vector of shape {vector.shape} in an index of {self._dimensions} dimensions"
            )

    def _current(self) -> KnowledgeSnapshot:
        with self._lock, translated():
            self._db.execute("BEGIN")
            try:
                (generation,) = self._db.execute("SELECT number FROM generation").fetchone()
                if generation != self._snapshot.generation:
                    self._snapshot = self._snapshot.refreshed(self._db, generation)
            finally:
                self._db.execute("ROLLBACK")
            return self._snapshot

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("UPDATE generation SET number = number + 1")
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise


def _embedded(row: tuple[str, bytes, bytes]) -> EmbeddedChunk:
    body, text, heading = row
    return EmbeddedChunk(Chunk.model_validate_json(body), np.frombuffer(text, "<f4"), np.frombuffer(heading, "<f4"))


def _forget(db: sqlite3.Connection, source: str, now: datetime) -> None:
    """Delete a document, retire its chunks, and take their words out of the vocabulary."""
    retire(db, "source = ?", (source,), now)
    bodies = db.execute("SELECT body FROM chunk WHERE source = ?", (source,)).fetchall()
    words = count_words(Chunk.model_validate_json(body) for (body,) in bodies)
    db.executemany("UPDATE word SET chunks = chunks - ? WHERE word = ?", [(n, word) for word, n in words.items()])
    db.execute("DELETE FROM document WHERE source = ?", (source,))
