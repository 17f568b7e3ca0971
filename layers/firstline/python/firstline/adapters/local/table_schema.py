"""The SQLite file of the single-table store: its tables, and the steps from one version of them to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from firstline.domain.errors import SchemaVersionError
from firstline.domain.table import INDEXES

# Keys are BLOBs, so that they sort bytewise and a prefix has an upper bound. A partial index per secondary index is
# kept by SQLite itself and costs nothing for the items that are not in it.
_VERSION_1 = (
    "CREATE TABLE item (pk BLOB NOT NULL, sk BLOB NOT NULL, expires_at INTEGER, "
    "by_due_pk BLOB, by_due_sk BLOB, by_customer_pk BLOB, by_customer_sk BLOB, by_queue_pk BLOB, by_queue_sk BLOB, "
    "by_conversation_pk BLOB, by_conversation_sk BLOB, body TEXT NOT NULL, PRIMARY KEY (pk, sk)) WITHOUT ROWID",
    "CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX item_by_due ON item (by_due_pk, by_due_sk) WHERE by_due_pk IS NOT NULL",
    "CREATE INDEX item_by_customer ON item (by_customer_pk, by_customer_sk) WHERE by_customer_pk IS NOT NULL",
    "CREATE INDEX item_by_queue ON item (by_queue_pk, by_queue_sk) WHERE by_queue_pk IS NOT NULL",
    "CREATE INDEX item_by_conversation ON item (by_conversation_pk, by_conversation_sk) "
    "WHERE by_conversation_pk IS NOT NULL",
)

UPGRADES: tuple[tuple[str, ...], ...] = (_VERSION_1,)
"""Statements that lead from version n to n + 1, at position n; never changed once released."""

INDEX_COLUMNS = tuple(f"{index}_{part}" for index in INDEXES for part in ("pk", "sk"))


def upgrade_file(connection: sqlite3.Connection, upgrades: Sequence[Sequence[str]] = UPGRADES) -> None:
    """Bring a file to the newest version, in one transaction; a new file starts at version 0.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode (``isolation_level=None``).

    Raises
    ------
    SchemaVersionError
        The file is newer than this code.
    sqlite3.Error
        The file cannot be read or written, or another process is writing to it.
    """
    if _version(connection) == len(upgrades):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(upgrades):
            raise SchemaVersionError(f"the data is of version {version}, and this program knows up to {len(upgrades)}")
        for statement in (statement for step in upgrades[version:] for statement in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(upgrades)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
