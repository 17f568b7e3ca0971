"""What is left of a ticket once its conversation is forgotten: that there was one."""

from __future__ import annotations

import json
from datetime import datetime

from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.domain.ticket import TicketStatus
from firstline.repositories import keys
from firstline.repositories.tickets import TICKET

_KEPT = ("ticket_id", "category", "priority", "queue", "reason", "created_at")
"""Of its body; everything else goes, also what later releases add."""


class ErasedTickets:
    """Keys: ``TICKET#<id>`` / ``META``; the rest of the partition, its log, is removed."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def erase(self, ticket_id: str, subject: str, *, now: datetime) -> None:
        """Resolve a ticket, put a subject in the place of all its words, and have it name nobody. Safe to repeat."""
        pk = keys.ticket(ticket_id)
        item = self._table.get(pk, keys.META)
        if item is None:
            return
        # First the ticket: whoever is about to add to its log has read it as it was, and is refused.
        self._table.put(self._left(TICKET.load(item), subject, now))
        for entry in self._table.query(pk, consistent=True).items:
            if entry["sk"] != keys.META:
                self._table.delete(pk, str(entry["sk"]))

    def _left(self, item: Item, subject: str, now: datetime) -> Item:
        body = json.loads(item["body"])
        left = {name: body[name] for name in _KEPT if name in body}
        status = TicketStatus.RESOLVED.value
        left |= {"conversation_id": "", "customer_id": "", "subject": subject, "status": status}
        return TICKET.stamp(
            {
                "pk": item["pk"],
                "sk": item["sk"],
                "body": json.dumps(left),
                "by_queue_pk": f"QUEUE#{body['queue']}#{status}",
                "by_queue_sk": item["by_queue_sk"],
                "expires_at": keys.expiry(now, self._retention_days),
            }
        )
