"""Receivers of events that fail, and how long each is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firstline.domain.errors import InvalidItemError, SchemaVersionError
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema

RECEIVER = Schema("receiver", version=1)

_DAYS = 7


@dataclass(frozen=True)
class Failing:
    """A receiver that has failed since it last took something."""

    failures: int
    """In a row, >= 1."""
    until: datetime
    """It is left alone until then."""


class ReceiverRepository:
    """Keys: ``RECEIVERS`` / ``<webhook id>`` or ``mail``; one that takes what it is sent has no item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def failing(self) -> dict[str, Failing]:
        """Return those that have failed, by name; an item of another schema is as none."""
        found = {}
        for item in self._table.query(keys.RECEIVERS, consistent=True).items:
            try:
                found[str(item["sk"])] = _failing(item)
            except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                continue
        return found

    def failed(self, receiver: str, failing: Failing, *, now: datetime) -> None:
        """Note how a receiver fails."""
        item = {
            "pk": keys.RECEIVERS,
            "sk": receiver,
            "failures": failing.failures,
            "until": failing.until.isoformat(),
            "expires_at": keys.expiry(now, _DAYS),
        }
        self._table.put(RECEIVER.stamp(item))

    def recovered(self, receiver: str) -> None:
        """Forget that a receiver failed."""
        self._table.delete(keys.RECEIVERS, receiver)


def _failing(item: Item) -> Failing:
    item = RECEIVER.load(item)
    return Failing(int(item["failures"]), datetime.fromisoformat(item["until"]))
