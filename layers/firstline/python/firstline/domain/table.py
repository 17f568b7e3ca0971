"""Values of the single-table store: items, conditions, operations, pages, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Item = dict[str, Any]
"""An item: ``pk`` and ``sk`` strings, and attributes of str, int, Decimal, bool, bytes, None, list, dict."""

Number = int | Decimal

INDEXES = ("by_due", "by_customer", "by_queue", "by_conversation")
"""Secondary indexes. Index ``X`` holds the items that carry both ``X_pk`` and ``X_sk`` (strings), all attributes."""

EXPIRY_ATTRIBUTE = "expires_at"
"""Seconds since the epoch, an integer; from that moment the item is not returned."""

MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_OPERATIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_UPDATE_EXPRESSION_BYTES = 4 * 1024
MAX_UPDATE_OPERATORS = 300


@dataclass(frozen=True)
class Exists:
    """The item is there (and has not expired)."""


@dataclass(frozen=True)
class NotExists:
    """The item is not there (or has expired)."""


@dataclass(frozen=True)
class Compare:
    """An attribute compared with a value; false where the attribute is missing or of another type."""

    attribute: str
    operator: Literal["=", "<>", "<", "<=", ">", ">="]
    value: Any


@dataclass(frozen=True)
class Present:
    """The item has this attribute."""

    attribute: str


@dataclass(frozen=True)
class Absent:
    """The item lacks this attribute, or is not there."""

    attribute: str


@dataclass(frozen=True)
class AllOf:
    """Every condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


Condition = Exists | NotExists | Compare | Present | Absent | AllOf | AnyOf


@dataclass(frozen=True)
class Put:
    """Write a whole item, replacing what is there."""

    item: Item
    if_absent: bool = False


@dataclass(frozen=True)
class Update:
    """Set, add to and remove attributes of one item; creates it where it is missing and the condition allows."""

    pk: str
    sk: str
    set: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True)
class Delete:
    """Remove an item; a missing one is no error unless the condition says so."""

    pk: str
    sk: str
    condition: Condition | None = None


@dataclass(frozen=True)
class Check:
    """A condition on an item that the transaction does not write."""

    pk: str
    sk: str
    condition: Condition


Operation = Put | Update | Delete | Check


@dataclass(frozen=True)
class Page:
    """One page of a query; ``cursor`` is None on the last."""

    items: list[Item]
    cursor: str | None = None
