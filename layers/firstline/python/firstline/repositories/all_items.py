"""All items of a query, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstline.domain.ports import Table
from firstline.domain.table import Item


def all_items(table: Table, pk: str, **query: Any) -> Iterator[Item]:
    """Yield every item that ``Table.query`` finds, in its order.

    Parameters
    ----------
    query
        As ``Table.query`` takes it, but for ``cursor``; ``limit`` is the size of a page.
    """
    cursor: str | None = None
    while True:
        page = table.query(pk, cursor=cursor, **query)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
