"""Single items: values, conditions, updates, deletion and expiry, the same on both stores."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from firstline.domain.errors import ConditionFailedError, InvalidItemError
from firstline.domain.ports import Table
from firstline.domain.table import (
    Absent,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Exists,
    NotExists,
    Present,
)

if TYPE_CHECKING:
    from tests.contract.conftest import SettableClock

KEY = ("CONV#1", "META")
ITEM = {"pk": "CONV#1", "sk": "META", "text": "Where is my parcel?", "n": 3}


def test_an_item_that_was_never_written_is_none(table: Table) -> None:
    assert table.get(*KEY) is None
    assert table.get(*KEY, consistent=False) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "caf\u00e9 \U0001f4e6 \u0000 \ud7ff",
        '{"$d": "1"} "$b"',
        0,
        -7,
        10**37 + 1,
        10**125,
        Decimal("0.1"),
        Decimal("-12345678901234567890.123456789012345678"),
        Decimal("1E-130"),
        True,
        False,
        None,
        b"",
        bytes(range(256)),
        [],
        {},
        [1, "1", True, None, b"1", Decimal("1.5"), [[]], {"a": {}}],
        {"$d": "1.5"},
        {"$b": "AA=="},
        {"$$d": {"$": 1, "": 2, "$d": Decimal("0.5")}},
    ],
    ids=lambda value: repr(value)[:25].encode("ascii", "backslashreplace").decode(),
)
def test_every_value_comes_back_exactly(table: Table, value: Any) -> None:
    table.put({**dict(zip(("pk", "sk"), KEY, strict=True)), "value": value, "nested": {"value": [value]}})
    stored = table.get(*KEY)
    assert stored is not None
    assert repr(stored["value"]) == repr(value)
    assert repr(stored["nested"]) == repr({"value": [value]})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (Decimal("3"), 3),
        (Decimal("3.00"), 3),
        (Decimal("1E+3"), 1000),
        (Decimal("-0"), 0),
        (Decimal("1.50"), Decimal("1.5")),
        (Decimal("0E-9"), 0),
    ],
)
def test_integral_numbers_come_back_as_int_and_others_as_decimal(
    table: Table, written: Decimal, read: int | Decimal
) -> None:
    table.put({**ITEM, "n": written})
    stored = table.get(*KEY)
    assert stored is not None
    assert repr(stored["n"]) == repr(read)


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put(ITEM)
    table.put({"pk": "CONV#1", "sk": "META", "other": 1})
    assert table.get(*KEY) == {"pk": "CONV#1", "sk": "META", "other": 1}


def test_second_put_of_an_item_is_refused(table: Table) -> None:
    table.put(ITEM, if_absent=True)
    with pytest.raises(ConditionFailedError) as refused:
        table.put(ITEM | {"text": "another"}, if_absent=True)
    assert refused.value.failed == (0,)
    assert table.get(*KEY) == ITEM


def test_a_changed_item_does_not_change_what_was_stored(table: Table) -> None:
    numbers = [1]
    table.put({**ITEM, "list": numbers})
    numbers.append(2)
    stored = table.get(*KEY)
    assert stored is not None
    assert stored["list"] == [1]


def test_an_update_sets_adds_and_removes_and_returns_the_item_afterwards(table: Table) -> None:
    table.put(ITEM)
    after = table.update(*KEY, set={"owner": "bot", "tags": ["a"]}, add={"n": -5, "new": 2}, remove=["text", "none"])
    assert after == {"pk": "CONV#1", "sk": "META", "owner": "bot", "tags": ["a"], "n": -2, "new": 2}
    assert table.get(*KEY) == after


def test_an_update_creates_a_missing_item(table: Table) -> None:
    assert table.update(*KEY, add={"n": 1}) == {"pk": "CONV#1", "sk": "META", "n": 1}


def test_an_update_that_must_find_the_item_creates_none(table: Table) -> None:
    with pytest.raises(ConditionFailedError):
        table.update(*KEY, set={"n": 1}, condition=Exists())
    assert table.get(*KEY) is None


def test_an_integer_can_be_added_to_a_fraction_exactly(table: Table) -> None:
    table.put({**ITEM, "n": Decimal("0.12345678901234567890123")})
    assert table.update(*KEY, add={"n": 1})["n"] == Decimal("1.12345678901234567890123")


@pytest.mark.parametrize("value", ["1", True, None, [1], b"1"])
def test_adding_to_what_is_no_number_is_refused(table: Table, value: Any) -> None:
    table.put({**ITEM, "n": value})
    with pytest.raises(InvalidItemError):
        table.update(*KEY, add={"n": 1})
    stored = table.get(*KEY)
    assert stored is not None
    assert stored["n"] == value


STORED = {
    "pk": "CONV#1",
    "sk": "META",
    "n": 3,
    "d": Decimal("2.5"),
    "s": "b",
    "yes": True,
    "none": None,
    "bin": b"\x01",
    "list": [1, {"a": True}],
    "high": "\U0001f4e6",
}


@pytest.mark.parametrize(
    ("condition", "holds", "holds_when_missing"),
    [
        (Exists(), True, False),
        (NotExists(), False, True),
        (Present("n"), True, False),
        (Present("none"), True, False),
        (Present("x"), False, False),
        (Absent("n"), False, True),
        (Absent("x"), True, True),
        (Compare("n", "=", 3), True, False),
        (Compare("n", "=", Decimal("3.0")), True, False),
        (Compare("n", "=", "3"), False, False),
        (Compare("n", "<>", 4), True, False),
        (Compare("n", "<>", 3), False, False),
        (Compare("n", "<>", "3"), False, False),
        (Compare("x", "<>", 1), False, False),
        (Compare("x", "=", 1), False, False),
        (Compare("n", "<", 4), True, False),
        (Compare("n", "<=", Decimal("3.5")), True, False),
        (Compare("n", ">", 3), False, False),
        (Compare("d", ">=", Decimal("2.5")), True, False),
        (Compare("n", "<", "4"), False, False),
        (Compare("s", ">", "a"), True, False),
        (Compare("s", "<", "aa"), False, False),
        (Compare("high", ">", "\uffff"), True, False),
        (Compare("bin", "<", b"\x02"), True, False),
        (Compare("yes", "=", True), True, False),
        (Compare("yes", "=", 1), False, False),
        (Compare("none", "=", None), True, False),
        (Compare("list", "=", [1, {"a": True}]), True, False),
        (Compare("list", "=", [1, {"a": 1}]), False, False),
        (AllOf((Exists(), Compare("n", "=", 3))), True, False),
        (AllOf((Exists(), Compare("n", "=", 4))), False, False),
        (AnyOf((NotExists(), Compare("n", "=", 3))), True, True),
        (AnyOf((Compare("n", "=", 4), AllOf((Present("s"), Absent("x"))))), True, False),
        (AllOf((AnyOf((Absent("s"), Present("n"))), AnyOf((Compare("s", "=", "b"), NotExists())))), True, True),
    ],
    ids=str,
)
def test_a_condition_decides_whether_an_item_is_deleted(
    table: Table, condition: Condition, holds: bool, holds_when_missing: bool
) -> None:
    for item, expected in ((STORED, holds), (None, holds_when_missing)):
        if item:
            table.put(item)
        else:
            table.delete(*KEY)
        if expected:
            table.delete(*KEY, condition=condition)
            assert table.get(*KEY) is None
        else:
            with pytest.raises(ConditionFailedError):
                table.delete(*KEY, condition=condition)
            assert table.get(*KEY) == item


def test_deleting_a_missing_item_is_no_error(table: Table) -> None:
    table.delete(*KEY)
    assert table.get(*KEY) is None


def expired(table: Table, clock: SettableClock) -> None:
    """Leave an item in the table that has expired but is still stored."""
    table.put({**ITEM, "expires_at": clock.now_s() + 10})
    clock.advance(10)


def test_an_item_is_there_until_the_second_in_which_it_expires(table: Table, clock: SettableClock) -> None:
    table.put({**ITEM, "expires_at": clock.now_s() + 10})
    clock.advance(9.9)
    assert table.get(*KEY) is not None
    clock.advance(0.1)
    assert table.get(*KEY) is None
    assert table.query("CONV#1").items == []


def test_an_expired_item_can_be_put_as_if_absent_but_only_once(table: Table, clock: SettableClock) -> None:
    expired(table, clock)
    table.put({**ITEM, "text": "new"}, if_absent=True)
    with pytest.raises(ConditionFailedError):
        table.put({**ITEM, "text": "newer"}, if_absent=True)
    assert table.get(*KEY) == {**ITEM, "text": "new"}


def test_an_update_of_an_expired_item_starts_from_nothing(table: Table, clock: SettableClock) -> None:
    expired(table, clock)
    assert table.update(*KEY, add={"n": 1}) == {"pk": "CONV#1", "sk": "META", "n": 1}
    assert table.get(*KEY) == {"pk": "CONV#1", "sk": "META", "n": 1}


@pytest.mark.parametrize("condition", [Exists(), Present("text"), Compare("n", "=", 3)], ids=str)
def test_an_expired_item_fulfils_no_condition_on_what_it_was(
    table: Table, clock: SettableClock, condition: Condition
) -> None:
    expired(table, clock)
    with pytest.raises(ConditionFailedError):
        table.update(*KEY, set={"m": 1}, condition=condition)
    with pytest.raises(ConditionFailedError):
        table.delete(*KEY, condition=condition)
    assert table.get(*KEY) is None


@pytest.mark.parametrize("condition", [NotExists(), Absent("text"), AnyOf((NotExists(), Present("n")))], ids=str)
def test_an_expired_item_counts_as_absent(table: Table, clock: SettableClock, condition: Condition) -> None:
    expired(table, clock)
    assert table.update(*KEY, set={"m": 1}, condition=condition) == {"pk": "CONV#1", "sk": "META", "m": 1}


def test_an_item_renewed_in_time_keeps_its_attributes(table: Table, clock: SettableClock) -> None:
    table.put({**ITEM, "expires_at": clock.now_s() + 10})
    table.update(*KEY, set={"expires_at": clock.now_s() + 100})
    clock.advance(50)
    stored = table.get(*KEY)
    assert stored is not None
    assert stored["text"] == ITEM["text"]
    table.update(*KEY, remove=["expires_at"])
    clock.advance(1000)
    assert table.get(*KEY) == ITEM
