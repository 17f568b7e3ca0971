"""The learner's figures by the hour, made anew from the decisions as often as these change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

from firstline.domain.learning_figures import Cell, Figures
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.repositories import keys, learning_keys
from firstline.repositories.schema import Schema

HOUR = Schema("learning_hour", version=1)
NIGHT = Schema("learning_night", version=1)


class LearningHours:
    """Keys: ``LEARN#HOURS#<policy version>`` / ``<hour>#<segment>#<arm>#<group>``, and ``LEARN#NIGHTS`` / ``<day>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def put(self, policy: str, cell: Cell, figures: Figures, *, now: datetime) -> None:
        """Keep the figures of one cell in the place of those before."""
        item = {
            "pk": learning_keys.hours(policy),
            "sk": "#".join(cell),
            "body": json.dumps(asdict(figures)),
            "expires_at": keys.expiry(now, self._retention_days),
        }
        self._table.put(HOUR.stamp(item))

    def of_days(self, policy: str, first: date, last: date) -> list[tuple[Cell, Figures]]:
        """Return the figures of the hours of these days, oldest first."""
        items: list[Item] = []
        cursor = None
        while True:
            page = self._table.query(
                learning_keys.hours(policy), sk_from=first.isoformat(), sk_to=f"{last.isoformat()}T~", cursor=cursor
            )
            items += page.items
            cursor = page.cursor
            if cursor is None:
                break
        return [(_cell(item), Figures(**json.loads(HOUR.load(item)["body"]))) for item in items]

    def told_night(self, day: date, report: Mapping[str, object], *, now: datetime) -> None:
        """Keep what a nightly run came to; a second run of a day replaces the first."""
        item = {
            "pk": learning_keys.NIGHTS,
            "sk": day.isoformat(),
            "body": json.dumps(report),
            "expires_at": keys.expiry(now, self._retention_days),
        }
        self._table.put(NIGHT.stamp(item))

    def nights(self, *, limit: int = 30) -> list[dict[str, object]]:
        """Return what the last nightly runs came to, the latest first."""
        page = self._table.query(learning_keys.NIGHTS, limit=limit, reverse=True)
        return [{"day": str(item["sk"]), **json.loads(NIGHT.load(item)["body"])} for item in page.items]


def _cell(item: Item) -> Cell:
    hour, segment, arm, group = str(item["sk"]).split("#")
    return Cell(hour, segment, arm, group)
