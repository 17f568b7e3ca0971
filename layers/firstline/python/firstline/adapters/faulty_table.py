"""A ``Table`` around another one that fails, conflicts and lags as it is told, for tests of everything above it."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from firstline.domain.errors import StoreUnavailableError, TransactionConflictError
from firstline.domain.ports import Table
from firstline.domain.table import Check, Condition, Item, Operation, Page
from firstline.domain.table_operations import key_of
from firstline.domain.table_query import QueryShape, checked_query

Key = tuple[str, str]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Call:
    """One call of the table.

    Parameters
    ----------
    number : int
        1 for the first call of all.
    write_number : int
        1 for the first write; 0 for a read.
    method : str
        Name of the method.
    keys : tuple of (pk, sk)
        The items it is on; none for a query.
    outcome : str
        ``ok``, or the name of the error that was raised.
    """

    number: int
    write_number: int
    method: str
    keys: tuple[Key, ...]
    outcome: str = "ok"


def never(call: Call) -> bool:
    """Pick no call."""
    return False


def nth_call(number: int) -> Callable[[Call], bool]:
    """Pick the call of this number, 1 for the first."""
    return lambda call: call.number == number


def nth_write(number: int) -> Callable[[Call], bool]:
    """Pick the write of this number, 1 for the first."""
    return lambda call: call.write_number == number


class FaultyTable:
    """Wraps a table; what it does not break it passes on.

    Parameters
    ----------
    inner : Table
        Holds the data.
    rng : random.Random
        Decides which writes conflict; seed it to repeat a run.
    conflict_rate : float
        Share of the writes, 0 to 1, that raise ``TransactionConflictError`` and change nothing.
    fail_before, fail_after : callable
        Given a ``Call``, tells whether to raise before the inner table is called, or after it has done its work:
        ``nth_call(k)``, ``nth_write(k)`` or a function of the test's own.
    failure : callable
        Makes the error to raise then; ``StoreUnavailableError`` by default.
    index_delay : int
        How many of the latest writes no query of an index sees yet, >= 0.

    Notes
    -----
    ``calls`` is the log. The delayed view of an index is put together from the items as they were before the writes,
    so with several threads it is only roughly so old.
    """

    def __init__(
        self,
        inner: Table,
        *,
        rng: random.Random,
        conflict_rate: float = 0.0,
        fail_before: Callable[[Call], bool] = never,
        fail_after: Callable[[Call], bool] = never,
        failure: Callable[[], BaseException] = lambda: StoreUnavailableError("injected"),
        index_delay: int = 0,
    ) -> None:
        self.calls: list[Call] = []
        self.conflict_rate = conflict_rate
        self.fail_before = fail_before
        self.fail_after = fail_after
        self._inner = inner
        self._rng = rng
        self._failure = failure
        self._lock = threading.Lock()
        self._n_calls = 0
        self._n_writes = 0
        self._before_writes: deque[dict[Key, Item | None]] = deque(maxlen=index_delay)

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """See ``Table.get``."""
        return self._call("get", [(pk, sk)], lambda: self._inner.get(pk, sk, consistent=consistent))

    def put(self, item: Item, *, if_absent: bool = False) -> None:
        """See ``Table.put``."""
        self._write("put", [(item["pk"], item["sk"])], lambda: self._inner.put(item, if_absent=if_absent))

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
        return self._write(
            "update",
            [(pk, sk)],
            lambda: self._inner.update(pk, sk, set=set, add=add, remove=remove, condition=condition),
        )

    def delete(self, pk: str, sk: str, *, condition: Condition | None = None) -> None:
        """See ``Table.delete``."""
        self._write("delete", [(pk, sk)], lambda: self._inner.delete(pk, sk, condition=condition))

    def transact(self, operations: Sequence[Operation]) -> None:
        """See ``Table.transact``."""
        keys = [key_of(operation) for operation in operations if not isinstance(operation, Check)]
        self._write("transact", keys, lambda: self._inner.transact(operations))

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
        """See ``Table.query``; an index lags behind by the delay."""

        def query(limit: int | None, cursor: str | None) -> Page:
            return self._inner.query(
                pk,
                sk_prefix=sk_prefix,
                sk_from=sk_from,
                sk_to=sk_to,
                index=index,
                limit=limit,
                reverse=reverse,
                cursor=cursor,
                consistent=consistent,
            )

        if index is None or not self._before_writes:
            return self._call("query", [], lambda: query(limit, cursor))
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
        return self._call("query", [], lambda: self._stale(query(None, None).items, shape, limit, cursor))

    def count(self, pk: str, *, index: str | None = None) -> int:
        """See ``Table.count``; never stale."""
        return self._call("count", [], lambda: self._inner.count(pk, index=index))

    def let_indexes_catch_up(self) -> None:
        """Make every write so far visible to the queries of indexes."""
        with self._lock:
            self._before_writes.clear()

    def _write(self, method: str, keys: Sequence[Key], work: Callable[[], Result]) -> Result:
        def remembering() -> Result:
            if not self._before_writes.maxlen:
                return work()
            before = {key: self._inner.get(*key) for key in keys}
            result = work()
            with self._lock:
                self._before_writes.append(before)
            return result

        return self._call(method, keys, remembering, writes=True)

    def _call(self, method: str, keys: Sequence[Key], work: Callable[[], Result], *, writes: bool = False) -> Result:
        with self._lock:
            self._n_calls += 1
            self._n_writes += writes
            call = Call(self._n_calls, self._n_writes if writes else 0, method, tuple(keys))
            conflicts = writes and self._rng.random() < self.conflict_rate
        outcome = "ok"
        try:
            if self.fail_before(call):
                raise self._failure()
            if conflicts:
                raise TransactionConflictError("injected")
            result = work()
            if self.fail_after(call):
                raise self._failure()
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            with self._lock:
                self.calls.append(replace(call, outcome=outcome))
        return result

    def _stale(self, present: Sequence[Item], shape: QueryShape, limit: int | None, cursor: str | None) -> Page:
        before: dict[Key, Item | None] = {}
        with self._lock:
            for images in reversed(self._before_writes):
                before |= images
        items = [item for item in present if (item["pk"], item["sk"]) not in before]
        items += [item for item in before.values() if item is not None and shape.holds(item)]
        items.sort(key=shape.position, reverse=shape.reverse)
        if cursor is not None:
            last = shape.position_of(cursor)
            items = [
                item
                for item in items
                if (shape.position(item) < last if shape.reverse else shape.position(item) > last)
            ]
        if limit is not None and len(items) > limit:
            return Page(items[:limit], shape.cursor_after(items[limit - 1]))
        return Page(items)
