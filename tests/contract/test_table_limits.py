"""What no store takes is refused by name, the same on both and before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from firstline.domain.errors import (
    DuplicateItemError,
    InvalidItemError,
    ItemTooLargeError,
    TransactionTooLargeError,
)
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Check, Compare, Condition, Delete, Exists, Put, Update

LARGEST_TEXT = 400 * 1024 - len("pk" + "P" + "sk" + "S" + "text")


def nested(levels: int) -> Any:
    value: Any = "leaf"
    for _ in range(levels - 1):
        value = [value]
    return value


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+126"),
        Decimal("1E-131"),
        10**126,
        -(10**5000),
        int("1" * 39),
        Decimal("0." + "1" * 39),
        {"a", "b"},
        ("a",),
        bytearray(b"x"),
        object(),
        Colour.RED,
        {1: "a"},
        [0.5],
        {"a": {"b": 1.5}},
        "\ud800",
        {"\ud800": 1},
        nested(33),
    ],
    ids=lambda value: f"{type(value).__name__} {str(type(value)) if isinstance(value, int) else ascii(value)[:20]}",
)
def test_a_value_that_cannot_be_held_is_refused_and_nothing_changes(table: Table, value: Any) -> None:
    table.put({"pk": "P", "sk": "S", "n": 1})
    writes: list[Callable[[], Any]] = [
        lambda: table.put({"pk": "P", "sk": "S", "value": value}),
        lambda: table.update("P", "S", set={"value": value}),
        lambda: table.transact([Put({"pk": "P", "sk": "other"}), Put({"pk": "P", "sk": "S", "value": value})]),
        lambda: table.delete("P", "S", condition=Compare("n", "<>", value)),
    ]
    for write in writes:
        with pytest.raises(InvalidItemError):
            write()
    assert table.query("P", consistent=True).items == [{"pk": "P", "sk": "S", "n": 1}]


def test_thirty_two_levels_of_nesting_are_held(table: Table) -> None:
    item = {"pk": "P", "sk": "S", "deep": nested(32)}
    table.put(item)
    assert table.get("P", "S") == item


@pytest.mark.parametrize(
    "item",
    [
        {"pk": "", "sk": "S"},
        {"pk": "P", "sk": ""},
        {"pk": "P"},
        {"sk": "S"},
        {"pk": 1, "sk": "S"},
        {"pk": "P", "sk": None},
        {"pk": "x" * 2049, "sk": "S"},
        {"pk": "P", "sk": "\u00e9" * 513},
        {"pk": "\udfff", "sk": "S"},
        {"pk": "P", "sk": "S", "by_due_pk": ""},
        {"pk": "P", "sk": "S", "by_due_sk": 5},
        {"pk": "P", "sk": "S", "by_due_sk": "x" * 1025},
        {"pk": "P", "sk": "S", "expires_at": "soon"},
        {"pk": "P", "sk": "S", "expires_at": Decimal("1.5")},
        {"pk": "P", "sk": "S", "expires_at": True},
        {"pk": "P", "sk": "S", "expires_at": -1},
        {"pk": "P", "sk": "S", "": 1},
        {"pk": "P", "sk": "S", 5: 1},
        {"pk": "P", "sk": "S", "\ud800": 1},
    ],
    ids=lambda item: ascii(item)[:40],
)
def test_an_item_without_proper_keys_and_names_is_refused(table: Table, item: dict[Any, Any]) -> None:
    with pytest.raises(InvalidItemError):
        table.put(item)
    with pytest.raises(InvalidItemError):
        table.transact([Put(item)])


def test_keys_of_the_greatest_length_are_held(table: Table) -> None:
    item = {"pk": "\u00e9" * 1024, "sk": "x" * 1024, "by_due_pk": "x" * 2048, "by_due_sk": "y" * 1024}
    table.put(item)
    assert table.get(item["pk"], item["sk"]) == item
    assert table.query("x" * 2048, index="by_due").items == [item]


def test_keys_are_checked_on_every_call(table: Table) -> None:
    calls: list[Callable[[str], Any]] = [
        lambda key: table.get(key, "S"),
        lambda key: table.get("P", key),
        lambda key: table.delete("P", key),
        lambda key: table.update("P", key, set={"a": 1}),
        lambda key: table.transact([Delete(key, "S")]),
        lambda key: table.transact([Check(key, "S", Exists())]),
    ]
    for call in calls:
        for key in ("", "\ud800", "x" * 2049):
            with pytest.raises(InvalidItemError):
                call(key)


def test_an_item_of_exactly_400_kilobytes_is_held_and_one_byte_more_is_not(table: Table) -> None:
    largest = {"pk": "P", "sk": "S", "text": "x" * LARGEST_TEXT}
    table.put(largest)
    assert table.get("P", "S") == largest
    for text in ("x" * (LARGEST_TEXT + 1), "x" * (LARGEST_TEXT - 1) + "\u00e9"):
        with pytest.raises(ItemTooLargeError):
            table.put(largest | {"text": text})
        with pytest.raises(ItemTooLargeError):
            table.transact([Put(largest | {"text": text})])
    with pytest.raises(ItemTooLargeError):
        table.update("P", "S", set={"a": 1})
    with pytest.raises(ItemTooLargeError):
        table.update("P", "S2", set={"a": "x" * 410_000})
    assert table.query("P").items == [largest]


def test_updates_beyond_the_rules_are_refused(table: Table) -> None:
    table.put({"pk": "P", "sk": "S", "n": 1})
    wrong: list[dict[str, Any]] = [
        {},
        {"set": {"n": 1}, "add": {"n": 1}},
        {"set": {"n": 1}, "remove": ["n"]},
        {"remove": ["n", "n"]},
        {"set": {"sk": "T"}},
        {"remove": ["pk"]},
        {"add": {"n": 1.5}},
        {"add": {"n": True}},
        {"add": {"n": Decimal(1)}},
        {"add": {"n": 10**126}},
        {"add": {"expires_at": 1}},
        {"add": {"by_due_sk": 1}},
        {"add": {"": 1}},
        {"remove": [""]},
        {"set": {f"a{number}": number for number in range(301)}},
    ]
    for arguments in wrong:
        with pytest.raises(InvalidItemError):
            table.update("P", "S", **arguments)
        with pytest.raises(InvalidItemError):
            table.transact([Update("P", "S", **{**arguments, "remove": tuple(arguments.get("remove", ()))})])
    assert table.query("P").items == [{"pk": "P", "sk": "S", "n": 1}]


def test_one_update_has_room_for_three_hundred_attributes(table: Table) -> None:
    after = table.update("P", "S", add={f"a{number}": number for number in range(300)})
    assert after["a299"] == 299


@pytest.mark.parametrize(
    "condition",
    [
        AllOf(()),
        Compare("", "=", 1),
        Compare("n", "<", True),
        Compare("n", ">=", None),
        Compare("n", "<", [1]),
        Compare("n", "=", 0.5),
        AllOf(tuple(Compare("n", "=", number) for number in range(149))),
    ],
    ids=lambda condition: str(condition)[:40],
)
def test_conditions_that_no_store_can_evaluate_are_refused(table: Table, condition: Condition) -> None:
    with pytest.raises(InvalidItemError):
        table.delete("P", "S", condition=condition)
    with pytest.raises(InvalidItemError):
        table.transact([Check("P", "S", condition)])


def test_a_condition_may_be_as_long_as_the_limit(table: Table) -> None:
    table.put({"pk": "P", "sk": "S", "n": 5})
    condition = AllOf(tuple(Compare("n", "<", 10 + number) for number in range(148)))
    assert table.update("P", "S", set={"m": 1}, condition=condition)["m"] == 1


def test_a_transaction_over_one_hundred_operations_is_refused(table: Table) -> None:
    with pytest.raises(TransactionTooLargeError):
        table.transact([Put({"pk": "P", "sk": f"{number}"}) for number in range(101)])
    assert table.query("P").items == []


def test_a_transaction_over_four_megabytes_is_refused(table: Table) -> None:
    with pytest.raises(TransactionTooLargeError):
        table.transact([Put({"pk": "P", "sk": f"{number}", "text": "x" * 399_000}) for number in range(11)])
    assert table.query("P").items == []


def test_a_transaction_that_names_an_item_twice_is_refused(table: Table) -> None:
    with pytest.raises(DuplicateItemError):
        table.transact([Check("P", "S", Exists()), Put({"pk": "P", "sk": "S"})])
    assert table.query("P").items == []
