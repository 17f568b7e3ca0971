"""Receipts of answers: kept with their conversation, found by their turn alone and by their day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Item, Operation, Put
from firstline.repositories import keys
from firstline.repositories.all_items import all_items
from firstline.repositories.schema import Schema

RECEIPT = Schema("receipt", version=1)

_PAGE = 100
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
_TIME_LETTERS = 10


class ReceiptRepository:
    """Keys: ``CONV#<id>`` / ``RCPT#<turn>``; index ``by_queue`` holds them as ``RECEIPTS#<day>#<shard>`` / ``<turn>``.

    The day is the one in which the turn's id was made, so that the id alone leads to the receipt.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, conversation_id: str, turn_id: str, body: str, *, now: datetime) -> Operation:
        """Return the operation that keeps an answer's receipt (JSON)."""
        item = {
            "pk": keys.conversation(conversation_id),
            "sk": keys.receipt(turn_id),
            "body": body,
            "expires_at": keys.expiry(now, self._retention_days),
        }
        made_on = day_of(turn_id)
        if made_on is not None:
            item |= {"by_queue_pk": keys.receipts(made_on, keys.due_shard(turn_id)), "by_queue_sk": turn_id}
        return Put(RECEIPT.stamp(item), if_absent=True)

    def get(self, turn_id: str) -> dict[str, Any]:
        """Return the receipt of a turn; the index may lag a moment behind. Raises ``NotFoundError``."""
        made_on = day_of(turn_id)
        if made_on is not None:
            place = keys.receipts(made_on, keys.due_shard(turn_id))
            page = self._table.query(place, index="by_queue", sk_from=turn_id, sk_to=turn_id, limit=1)
            for item in page.items:
                return _body(item)
        raise NotFoundError(f"no answer of the turn {turn_id}")

    def of_day(self, day: date) -> Iterator[dict[str, Any]]:
        """Yield the receipts of the turns of a day, oldest first."""
        found = [item for shard in range(keys.N_DUE_SHARDS) for item in self._shard(keys.receipts(day, shard))]
        for item in sorted(found, key=lambda item: str(item["by_queue_sk"])):
            yield _body(item)

    def _shard(self, partition: str) -> Iterator[Item]:
        return all_items(self._table, partition, index="by_queue", limit=_PAGE)


def day_of(turn_id: str) -> date | None:
    """Return the day, in UTC, in which a ULID was made; None for what is none."""
    if len(turn_id) != 26 or not set(turn_id) <= set(_CROCKFORD):
        return None
    milliseconds = 0
    for letter in turn_id[:_TIME_LETTERS]:
        milliseconds = milliseconds << 5 | _CROCKFORD.index(letter)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date()
    except (OverflowError, ValueError, OSError):
        return None


def _body(item: Item) -> dict[str, Any]:
    item = RECEIPT.load(item)
    body: dict[str, Any] = json.loads(item["body"])
    # Those of before said it by their key alone.
    return {"conversation_id": str(item["pk"]).removeprefix(keys.conversation("")), **body}
