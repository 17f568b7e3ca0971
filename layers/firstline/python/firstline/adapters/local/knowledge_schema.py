"""The file that the SQLite knowledge index lies in: its tables and its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from firstline.adapters.local.retired_chunks import make_retired, retire
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.lexical import ANALYSIS_VERSION

SCHEMA_VERSION = 300 + ANALYSIS_VERSION
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
    heading_vector BLOB NOT NULL,
    content_hash TEXT NOT NULL
);
CREATE INDEX chunk_by_source ON chunk (source, position);
CREATE INDEX chunk_by_content ON chunk (content_hash);
CREATE TABLE word (word TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE generation (number INTEGER NOT NULL);
INSERT INTO generation VALUES (0);
"""


def prepare(db: sqlite3.Connection, path: Path, now: datetime) -> None:
    """Make the tables, or make them anew where the file is of an older version; retired chunks stay readable.

    Raises
    ------
    KnowledgeIndexMismatchError
        The file was written by a newer version of this code; it is closed.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        make_retired(db)
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found > SCHEMA_VERSION:
            raise KnowledgeIndexMismatchError(
                f"{path} has schema version {found}; this code knows {SCHEMA_VERSION}: update it or delete the file"
            )
        if found < SCHEMA_VERSION:
            if found:
                retire(db, "TRUE", (), now)
            for table in ("chunk", "document", "word", "generation"):
                db.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        db.close()
        raise


@contextmanager
def translated() -> Iterator[None]:
    """Name what SQLite raises in our terms."""
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
