"""What only the SQLite store has: a file with a version, other writers, failing disks, purging."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.local.table_schema import UPGRADES, upgrade_file
from firstline.domain.errors import SchemaVersionError, StoreUnavailableError, TransactionConflictError
from firstline.domain.table import Put

if TYPE_CHECKING:
    from tests.contract.conftest import SettableClock

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
table = SQLiteTable(Path(sys.argv[1]), clock=SystemClock())
table.put({"pk": "P", "sk": "S", "n": 1})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_survives_the_kill_of_its_writer(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    writer = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(sqlite_path)], timeout=60)
    assert writer.returncode == -9
    assert sqlite_table.get("P", "S") == {"pk": "P", "sk": "S", "n": 1}


def test_the_file_is_in_wal_mode_and_carries_its_version(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(UPGRADES),)


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(
    sqlite_path: Path, sqlite_table: SQLiteTable, clock: SettableClock
) -> None:
    sqlite_table.put({"pk": "P", "sk": "S"})
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(UPGRADES) + 1}")
        with pytest.raises(SchemaVersionError, match=f"version {len(UPGRADES) + 1}"):
            SQLiteTable(sqlite_path, clock=clock)
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (1,)


def test_an_older_file_is_upgraded_and_keeps_its_items(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    sqlite_table.put({"pk": "P", "sk": "S"})
    newer = (*UPGRADES, ("ALTER TABLE item ADD COLUMN colour TEXT DEFAULT 'red'",))
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as connection:
        upgrade_file(connection, newer)
        upgrade_file(connection, newer)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(newer),)
        assert connection.execute("SELECT sk, colour FROM item").fetchall() == [(b"S", "red")]


def test_an_upgrade_that_fails_leaves_the_file_at_its_version(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    broken = (*UPGRADES, ("ALTER TABLE item ADD COLUMN colour TEXT", "ALTER TABLE nothing ADD COLUMN x"))
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="nothing"):
            upgrade_file(connection, broken)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(UPGRADES),)
        assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(item)")]


def test_writes_of_many_threads_on_one_table_all_count(sqlite_table: SQLiteTable) -> None:
    def add(thread: int) -> None:
        for _ in range(20):
            sqlite_table.update("P", "counter", add={"n": 1, f"t{thread}": 1})

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(add, range(12)))
    assert sqlite_table.get("P", "counter") == {
        "pk": "P",
        "sk": "counter",
        "n": 240,
        **{f"t{thread}": 20 for thread in range(12)},
    }


class Sleeps:
    """Records how long was slept, and does something at the n-th time."""

    def __init__(self) -> None:
        self.delays_s: list[float] = []
        self.release_at = 0
        self.other: sqlite3.Connection | None = None

    def __call__(self, seconds: float) -> None:
        self.delays_s.append(seconds)
        if self.other is not None and len(self.delays_s) == self.release_at:
            self.other.execute("ROLLBACK")


def test_a_write_waits_with_jitter_until_another_writer_is_done(sqlite_path: Path, clock: SettableClock) -> None:
    sleeps = Sleeps()
    table = SQLiteTable(sqlite_path, clock=clock, rng=random.Random(5), sleep=sleeps)
    with closing(table), closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sleeps.other, sleeps.release_at = other, 7
        table.put({"pk": "P", "sk": "S"})
        assert table.get("P", "S") == {"pk": "P", "sk": "S"}
    assert len(sleeps.delays_s) == 7
    assert len(set(sleeps.delays_s)) == 7
    assert max(sleeps.delays_s) <= 0.032


def test_a_writer_that_never_ends_is_a_conflict_and_readers_go_on(sqlite_path: Path, clock: SettableClock) -> None:
    sleeps = Sleeps()
    table = SQLiteTable(sqlite_path, clock=clock, rng=random.Random(5), sleep=sleeps, busy_timeout_s=0.5)
    with closing(table), closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        table.put({"pk": "P", "sk": "S"})
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransactionConflictError):
            table.update("P", "S", add={"n": 1})
        with pytest.raises(TransactionConflictError):
            table.transact([Put({"pk": "P", "sk": "S2"})])
        assert table.get("P", "S") == {"pk": "P", "sk": "S"}
    assert sum(sleeps.delays_s) >= 2 * 0.5


def test_a_new_file_that_another_process_keeps_locked_is_unavailable(tmp_path: Path, clock: SettableClock) -> None:
    path = tmp_path / "locked.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            SQLiteTable(path, clock=clock, sleep=Sleeps(), busy_timeout_s=0.1)


def test_a_full_disk_is_reported_and_what_was_stored_stays(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    sqlite_table.put({"pk": "P", "sk": "S"})

    def fill(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    sqlite_table._file.read(fill)
    with pytest.raises(StoreUnavailableError, match="full") as failed:
        sqlite_table.transact([Put({"pk": "P", "sk": "S2"}), Put({"pk": "P", "sk": "S3", "text": "x" * 100_000})])
    assert isinstance(failed.value.__cause__, sqlite3.OperationalError)
    assert sqlite_table.query("P").items == [{"pk": "P", "sk": "S"}]


def test_a_file_that_is_no_database_or_cannot_be_made_is_unavailable(tmp_path: Path, clock: SettableClock) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"This is not a database. " * 100)
    for path in (broken, tmp_path / "missing" / "table.db"):
        with pytest.raises(StoreUnavailableError) as failed:
            SQLiteTable(path, clock=clock)
        assert isinstance(failed.value.__cause__, sqlite3.DatabaseError)


def test_a_closed_table_is_unavailable(sqlite_table: SQLiteTable) -> None:
    sqlite_table.close()
    with pytest.raises(StoreUnavailableError):
        sqlite_table.get("P", "S")
    with pytest.raises(StoreUnavailableError):
        sqlite_table.put({"pk": "P", "sk": "S"})


def test_purging_deletes_expired_items_only_and_no_more_than_asked(
    sqlite_path: Path, sqlite_table: SQLiteTable, clock: SettableClock
) -> None:
    for number in range(5):
        sqlite_table.put({"pk": "P", "sk": f"{number}", "expires_at": clock.now_s() + 1})
    sqlite_table.put({"pk": "P", "sk": "later", "expires_at": clock.now_s() + 2})
    sqlite_table.put({"pk": "P", "sk": "never"})
    assert sqlite_table.purge_expired() == 0
    clock.advance(1)
    assert [sqlite_table.purge_expired(limit=3), sqlite_table.purge_expired(), sqlite_table.purge_expired()] == [
        3,
        2,
        0,
    ]
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("SELECT sk FROM item ORDER BY sk").fetchall() == [(b"later",), (b"never",)]


def test_queries_use_an_index_and_do_not_sort(sqlite_path: Path, sqlite_table: SQLiteTable) -> None:
    statements: list[str] = []
    sqlite_table._file.read(lambda connection: connection.set_trace_callback(statements.append))
    sqlite_table.query("P", sk_prefix="EVT#", reverse=True, limit=5)
    sqlite_table.query("P", index="by_customer", limit=5)
    sqlite_table.query("P", index="by_due", reverse=True, sk_to="2", limit=5)
    with closing(sqlite3.connect(sqlite_path)) as connection:
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall() for statement in statements]
    details = [" ".join(row[3] for row in plan) for plan in plans]
    assert len(details) == 3
    for detail, used in zip(details, ["PRIMARY KEY (pk=? AND sk", "item_by_customer (", "item_by_due ("], strict=True):
        assert used in detail
        assert "SEARCH" in detail
        assert "B-TREE" not in detail
