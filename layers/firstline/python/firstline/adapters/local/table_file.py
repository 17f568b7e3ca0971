"""The SQLite file below the single-table store: its connections, its transactions and what its failures mean."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

from firstline.adapters.local.table_schema import upgrade_file
from firstline.domain.errors import StoreUnavailableError, TransactionConflictError

Synchronous = Literal["NORMAL", "FULL"]
Result = TypeVar("Result")

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNAVAILABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
_FIRST_DELAY_S = 0.001
_LONGEST_DELAY_S = 0.032


class TableFile:
    """One SQLite file in WAL mode, used by any number of threads and processes.

    Parameters
    ----------
    path : Path
        The file; it is made, and upgraded, on opening. Its folder must exist.
    rng : random.Random
        Jitter between tries.
    sleep : callable
        Waits the given seconds.
    busy_timeout_s : float
        How long to wait in all for another writer, > 0.
    synchronous : {"NORMAL", "FULL"}
        NORMAL keeps every commit when the process is killed; FULL also when the power fails, at one fsync each.

    Raises
    ------
    SchemaVersionError, StoreUnavailableError
    """

    def __init__(
        self,
        path: Path,
        *,
        rng: random.Random,
        sleep: Callable[[float], None],
        busy_timeout_s: float,
        synchronous: Synchronous,
    ) -> None:
        self._path = path
        self._rng = rng
        self._sleep = sleep
        self._busy_timeout_s = busy_timeout_s
        self._synchronous = synchronous
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = threading.Event()
        # Writers of this process queue here instead of polling the file's lock.
        self._writing = threading.Lock()
        self.read(upgrade_file)

    def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what ``work`` returns for a connection outside any transaction.

        Raises
        ------
        StoreUnavailableError
        """
        with self._translated(StoreUnavailableError):
            return self._patiently(work)

    def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what ``work`` returns within one transaction; whatever it raises rolls back.

        Raises
        ------
        TransactionConflictError
            Others kept the file locked for the whole busy timeout.
        StoreUnavailableError
        """

        def transaction(connection: sqlite3.Connection) -> Result:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return result

        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise TransactionConflictError(f"other writers held {self._path.name} for {self._busy_timeout_s} s")
        try:
            with self._translated(TransactionConflictError):
                return self._patiently(transaction)
        finally:
            self._writing.release()

    def close(self) -> None:
        """Close all connections; those in use close when they are given back."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def _patiently(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        waited_s = 0.0
        longest_s = _FIRST_DELAY_S
        while True:
            try:
                with self._connection() as connection:
                    return work(connection)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _BUSY or waited_s >= self._busy_timeout_s:
                    raise
            delay_s = self._rng.uniform(0, longest_s)
            longest_s = min(2 * longest_s, _LONGEST_DELAY_S)
            waited_s += delay_s
            self._sleep(delay_s)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._closed.is_set():
            raise StoreUnavailableError(f"{self._path.name} is closed")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            if self._closed.is_set():
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _translated(self, when_busy: type[Exception]) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _BUSY:
                raise when_busy(f"{self._path.name} stayed locked by others: {error}") from error
            if code in _UNAVAILABLE:
                raise StoreUnavailableError(f"{self._path.name}: {error}") from error
            raise
