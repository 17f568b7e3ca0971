"""Questions that found nothing good, once per turn, by day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from firstline.domain.gaps import EmbeddedGap, GapQuestion, GapReason, NearestSource
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.repositories import keys, visitor_keys
from firstline.repositories.schema import Schema

GAP = Schema("gap", version=1)

N_SHARDS = 4
_PAGE = 500
_REASON = "reason_"


class GapRepository:
    """Keys: ``GAP#<day>#<shard>`` / ``<milliseconds>#<turn>``; the shard is of the turn's hash."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def add(self, gap: EmbeddedGap) -> None:
        """Store a question once per turn; told again, its reasons are added to those known."""
        question = gap.question
        attributes: Item = {
            "turn_id": question.turn_id,
            "conversation_id": question.conversation_id,
            "customer_id": question.customer_id,
            "text": question.text,
            "asked_at": question.asked_at.isoformat(),
            "expires_at": keys.expiry(question.asked_at, self._retention_days),
            **{f"{_REASON}{reason}": True for reason in question.reasons},
        }
        if question.nearest is not None:
            attributes["nearest"] = question.nearest.model_dump_json()
        if gap.vector is not None:
            attributes |= {"vector": gap.vector.astype(np.float16).tobytes(), "model_id": gap.model_id}
        moment = question.asked_at.astimezone(UTC)
        pk = _partition(moment.date(), _shard(question.turn_id))
        sk = f"{int(moment.timestamp() * 1000):015d}#{question.turn_id}"
        attributes |= visitor_keys.linked_to(question.conversation_id, pk, sk)
        self._table.update(pk, sk, set=GAP.stamp(attributes))

    def latest(self, *, now: datetime, days: int) -> Iterator[EmbeddedGap]:
        """Yield the questions of the last days, day by day from today, within a day the latest first."""
        today = now.astimezone(UTC).date()
        earliest = now - timedelta(days=days)
        for age in range(days + 1):
            day = today - timedelta(days=age)
            found = [gap for shard in range(N_SHARDS) for gap in self._of(_partition(day, shard))]
            found.sort(key=lambda gap: (gap.question.asked_at, gap.question.turn_id), reverse=True)
            yield from (gap for gap in found if gap.question.asked_at >= earliest)

    def _of(self, partition: str) -> Iterator[EmbeddedGap]:
        cursor: str | None = None
        while True:
            page = self._table.query(partition, limit=_PAGE, reverse=True, cursor=cursor)
            yield from (_loaded(item) for item in page.items)
            cursor = page.cursor
            if cursor is None:
                return


def _partition(day: date, shard: int) -> str:
    return f"GAP#{day.isoformat()}#{shard}"


def _shard(turn_id: str) -> int:
    return int(hashlib.sha256(turn_id.encode()).hexdigest()[:8], 16) % N_SHARDS


def _loaded(item: Item) -> EmbeddedGap:
    item = GAP.load(item)
    nearest = item.get("nearest")
    question = GapQuestion(
        turn_id=item["turn_id"],
        conversation_id=item["conversation_id"],
        customer_id=item["customer_id"],
        text=item["text"],
        asked_at=item["asked_at"],
        reasons=tuple(reason for reason in GapReason if item.get(f"{_REASON}{reason}")),
        nearest=NearestSource.model_validate(json.loads(nearest)) if nearest else None,
    )
    vector: NDArray[np.float32] | None = None
    if "vector" in item:
        vector = np.frombuffer(bytes(item["vector"]), np.float16).astype(np.float32)
        vector /= np.linalg.norm(vector)
    return EmbeddedGap(question, vector, str(item.get("model_id", "")))
