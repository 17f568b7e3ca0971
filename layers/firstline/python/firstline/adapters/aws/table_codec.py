"""Items as DynamoDB's attribute values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from firstline.domain.table import Item
from firstline.domain.table_values import checked_number, kind


def encode_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes (in stored form) as DynamoDB takes them."""
    return {name: encode_value(value) for name, value in attributes.items()}


def encode_value(value: Any) -> dict[str, Any]:
    """Return one value as DynamoDB takes it, by its type: ``{"S": "text"}``."""
    letter = kind(value)
    if letter == "N":
        return {"N": str(value)}
    if letter == "NULL":
        return {"NULL": True}
    if letter == "L":
        return {"L": [encode_value(element) for element in value]}
    if letter == "M":
        return {"M": encode_attributes(value)}
    return {letter: value}


def decode_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return the item that DynamoDB gave: integral numbers as int, others as Decimal, binary as bytes."""
    return {name: _decode_value(value) for name, value in attributes.items()}


def _decode_value(tagged: Mapping[str, Any]) -> Any:
    ((letter, value),) = tagged.items()
    if letter == "N":
        return checked_number(Decimal(value))
    if letter == "NULL":
        return None
    if letter == "L":
        return [_decode_value(element) for element in value]
    if letter == "M":
        return decode_attributes(value)
    return value
