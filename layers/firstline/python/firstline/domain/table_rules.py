"""What every single-table store refuses before it writes: keys and items beyond the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.domain.errors import InvalidItemError, ItemTooLargeError
from firstline.domain.table import EXPIRY_ATTRIBUTE, INDEXES, MAX_ITEM_BYTES, Item
from firstline.domain.table_values import byte_length, checked_value, name_length

MAX_PK_BYTES = 2048
MAX_SK_BYTES = 1024
MAX_EXPIRY = 2**53
KEY_LIMITS = {"pk": MAX_PK_BYTES, "sk": MAX_SK_BYTES} | {
    f"{index}_{part}": limit for index in INDEXES for part, limit in (("pk", MAX_PK_BYTES), ("sk", MAX_SK_BYTES))
}
"""Longest value of each attribute that is part of a key, bytes of UTF-8."""


def check_key(pk: str, sk: str) -> None:
    """Refuse a primary key that the store cannot hold.

    Raises
    ------
    InvalidItemError
        A part is not a string, is empty, has a lone surrogate, or is longer than 2048 (``pk``) or 1024 (``sk``) bytes.
    """
    check_key_part("pk", pk)
    check_key_part("sk", sk)


def check_key_part(name: str, value: object) -> None:
    """Refuse one part of a table or index key; ``name`` is one of ``KEY_LIMITS``.

    Raises
    ------
    InvalidItemError
    """
    if not isinstance(value, str) or not value:
        raise InvalidItemError(f"{name} is a non-empty string, not {value!r:.40}")
    if byte_length(value) > KEY_LIMITS[name]:
        raise InvalidItemError(f"{name} is longer than {KEY_LIMITS[name]} bytes")


def checked_item(item: Mapping[str, Any]) -> tuple[Item, int]:
    """Return a copy of an item in the form in which every store gives it back, and its size in bytes.

    Raises
    ------
    InvalidItemError
        A key, name or value cannot be held (float, set, tuple, NaN, over 38 digits, nested deeper than 32).
    ItemTooLargeError
        The item is over 400 KB by DynamoDB's formula.
    """
    if "pk" not in item or "sk" not in item:
        raise InvalidItemError("an item needs pk and sk")
    checked, size = checked_attributes(item)
    if size > MAX_ITEM_BYTES:
        raise ItemTooLargeError(f"item {item['pk']} / {item['sk']} has {size} bytes, at most {MAX_ITEM_BYTES}")
    return checked, size


def checked_attributes(attributes: Mapping[str, Any]) -> tuple[Item, int]:
    """Return attributes in stored form, and the bytes their names and values count for.

    Raises
    ------
    InvalidItemError
        A name is empty, a value cannot be held, an index key is not a proper key, or ``expires_at`` is not an integer.
    """
    checked: Item = {}
    size = 0
    for name, value in attributes.items():
        if not isinstance(name, str):
            raise InvalidItemError(f"attribute names are strings, not {name!r:.40}")
        if name in KEY_LIMITS:
            check_key_part(name, value)
        elif name == EXPIRY_ATTRIBUTE and (type(value) is not int or not 0 <= value <= MAX_EXPIRY):
            raise InvalidItemError(f"{EXPIRY_ATTRIBUTE} is an integer, seconds since the epoch, not {value!r:.40}")
        checked[str(name)], value_size = checked_value(value)
        size += name_length(name) + value_size
    return checked, size
