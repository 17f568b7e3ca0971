"""Values of an item: which exist, their stored form, their size, and when two are equal."""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from firstline.domain.errors import InvalidItemError
from firstline.domain.table import Number

MAX_DEPTH = 32
MAX_DIGITS = 38
MAX_EXPONENT = 125
MIN_EXPONENT = -130
_PLAIN_INT = 10**MAX_DIGITS
_MAX_INT_BITS = 420
# Wide enough for a sum of any two numbers that the store holds, so nothing is rounded before it is checked.
_EXACT = Context(prec=MAX_EXPONENT - MIN_EXPONENT + MAX_DIGITS)


def byte_length(text: str) -> int:
    """Return the length of a text in UTF-8.

    Raises
    ------
    InvalidItemError
        The text has a lone surrogate.
    """
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidItemError("text with a lone surrogate cannot be stored") from error


@lru_cache(maxsize=4096)
def name_length(name: str) -> int:
    """Return the length of an attribute's name in UTF-8; remembered, because the same names come all the time.

    Raises
    ------
    InvalidItemError
        The name is empty or has a lone surrogate.
    """
    if not name:
        raise InvalidItemError("attribute names are not empty")
    return byte_length(name)


def checked_value(value: Any, depth: int = 1) -> tuple[Any, int]:
    """Return a value's stored form and its size in bytes by DynamoDB's formula.

    Parameters
    ----------
    value : str, int, Decimal, bool, bytes, None, list or dict
        Lists and dicts are copied.
    depth : int
        Level of nesting, 1 for an attribute's own value; at most 32.

    Raises
    ------
    InvalidItemError
        Any other type, a number out of range, text that is not Unicode, or nesting that is too deep.
    """
    if depth > MAX_DEPTH:
        raise InvalidItemError(f"values nest deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return str(value), len(value) if value.isascii() else byte_length(value)
    if value is None or isinstance(value, bool):
        return value, 1
    if isinstance(value, int | Decimal):
        number = checked_number(value)
        return number, _number_size(number)
    if isinstance(value, bytes):
        return value, len(value)
    if isinstance(value, list):
        return _checked_list(value, depth)
    if isinstance(value, dict):
        return _checked_dict(value, depth)
    raise InvalidItemError(f"a {type(value).__name__} cannot be stored")


def _checked_list(value: list[Any], depth: int) -> tuple[list[Any], int]:
    items = [checked_value(element, depth + 1) for element in value]
    return [element for element, _ in items], 3 + sum(size + 1 for _, size in items)


def _checked_dict(value: dict[Any, Any], depth: int) -> tuple[dict[str, Any], int]:
    checked = {}
    total = 3
    for name, element in value.items():
        if not isinstance(name, str):
            raise InvalidItemError(f"names in a dict are strings, not {name!r:.40}")
        checked[str(name)], size = checked_value(element, depth + 1)
        total += byte_length(name) + size + 1
    return checked, total


def checked_number(value: Number) -> Number:
    """Return an integral number as int and any other as Decimal without trailing zeros.

    Raises
    ------
    InvalidItemError
        Not finite, more than 38 significant digits, or a magnitude outside 1e-130 to 9.99e125.
    """
    if isinstance(value, int):
        number = int(value)
        if -_PLAIN_INT < number < _PLAIN_INT:
            return number
        if number.bit_length() > _MAX_INT_BITS:
            raise InvalidItemError("number out of range")
        value = Decimal(number)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise InvalidItemError(f"{value} cannot be stored")
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    if not stripped:
        return 0
    exponent += len(text) - len(stripped)
    if len(stripped) > MAX_DIGITS or not MIN_EXPONENT <= exponent + len(stripped) - 1 <= MAX_EXPONENT:
        raise InvalidItemError(f"number out of range: at most {MAX_DIGITS} digits, 1e{MIN_EXPONENT} to 1e126")
    reduced = Decimal((sign, tuple(map(int, stripped)), exponent))
    return int(reduced) if exponent >= 0 else reduced


def add_numbers(value: Any, amount: int) -> Number:
    """Return the exact sum.

    Raises
    ------
    InvalidItemError
        ``value`` is not a number, or the sum is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidItemError(f"cannot add to a {type(value).__name__}")
    if isinstance(value, int):
        return checked_number(value + amount)
    return checked_number(_EXACT.add(value, Decimal(amount)))


def kind(value: Any) -> str:
    """Return the letter by which DynamoDB names a value's type: S, N, B, BOOL, NULL, L or M."""
    if isinstance(value, str):
        return "S"
    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int | Decimal):
        return "N"
    if isinstance(value, bytes):
        return "B"
    if value is None:
        return "NULL"
    return "L" if isinstance(value, list) else "M"


def same(left: Any, right: Any) -> bool:
    """Tell whether two stored values are equal in type and content (True is not 1)."""
    if kind(left) != kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return bool(left == right)


def _number_size(number: Number) -> int:
    digits = str(abs(number)).rstrip("0") if isinstance(number, int) else number.as_tuple().digits
    return (len(digits) + 1) // 2 + 1 + (number < 0)
