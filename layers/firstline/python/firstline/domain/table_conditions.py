"""Conditions of a write: what may be asked, and whether an item fulfils it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, assert_never

from firstline.domain.errors import InvalidItemError
from firstline.domain.table import (
    MAX_UPDATE_OPERATORS,
    Absent,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Exists,
    Item,
    NotExists,
    Present,
)
from firstline.domain.table_values import checked_value, kind, name_length, same

_ORDERED = {"S", "N", "B"}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Kept free for the clause that makes an expired item count as absent.
_EXPIRY_OPERATORS = 4


def check_condition(condition: Condition) -> None:
    """Refuse a condition that no store could evaluate.

    Raises
    ------
    InvalidItemError
        Too many operators, an empty group, an empty name, a value that cannot be stored, or an order asked of a
        value that has none (only str, numbers and bytes have one).
    """
    operators = _count(condition)
    if operators > MAX_UPDATE_OPERATORS - _EXPIRY_OPERATORS:
        raise InvalidItemError(f"a condition has {operators} operators, at most 296")


def _count(condition: Condition) -> int:
    match condition:
        case Exists() | NotExists():
            return 1
        case Compare(attribute, symbol, value):
            name_length(attribute)
            checked_value(value)
            if symbol in _ORDER and kind(value) not in _ORDERED:
                raise InvalidItemError(f"{symbol} cannot be asked of a {type(value).__name__}")
            # "<>" is sent together with a test of the type.
            return 3 if symbol == "<>" else 1
        case Present(attribute) | Absent(attribute):
            name_length(attribute)
            return 1
        case AllOf(conditions) | AnyOf(conditions):
            if not conditions:
                raise InvalidItemError("a group of conditions is empty")
            return sum(map(_count, conditions)) + len(conditions) - 1
        case _:
            assert_never(condition)


def fulfils(item: Item | None, condition: Condition) -> bool:
    """Tell whether an item, or None where there is none, fulfils a condition.

    An attribute that is missing or of another type fulfils no comparison, not even ``<>``.
    """
    match condition:
        case Exists():
            return item is not None
        case NotExists():
            return item is None
        case Compare(attribute, symbol, value):
            return item is not None and attribute in item and _compare(item[attribute], symbol, value)
        case Present(attribute):
            return item is not None and attribute in item
        case Absent(attribute):
            return item is None or attribute not in item
        case AllOf(conditions):
            return all(fulfils(item, one) for one in conditions)
        case AnyOf(conditions):
            return any(fulfils(item, one) for one in conditions)
        case _:
            assert_never(condition)


def has_expired(item: Mapping[str, Any], now_s: int) -> bool:
    """Tell whether an item's ``expires_at`` has come; ``now_s`` is whole seconds since the epoch."""
    return bool(item.get("expires_at", now_s + 1) <= now_s)


def _compare(stored: Any, symbol: str, asked: Any) -> bool:
    if kind(stored) != kind(asked):
        return False
    if symbol in _ORDER:
        return _ORDER[symbol](stored, asked)
    return same(stored, asked) == (symbol == "=")
