"""The fault-injecting table does what it is told, where it is told."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.adapters.faulty_table import FaultyTable, nth_call, nth_write
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.errors import ConditionFailedError, StoreUnavailableError, TransactionConflictError
from firstline.domain.table import Check, Exists, Item, NotExists, Put, Update


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[SQLiteTable]:
    table = SQLiteTable(tmp_path / "table.db", clock=SystemClock())
    yield table
    table.close()


@pytest.fixture
def rng() -> random.Random:
    return random.Random(11)


def test_without_faults_everything_passes_through(inner: SQLiteTable, rng: random.Random) -> None:
    table = FaultyTable(inner, rng=rng)
    table.put({"pk": "P", "sk": "a", "n": 1}, if_absent=True)
    with pytest.raises(ConditionFailedError):
        table.put({"pk": "P", "sk": "a"}, if_absent=True)
    assert table.update("P", "a", set={"m": 1}, add={"n": 1}, remove=["x"], condition=Exists())["n"] == 2
    table.transact([Put({"pk": "P", "sk": "b"}), Put({"pk": "P", "sk": "c"}), Check("P", "a", Exists())])
    table.delete("P", "c", condition=Exists())
    assert table.get("P", "a") == {"pk": "P", "sk": "a", "m": 1, "n": 2}
    first = table.query("P", limit=1)
    assert table.query("P", limit=1, cursor=first.cursor).items == [{"pk": "P", "sk": "b"}]
    assert table.query("P", sk_prefix="b", consistent=True).items == [{"pk": "P", "sk": "b"}]
    assert table.query("P", sk_from="a", sk_to="b", reverse=True).items[0]["sk"] == "b"


def test_the_log_says_what_was_called_and_how_it_ended(inner: SQLiteTable, rng: random.Random) -> None:
    table = FaultyTable(inner, rng=rng)
    table.get("P", "a")
    table.transact([Put({"pk": "P", "sk": "a"}), Check("P", "b", NotExists())])
    with pytest.raises(ConditionFailedError):
        table.put({"pk": "P", "sk": "a"}, if_absent=True)
    assert [(call.number, call.write_number, call.method, call.keys, call.outcome) for call in table.calls] == [
        (1, 0, "get", (("P", "a"),), "ok"),
        (2, 1, "transact", (("P", "a"),), "ok"),
        (3, 2, "put", (("P", "a"),), "ConditionFailedError"),
    ]


def test_the_share_of_conflicts_is_as_asked_and_a_conflict_writes_nothing(
    inner: SQLiteTable, rng: random.Random
) -> None:
    table = FaultyTable(inner, rng=rng, conflict_rate=0.2)
    n_writes = 2_000
    conflicts = 0
    for _ in range(n_writes):
        try:
            table.update("P", "counter", add={"n": 1})
        except TransactionConflictError:
            conflicts += 1
    standard_error = (0.2 * 0.8 / n_writes) ** 0.5
    assert abs(conflicts / n_writes - 0.2) < 4 * standard_error
    counter = inner.get("P", "counter")
    assert counter is not None
    assert counter["n"] == n_writes - conflicts
    for _ in range(50):
        table.get("P", "counter")


def test_a_failure_before_a_call_changes_nothing_and_one_after_it_does(inner: SQLiteTable, rng: random.Random) -> None:
    before = FaultyTable(inner, rng=rng, fail_before=nth_call(2))
    before.put({"pk": "P", "sk": "1"})
    with pytest.raises(StoreUnavailableError):
        before.put({"pk": "P", "sk": "2"})
    before.put({"pk": "P", "sk": "3"})
    after = FaultyTable(inner, rng=rng, fail_after=nth_write(1))
    after.get("P", "1")
    with pytest.raises(StoreUnavailableError):
        after.put({"pk": "P", "sk": "4"})
    assert [item["sk"] for item in inner.query("P").items] == ["1", "3", "4"]


class KilledError(BaseException):
    """Stands for the end of the process."""


def test_a_program_can_be_killed_between_any_two_of_its_writes(inner: SQLiteTable, rng: random.Random) -> None:
    def program(table: FaultyTable, pk: str) -> None:
        table.put({"pk": pk, "sk": "a"})
        table.update(pk, "b", set={"n": 1})
        table.transact([Put({"pk": pk, "sk": "c"}), Update(pk, "d", add={"n": 1})])

    states = []
    for number in itertools.count(1):
        pk = f"P{number}"
        table = FaultyTable(inner, rng=rng, fail_after=nth_write(number), failure=KilledError)
        try:
            program(table, pk)
        except KilledError:
            states.append([item["sk"] for item in inner.query(pk).items])
        else:
            break
    assert states == [["a"], ["a", "b"], ["a", "b", "c", "d"]]


def test_an_index_lags_behind_by_the_delay_and_the_table_does_not(inner: SQLiteTable, rng: random.Random) -> None:
    table = FaultyTable(inner, rng=rng, index_delay=2)

    def open_tickets() -> list[str]:
        return [item["pk"] for item in table.query("open", index="by_queue").items]

    def ticket(number: int, queue: str = "open") -> Item:
        return {"pk": f"T{number}", "sk": "META", "by_queue_pk": queue, "by_queue_sk": f"{number}"}

    seen = []
    for number in range(4):
        table.put(ticket(number))
        seen.append(open_tickets())
    assert seen == [[], [], ["T0"], ["T0", "T1"]]
    assert table.get("T3", "META") == ticket(3)
    assert table.query("T3").items == [ticket(3)]

    table.let_indexes_catch_up()
    assert open_tickets() == ["T0", "T1", "T2", "T3"]
    table.put(ticket(0, "closed"))
    table.delete("T1", "META")
    assert open_tickets() == ["T0", "T1", "T2", "T3"]
    table.put({"pk": "other", "sk": "META"})
    assert open_tickets() == ["T1", "T2", "T3"]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_lagging_index_is_paged_and_bounded_like_any_other(
    inner: SQLiteTable, rng: random.Random, reverse: bool
) -> None:
    table = FaultyTable(inner, rng=rng, index_delay=1)
    for number in range(5):
        table.put({"pk": f"T{number}", "sk": "META", "by_due_pk": "due", "by_due_sk": f"{number}"})
    table.delete("T2", "META")
    found: list[str] = []
    cursor = None
    while True:
        page = table.query("due", index="by_due", sk_from="1", limit=2, reverse=reverse, cursor=cursor)
        found += [item["pk"] for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == (["T4", "T3", "T2", "T1"] if reverse else ["T1", "T2", "T3", "T4"])
