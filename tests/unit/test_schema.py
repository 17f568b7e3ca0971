"""Items carry their type and version, and are upgraded on reading."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.domain.errors import InvalidItemError, SchemaVersionError
from firstline.domain.table import Item
from firstline.repositories.schema import Schema


def split_name(item: Item) -> Item:
    first, _, last = item.pop("name").partition(" ")
    return item | {"first": first, "last": last}


def add_tier(item: Item) -> Item:
    return {**item, "tier": "free"}


CUSTOMER = Schema("customer", 3, {1: split_name, 2: add_tier})


def test_a_stamped_item_says_its_type_and_version() -> None:
    item = {"pk": "CUST#1", "first": "Ada"}
    assert CUSTOMER.stamp(item) == {"pk": "CUST#1", "first": "Ada", "type": "customer", "schema": 3}
    assert item == {"pk": "CUST#1", "first": "Ada"}


def test_an_old_item_is_upgraded_through_every_version() -> None:
    stored = {"type": "customer", "schema": 1, "name": "Ada Lovelace"}
    assert CUSTOMER.load(stored) == {
        "type": "customer",
        "schema": 3,
        "first": "Ada",
        "last": "Lovelace",
        "tier": "free",
    }
    assert stored == {"type": "customer", "schema": 1, "name": "Ada Lovelace"}


def test_an_item_of_the_present_version_is_left_as_it_is() -> None:
    item = CUSTOMER.stamp({"first": "Ada", "last": "Lovelace", "tier": "paid"})
    assert CUSTOMER.load(item) == item


@pytest.mark.parametrize("version", [4, 0, -1, None, "3", True])
def test_an_item_of_an_unknown_version_is_refused(version: Any) -> None:
    with pytest.raises(SchemaVersionError):
        CUSTOMER.load({"type": "customer", "schema": version})


def test_an_item_of_another_type_is_refused() -> None:
    for item in ({"type": "ticket", "schema": 1}, {"schema": 1}):
        with pytest.raises(InvalidItemError):
            CUSTOMER.load(item)


@pytest.mark.parametrize(
    ("version", "upgrades"), [(0, {}), (2, {}), (1, {1: add_tier}), (3, {1: add_tier}), (3, {0: add_tier, 1: add_tier})]
)
def test_a_schema_whose_steps_have_a_gap_cannot_be_declared(version: int, upgrades: dict[int, Any]) -> None:
    with pytest.raises(ValueError, match="do not lead"):
        Schema("customer", version, upgrades)
