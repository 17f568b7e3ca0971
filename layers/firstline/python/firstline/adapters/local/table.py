"""The single-table store on SQLite."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from firstline.adapters.local.table_codec import decode_item, encode_item
from firstline.adapters.local.table_file import Synchronous, TableFile
from firstline.adapters.local.table_schema import INDEX_COLUMNS
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Clock
from firstline.domain.table import INDEXES, Condition, Delete, Item, Operation, Page, Put, Update
from firstline.domain.table_conditions import fulfils
from firstline.domain.table_operations import apply_update, checked_operation, checked_operations, key_of
from firstline.domain.table_query import QueryShape, checked_query
from firstline.domain.table_rules import check_key

_COLUMNS = ("pk", "sk", "expires_at", *INDEX_COLUMNS, "body")
_INDEX_NAMES = tuple((f"{index}_pk", f"{index}_sk") for index in INDEXES)
_GET = "SELECT body FROM item WHERE pk = ? AND sk = ? AND (expires_at IS NULL OR expires_at > ?)"
# The column names are constants of this package.
_REPLACE = f"REPLACE INTO item ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_INSERT = (
    f"INSERT INTO item ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[2:])} "
    "WHERE item.expires_at <= ?"
)
_DELETE = "DELETE FROM item WHERE pk = ? AND sk = ?"
_PURGE = (
    "DELETE FROM item WHERE (pk, sk) IN "
    "(SELECT pk, sk FROM item WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?)"
)


class SQLiteTable:
    """``Table`` in one SQLite file, safe for many threads and processes.

    Parameters
    ----------
    path : Path
        The file; made when missing, upgraded when older. Its folder must exist.
    clock : Clock
        Decides what has expired.
    rng : random.Random, optional
        Jitter between tries while another process writes; by default the operating system's randomness.
    sleep : callable
        Waits the given seconds.
    busy_timeout_s : float
        How long a write waits for others in all, > 0.
    synchronous : {"NORMAL", "FULL"}
        NORMAL keeps every commit when the process is killed; FULL also when the power fails, at one fsync each.

    Raises
    ------
    SchemaVersionError
        The file was written by a newer version.
    StoreUnavailableError
        The file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        rng: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
        busy_timeout_s: float = 5.0,
        synchronous: Synchronous = "NORMAL",
    ) -> None:
        self._clock = clock
        self._file = TableFile(
            path, rng=rng or random.SystemRandom(), sleep=sleep, busy_timeout_s=busy_timeout_s, synchronous=synchronous
        )

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """See ``Table.get``; always consistent."""
        check_key(pk, sk)
        now_s = self._now_s()
        return self._file.read(lambda connection: _load(connection, pk, sk, now_s))

    def put(self, item: Item, *, if_absent: bool = False) -> None:
        """See ``Table.put``."""
        self._write([checked_operation(Put(item, if_absent=if_absent))[0]])

    def update(
        self,
        pk: str,
        sk: str,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        remove: Sequence[str] = (),
        condition: Condition | None = None,
    ) -> Item:
        """See ``Table.update``."""
        operation = Update(pk, sk, set=set or {}, add=add or {}, remove=tuple(remove), condition=condition)
        (after,) = self._write([checked_operation(operation)[0]])
        return after

    def delete(self, pk: str, sk: str, *, condition: Condition | None = None) -> None:
        """See ``Table.delete``."""
        self._write([checked_operation(Delete(pk, sk, condition))[0]])

    def transact(self, operations: Sequence[Operation]) -> None:
        """See ``Table.transact``."""
        checked = checked_operations(operations)
        if checked:
            self._write(checked)

    def query(
        self,
        pk: str,
        *,
        sk_prefix: str | None = None,
        sk_from: str | None = None,
        sk_to: str | None = None,
        index: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """See ``Table.query``; never stale."""
        shape = checked_query(
            pk,
            sk_prefix=sk_prefix,
            sk_from=sk_from,
            sk_to=sk_to,
            index=index,
            limit=limit,
            reverse=reverse,
            consistent=consistent,
        )
        after = shape.position_of(cursor) if cursor is not None else None
        if shape.is_empty:
            return Page([])
        statement, values = _select(shape, after, limit, self._now_s())
        rows = self._file.read(lambda connection: connection.execute(statement, values).fetchall())
        items = [decode_item(body) for (body,) in rows]
        if limit is not None and len(items) > limit:
            return Page(items[:limit], shape.cursor_after(items[limit - 1]))
        return Page(items)

    def count(self, pk: str, *, index: str | None = None) -> int:
        """See ``Table.count``; never stale."""
        name, _ = checked_query(pk, index=index).key_names
        # The column is one of this package's constants.
        statement = f"SELECT count(*) FROM item WHERE {name} = ? AND (expires_at IS NULL OR expires_at > ?)"  # noqa: S608
        values = (pk.encode(), self._now_s())
        return int(self._file.read(lambda connection: connection.execute(statement, values).fetchone()[0]))

    def purge_expired(self, limit: int = 1_000) -> int:
        """Delete items that have expired, at most ``limit`` (>= 1), and return how many were."""
        values = (self._now_s(), limit)
        return self._file.write(lambda connection: connection.execute(_PURGE, values).rowcount)

    def close(self) -> None:
        """Close the file; every later call raises ``StoreUnavailableError``."""
        self._file.close()

    def _write(self, operations: Sequence[Operation]) -> list[Item]:
        now_s = self._now_s()
        return self._file.write(lambda connection: _apply(connection, operations, now_s))

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def _apply(connection: sqlite3.Connection, operations: Sequence[Operation], now_s: int) -> list[Item]:
    outcomes = [_carry_out(connection, operation, now_s) for operation in operations]
    failed = tuple(position for position, outcome in enumerate(outcomes) if outcome is False)
    if failed:
        keys = ", ".join(" / ".join(key_of(operations[position])) for position in failed)
        raise ConditionFailedError(f"a condition did not hold on {keys}", failed)
    return [outcome for outcome in outcomes if isinstance(outcome, dict)]


def _carry_out(connection: sqlite3.Connection, operation: Operation, now_s: int) -> Item | bool:
    """Return the item after an update, True after anything else, False where the condition does not hold."""
    if isinstance(operation, Put):
        return _store(connection, operation.item, now_s if operation.if_absent else None)
    before = None
    if isinstance(operation, Update) or operation.condition is not None:
        before = _load(connection, operation.pk, operation.sk, now_s)
        if operation.condition is not None and not fulfils(before, operation.condition):
            return False
    if isinstance(operation, Update):
        after = apply_update(before, operation)
        _store(connection, after)
        return after
    if isinstance(operation, Delete):
        connection.execute(_DELETE, (operation.pk.encode(), operation.sk.encode()))
    return True


def _load(connection: sqlite3.Connection, pk: str, sk: str, now_s: int) -> Item | None:
    row = connection.execute(_GET, (pk.encode(), sk.encode(), now_s)).fetchone()
    return decode_item(row[0]) if row else None


def _store(connection: sqlite3.Connection, item: Item, only_if_absent_at_s: int | None = None) -> bool:
    index_keys: list[bytes | None] = []
    for index_pk, index_sk in _INDEX_NAMES:
        if index_pk in item and index_sk in item:
            index_keys += (item[index_pk].encode(), item[index_sk].encode())
        else:
            index_keys += (None, None)
    values = (item["pk"].encode(), item["sk"].encode(), item.get("expires_at"), *index_keys, encode_item(item))
    if only_if_absent_at_s is None:
        return connection.execute(_REPLACE, values).rowcount == 1
    return connection.execute(_INSERT, (*values, only_if_absent_at_s)).rowcount == 1


def _select(
    shape: QueryShape, after: tuple[str, ...] | None, limit: int | None, now_s: int
) -> tuple[str, tuple[bytes | int, ...]]:
    pk, sk = shape.key_names
    order = (sk, "pk", "sk") if shape.index else ("sk",)
    clauses = [f"{pk} = ?", "(expires_at IS NULL OR expires_at > ?)"]
    values: list[bytes | int] = [shape.pk.encode(), now_s]
    low = shape.sk_prefix or shape.sk_from
    if low:
        clauses.append(f"{sk} >= ?")
        values.append(low.encode())
    if shape.sk_prefix:
        # UTF-8 has no byte 255, so the last byte can always be raised by one.
        prefix = shape.sk_prefix.encode()
        clauses.append(f"{sk} < ?")
        values.append(prefix[:-1] + bytes([prefix[-1] + 1]))
    if shape.sk_to is not None:
        clauses.append(f"{sk} <= ?")
        values.append(shape.sk_to.encode())
    if after is not None:
        clauses.append(f"({', '.join(order)}) {'<' if shape.reverse else '>'} ({', '.join('?' * len(order))})")
        values += [part.encode() for part in after]
    direction = " DESC" if shape.reverse else ""
    # Only constants of this package are in the text; every value is bound.
    statement = (
        f"SELECT body FROM item WHERE {' AND '.join(clauses)} "  # noqa: S608
        f"ORDER BY {', '.join(name + direction for name in order)} LIMIT ?"
    )
    return statement, (*values, -1 if limit is None else limit + 1)
