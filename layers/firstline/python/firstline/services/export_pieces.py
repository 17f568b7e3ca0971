"""Long lists, cut into pieces that an answer can hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PIECE_BYTES = 256 * 1024
"""From so many on, what is said in one conversation or ticket goes on in another piece."""


@dataclass(frozen=True)
class Piece:
    """An entry of a list that is exported."""

    entry: dict[str, Any]
    after: str
    """Where the list goes on after it."""


def size_of(value: Any) -> int:
    """Return the bytes that a JSON value takes in a function's answer, at most: there it is text within JSON."""
    return len(json.dumps(json.dumps(value, ensure_ascii=False)))


def fitting(rows: Sequence[Any], room: int) -> tuple[int, int]:
    """Return how many of the rows, from the first on, fit into so many bytes, and what is left of these.

    The first one always fits, if there is room at all.
    """
    n_rows = 0
    for row in rows:
        size = size_of(row)
        if room <= 0 or (n_rows and size > room):
            break
        n_rows, room = n_rows + 1, room - size
    return n_rows, room
