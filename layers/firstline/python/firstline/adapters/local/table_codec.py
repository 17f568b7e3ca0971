"""Items as JSON text that keeps every value exactly: Decimal, bytes and integers over 64 bits are tagged."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import orjson

from firstline.domain.table import Item

# {"$d": "1.5"} is a Decimal, {"$b": "AA=="} is bytes, {"$i": "1"} an integer that orjson would read as a float; a name
# of the item's own that starts with $ gets one more.
_DECIMAL = "$d"
_INTEGER = "$i"
_BYTES = "$b"
_MARK = '"$'
_ESCAPED = '"$$'
_TOO_LARGE = 2**63


def encode_item(item: Item) -> str:
    """Return an item (in stored form) as text; its keys are included."""
    tags = 0

    def tag(value: Decimal | bytes) -> dict[str, str]:
        nonlocal tags
        tags += 1
        return _tag_leaf(value)

    try:
        text = orjson.dumps(item, default=tag).decode()
    except orjson.JSONEncodeError:
        # An integer over 64 bits, most likely.
        text = ""
    # A mark that is no tag may be a name to escape (or only a text that begins so), which needs a walk of the item.
    if text and text.count(_MARK) == tags:
        return text
    return json.dumps(_tag(item), ensure_ascii=False, separators=(",", ":"))


def decode_item(text: str) -> Item:
    """Return the item that ``encode_item`` wrote."""
    if _MARK not in text:
        item: Item = orjson.loads(text)
    elif _ESCAPED not in text:
        item = _TAGS.decode(text)
    else:
        item = _TAGS_AND_NAMES.decode(text)
    return item


def _tag(value: Any) -> Any:
    if isinstance(value, list):
        return [_tag(element) for element in value]
    if isinstance(value, dict):
        return {f"${name}" if name.startswith("$") else name: _tag(element) for name, element in value.items()}
    if isinstance(value, Decimal | bytes) or (isinstance(value, int) and abs(value) >= _TOO_LARGE):
        return _tag_leaf(value)
    return value


def _tag_leaf(value: Decimal | bytes | int) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, int):
        return {_INTEGER: str(value)}
    return {_BYTES: base64.b64encode(value).decode()}


def _untag(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        ((name, value),) = pairs.items()
        if name == _DECIMAL:
            return Decimal(value)
        if name == _BYTES:
            return base64.b64decode(value)
        if name == _INTEGER:
            return int(value)
    return pairs


def _untag_and_unescape(pairs: dict[str, Any]) -> Any:
    value = _untag(pairs)
    if value is not pairs:
        return value
    return {name[1:] if name.startswith("$") else name: value for name, value in pairs.items()}


_TAGS = json.JSONDecoder(object_hook=_untag)
_TAGS_AND_NAMES = json.JSONDecoder(object_hook=_untag_and_unescape)
