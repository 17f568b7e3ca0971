"""Batches of the weekly review that the language model is at work on."""

from __future__ import annotations

import json
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.schema import Schema

REVIEW = Schema("review_batch", version=1)
WEEK = Schema("review_week", version=1)
_PARTITION = "LEARN#REVIEWS"
_DAYS = 7


class ReviewedCase(BaseModel):
    """A case that was handed in, by ids alone."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    turn_id: str
    category: str


class ReviewRepository:
    """Keys: ``LEARN#REVIEWS`` / ``BATCH#<id>`` and ``WEEK#<day>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, batch_id: str, cases: list[ReviewedCase], *, now: datetime) -> None:
        """Keep a batch until its results are read; after a week they are gone."""
        body = json.dumps([case.model_dump() for case in cases])
        item = {"pk": _PARTITION, "sk": f"BATCH#{batch_id}", "body": body, "expires_at": keys.expiry(now, _DAYS)}
        self._table.put(REVIEW.stamp(item))

    def pending(self) -> list[tuple[str, list[ReviewedCase]]]:
        """Return the batches whose results were not read yet."""
        page = self._table.query(_PARTITION, sk_prefix="BATCH#", consistent=True)
        return [
            (
                str(item["sk"]).removeprefix("BATCH#"),
                [ReviewedCase.model_validate(case) for case in json.loads(REVIEW.load(item)["body"])],
            )
            for item in page.items
        ]

    def done(self, batch_id: str) -> None:
        """Forget a batch."""
        self._table.delete(_PARTITION, f"BATCH#{batch_id}")

    def last_week(self) -> date | None:
        """Return the last day that a weekly review has looked at."""
        page = self._table.query(_PARTITION, sk_prefix="WEEK#", reverse=True, limit=1, consistent=True)
        return date.fromisoformat(str(page.items[0]["sk"]).removeprefix("WEEK#")) if page.items else None

    def week_done(self, last: date) -> None:
        """Note that the days up to this one were looked at."""
        self._table.put(WEEK.stamp({"pk": _PARTITION, "sk": f"WEEK#{last.isoformat()}"}))
