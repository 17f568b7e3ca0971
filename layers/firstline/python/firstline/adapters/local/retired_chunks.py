"""Chunks that were replaced or deleted, still readable by id in the SQLite index; and chunks looked up by content."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

_SELECTED = 500


def make_retired(db: sqlite3.Connection) -> None:
    """Make the table where it is missing; it outlives changes of the schema, because answers cite what is in it."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS retired"
        " (chunk_id TEXT PRIMARY KEY, body TEXT NOT NULL, retired_at REAL NOT NULL) WITHOUT ROWID"
    )


def retire(db: sqlite3.Connection, where: str, values: Sequence[str], now: datetime) -> None:
    """Keep the chunks that a condition of ours selects, before they are deleted."""
    db.execute(
        f"INSERT OR REPLACE INTO retired SELECT chunk_id, body, ? FROM chunk WHERE {where}",  # noqa: S608
        (now.timestamp(), *values),
    )


def restore(db: sqlite3.Connection, chunk_ids: Iterable[str]) -> None:
    """Take chunks that are served again out of the retired ones."""
    db.executemany("DELETE FROM retired WHERE chunk_id = ?", [(chunk_id,) for chunk_id in chunk_ids])


def purge(db: sqlite3.Connection, before: datetime) -> int:
    """Forget the chunks retired before that moment and return how many."""
    return db.execute("DELETE FROM retired WHERE retired_at < ?", (before.timestamp(),)).rowcount


def body_of(db: sqlite3.Connection, chunk_id: str) -> str | None:
    """Return a chunk's JSON, served or retired."""
    row = db.execute(
        "SELECT body FROM chunk WHERE chunk_id = ?1 UNION ALL SELECT body FROM retired WHERE chunk_id = ?1",
        (chunk_id,),
    ).fetchone()
    return None if row is None else str(row[0])


def rows_with_content(
    db: sqlite3.Connection, model_id: str, content_hashes: Sequence[str]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield hash and (body, text vector, heading vector) of chunks that a document embedded with that model has."""
    for start in range(0, len(content_hashes), _SELECTED):
        some = content_hashes[start : start + _SELECTED]
        marks = ", ".join("?" * len(some))
        for content_hash, *row in db.execute(
            "SELECT content_hash, chunk.body, text_vector, heading_vector FROM chunk JOIN document USING (source)"  # noqa: S608
            f" WHERE content_hash IN ({marks}) AND json_extract(document.body, '$.embedding_model') = ?",
            (*some, model_id),
        ):
            yield content_hash, tuple(row)
