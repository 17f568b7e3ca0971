"""Values of tabular Q-learning: a row per state, replaced only if nobody else has meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firstline.domain.ports import Table
from firstline.domain.table import Compare, NotExists, Operation, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

Q_ROW = Schema("q_row", version=1)
_SEGMENT = "q"


class QValueRepository:
    """Keys: ``ARM#<policy version>#q`` / ``<state>``; unlike the arms, a row is no sum."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rows(self, policy: str) -> Iterator[tuple[int, dict[str, int]]]:
        """Yield every state's stored row."""
        cursor = None
        while True:
            page = self._table.query(keys.arms(policy, _SEGMENT), cursor=cursor)
            for item in page.items:
                yield int(item["sk"]), _values(Q_ROW.load(item))
            cursor = page.cursor
            if cursor is None:
                return

    def row(self, policy: str, state: int) -> tuple[dict[str, int], int]:
        """Return a state's row, read consistently, and its version; empty and 0 where nothing was learned."""
        item = self._table.get(keys.arms(policy, _SEGMENT), f"{state:06d}")
        return (_values(Q_ROW.load(item)), int(item["version"])) if item else ({}, 0)

    def replaced(self, policy: str, state: int, values: Mapping[str, int], *, version: int) -> Operation:
        """Return the operation that replaces a row of that version; its condition fails where there is another."""
        return Update(
            keys.arms(policy, _SEGMENT),
            f"{state:06d}",
            set=Q_ROW.stamp({**values, "version": version + 1}),
            condition=Compare("version", "=", version) if version else NotExists(),
        )


def _values(item: Mapping[str, object]) -> dict[str, int]:
    return {name: int(str(value)) for name, value in item.items() if name.startswith("v") and name[1:].isdigit()}
