"""What waits in the index ``by_due`` until its time has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from firstline.domain.errors import InvalidItemError, SchemaVersionError
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.repositories import keys

_PAGE = 100

T = TypeVar("T")


def read_due(
    table: Table, partition: str, read: Callable[[Item], T], *, now: datetime, limit: int
) -> tuple[list[T], list[str]]:
    """Return what is due, oldest first within a shard, and the keys of items that this code cannot read.

    Parameters
    ----------
    partition : str
        Name of the index partitions without their shard, such as ``DUE#``.
    read : callable
        Makes an item what is returned; what it raises for an item of another schema holds up no other.
    limit : int
        About how many of a shard, >= 1. The index may be stale.
    """
    found: list[T] = []
    unreadable: list[str] = []
    for shard in range(keys.N_DUE_SHARDS):
        cursor, n_read = None, 0
        while n_read < limit:
            page = table.query(
                f"{partition}{shard}",
                index="by_due",
                sk_from="0",
                sk_to=keys.due_at(now, "~"),
                limit=_PAGE,
                cursor=cursor,
            )
            for item in page.items:
                try:
                    found.append(read(item))
                except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                    unreadable.append(f"{item['pk']} / {item['sk']}")
            n_read, cursor = n_read + len(page.items), page.cursor
            if cursor is None:
                break
    return found, unreadable
