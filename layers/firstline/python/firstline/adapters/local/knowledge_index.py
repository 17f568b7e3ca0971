"""Knowledge in one SQLite file, searched in memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.adapters.local.knowledge_snapshot import KnowledgeSnapshot
from firstline.domain.bm25 import count_terms, weighted_terms
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.lexical import ANALYSIS_VERSION

SCHEMA_VERSION = 100 + ANALYSIS_VERSION
"""Stands in the file's ``user_version``. Everything in the file is made from the knowledge folder, so a file of an
older version is emptied and filled again by the next sync."""

_TABLES = """
CREATE TABLE document (source TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE chunk (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    chunk_id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL REFERENCES document (source) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    category TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    terms BLOB NOT NULL,
    text_vector BLOB NOT NULL,
    heading_vector BLOB NOT NULL
);
CREATE INDEX chunk_by_source ON chunk (source, position);
CREATE TABLE generation (number INTEGER NOT NULL);
INSERT INTO generation VALUES (0);
"""


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
    busy_timeout_s : float
        How long a write waits for another process's.

    Raises
    ------
    KnowledgeIndexMismatchError
        The file was written by a newer version of this code.
    """

    def __init__(self, path: Path, *, dimensions: int, busy_timeout_s: float = 10.0) -> None:
        self._dimensions = dimensions
        self._lock = threading.RLock()
        with _translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # Everything here can be made again from the folder: losing the last write to a power cut is harmless.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._prepare(path)
        self._snapshot = KnowledgeSnapshot.empty(dimensions)

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
        with self._writing() as db:
            db.execute("DELETE FROM document WHERE source = ?", (document.source,))
            db.execute("INSERT INTO document VALUES (?, ?)", (document.source, document.model_dump_json()))
            db.executemany(
                "INSERT INTO chunk (chunk_id, source, position, category, language, body, terms, text_vector,"
                " heading_vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def delete_document(self, source: str) -> None:
        """Forget a document; an unknown one is no error. Raises ``KnowledgeIndexUnavailableError``."""
        with self._writing() as db:
            db.execute("DELETE FROM document WHERE source = ?", (source,))

    def embedded_chunks(self, source: str) -> list[EmbeddedChunk]:
        """Return a document's chunks with their vectors, in order. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, _translated():
            rows = self._db.execute(
                "SELECT body, text_vector, heading_vector FROM chunk WHERE source = ? ORDER BY position", (source,)
            ).fetchall()
        return [
            EmbeddedChunk(Chunk.model_validate_json(body), np.frombuffer(text, "<f4"), np.frombuffer(heading, "<f4"))
            for body, text, heading in rows
        ]

    def documents(self) -> Mapping[str, DocumentVersion]:
        """Return every indexed document by its source. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, _translated():
            rows = self._db.execute("SELECT source, body FROM document ORDER BY source").fetchall()
        return {source: DocumentVersion.model_validate_json(body) for source, body in rows}

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

    def chunks(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """Return the chunks that exist, in the order asked. Raises ``KnowledgeIndexUnavailableError``."""
        with self._lock, _translated():
            rows = [
                self._db.execute("SELECT body FROM chunk WHERE chunk_id = ?", (chunk_id,)).fetchone()
                for chunk_id in chunk_ids
            ]
        return [Chunk.model_validate_json(row[0]) for row in rows if row is not None]

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
        )

    def _check_length(self, vector: NDArray[np.float32]) -> None:
        if vector.shape != (self._dimensions,):
            raise KnowledgeIndexMismatchError(
                f"a vector of shape {vector.shape} in an index of {self._dimensions} dimensions"
            )

    def _current(self) -> KnowledgeSnapshot:
        with self._lock, _translated():
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
        with self._lock, _translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("UPDATE generation SET number = number + 1")
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _prepare(self, path: Path) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
            if found > SCHEMA_VERSION:
                raise KnowledgeIndexMismatchError(
                    f"{path} has schema version {found}; this code knows {SCHEMA_VERSION}: update it or delete the file"
                )
            if found < SCHEMA_VERSION:
                for table in ("chunk", "document", "generation"):
                    self._db.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            self._db.close()
            raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.InterfaceError) as error:
        raise KnowledgeIndexUnavailableError(f"the knowledge file did not answer: {error}") from error
    except sqlite3.ProgrammingError as error:
        raise KnowledgeIndexUnavailableError(f"the knowledge file is closed: {error}") from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise KnowledgeIndexMismatchError(
            f"the knowledge file is damaged; delete it and sync again: {error}"
        ) from error
