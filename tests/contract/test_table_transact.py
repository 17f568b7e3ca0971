"""Transactions: all or nothing, with the failed conditions named, the same on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firstline.domain.errors import ConditionFailedError, InvalidItemError, ItemTooLargeError
from firstline.domain.ports import Table
from firstline.domain.table import Check, Compare, Delete, Exists, NotExists, Operation, Put, Update

if TYPE_CHECKING:
    from tests.contract.conftest import SettableClock


def all_items(table: Table) -> list[tuple[str, int]]:
    return [(item["sk"], item.get("n", 0)) for item in table.query("P", consistent=True).items]


def test_all_operations_of_a_transaction_are_carried_out(table: Table) -> None:
    table.put({"pk": "P", "sk": "gone", "n": 1})
    table.put({"pk": "P", "sk": "seen", "n": 7})
    table.put({"pk": "P", "sk": "counter", "n": 1})
    table.transact(
        [
            Put({"pk": "P", "sk": "new", "n": 5}, if_absent=True),
            Put({"pk": "P", "sk": "plain", "n": 6}),
            Update("P", "counter", add={"n": 2}, condition=Compare("n", "=", 1)),
            Update("P", "made", set={"n": 9}),
            Delete("P", "gone", Exists()),
            Delete("P", "never there"),
            Check("P", "seen", Compare("n", "=", 7)),
            Check("P", "absent", NotExists()),
        ]
    )
    assert all_items(table) == [("counter", 3), ("made", 9), ("new", 5), ("plain", 6), ("seen", 7)]


def test_every_failed_condition_is_named_and_nothing_is_written(table: Table) -> None:
    table.put({"pk": "P", "sk": "a", "n": 1})
    operations: list[Operation] = [
        Put({"pk": "P", "sk": "new"}),
        Put({"pk": "P", "sk": "a"}, if_absent=True),
        Update("P", "b", set={"n": 1}, condition=Exists()),
        Update("P", "counter", add={"n": 1}),
        Delete("P", "c", Exists()),
        Check("P", "d", Exists()),
        Check("P", "e", NotExists()),
    ]
    with pytest.raises(ConditionFailedError) as refused:
        table.transact(operations)
    assert refused.value.failed == (1, 2, 4, 5)
    assert all_items(table) == [("a", 1)]


def test_an_empty_transaction_does_nothing(table: Table) -> None:
    table.transact([])
    assert all_items(table) == []


def test_a_transaction_may_have_one_hundred_operations(table: Table) -> None:
    table.transact([Put({"pk": "P", "sk": f"{number:03}"}) for number in range(100)])
    assert len(all_items(table)) == 100


def test_an_addition_that_cannot_be_undoes_the_whole_transaction(table: Table) -> None:
    table.put({"pk": "P", "sk": "text", "value": "x"})
    with pytest.raises(InvalidItemError):
        table.transact([Put({"pk": "P", "sk": "new"}), Update("P", "text", add={"value": 1})])
    assert all_items(table) == [("text", 0)]


def test_an_item_that_grows_too_large_undoes_the_whole_transaction(table: Table) -> None:
    table.put({"pk": "P", "sk": "big", "text": "x" * 300_000})
    with pytest.raises(ItemTooLargeError):
        table.transact([Put({"pk": "P", "sk": "new"}), Update("P", "big", set={"more": "x" * 200_000})])
    assert all_items(table) == [("big", 0)]


def test_expired_items_count_as_absent_in_a_transaction(table: Table, clock: SettableClock) -> None:
    for sk in ("put", "update", "guarded", "check", "delete"):
        table.put({"pk": "P", "sk": sk, "n": 5, "old": True, "expires_at": clock.now_s() + 1})
    clock.advance(1)
    table.transact(
        [
            Put({"pk": "P", "sk": "put", "n": 1}, if_absent=True),
            Update("P", "update", add={"n": 1}),
            Update("P", "guarded", add={"n": 2}, condition=NotExists()),
            Check("P", "check", NotExists()),
            Delete("P", "delete", NotExists()),
            Put({"pk": "P", "sk": "other"}),
        ]
    )
    assert table.query("P").items == [
        {"pk": "P", "sk": "guarded", "n": 2},
        {"pk": "P", "sk": "other"},
        {"pk": "P", "sk": "put", "n": 1},
        {"pk": "P", "sk": "update", "n": 1},
    ]


def test_conditions_on_expired_items_fail_by_position(table: Table, clock: SettableClock) -> None:
    for sk in ("a", "b", "c"):
        table.put({"pk": "P", "sk": sk, "n": 5, "expires_at": clock.now_s() + 1})
    clock.advance(1)
    with pytest.raises(ConditionFailedError) as refused:
        table.transact(
            [
                Update("P", "a", add={"n": 1}),
                Update("P", "b", add={"n": 1}, condition=Compare("n", "=", 5)),
                Check("P", "c", Exists()),
            ]
        )
    assert refused.value.failed == (1, 2)
    assert all_items(table) == []
