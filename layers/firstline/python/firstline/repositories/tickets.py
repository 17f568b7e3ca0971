"""Tickets, as far as handovers open and join them and people resolve them with their conversation."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Operation, Put, Update
from firstline.domain.ticket import Ticket, TicketStatus
from firstline.repositories import keys
from firstline.repositories.schema import Schema

TICKET = Schema("ticket", version=1)
TICKET_EVENT = Schema("ticket_event", version=1)


class TicketRepository:
    """Keys: ``TICKET#<id>`` / ``META``, ``EVT#<seq>``; indexes ``by_customer``, ``by_queue``, ``by_conversation``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def opened(self, ticket: Ticket, note: str) -> list[Operation]:
        """Return the operations that store a new ticket and its first event; both expire by the retention rule."""
        expires = keys.expiry(ticket.created_at, self._retention_days)
        pk, opened_at = keys.ticket(ticket.ticket_id), _sortable(ticket.created_at, ticket.ticket_id)
        item = {
            "pk": pk,
            "sk": keys.META,
            "body": ticket.model_dump_json(),
            "by_queue_pk": _queue(ticket),
            "by_queue_sk": opened_at,
            "by_conversation_pk": keys.conversation(ticket.conversation_id),
            "by_conversation_sk": opened_at,
            "expires_at": expires,
        }
        if ticket.customer_id:
            item |= {"by_customer_pk": keys.customer(ticket.customer_id), "by_customer_sk": opened_at}
        event = {
            "pk": pk,
            "sk": keys.event(1),
            "at": ticket.created_at.isoformat(),
            "kind": "opened",
            "note": note,
            "expires_at": expires,
        }
        return [Put(TICKET.stamp(item), if_absent=True), Put(TICKET_EVENT.stamp(event), if_absent=True)]

    def joined(self, ticket_id: str, note: str, *, now: datetime) -> list[Operation]:
        """Return the operations that add a further handover to a ticket; none where it is not open any more."""
        return self._changed(ticket_id, TicketStatus.OPEN, {"kind": "handed_over_again", "note": note}, now)

    def resolved(self, ticket_id: str, *, by: str, now: datetime) -> list[Operation]:
        """Return the operations by which a person resolves a ticket; none where it is not open any more."""
        return self._changed(ticket_id, TicketStatus.RESOLVED, {"kind": "resolved", "by": by}, now)

    def _changed(self, ticket_id: str, status: TicketStatus, event: dict[str, str], now: datetime) -> list[Operation]:
        pk, expires = keys.ticket(ticket_id), keys.expiry(now, self._retention_days)
        item = self._table.get(pk, keys.META)
        ticket = Ticket.model_validate_json(TICKET.load(item)["body"]) if item else None
        if item is None or ticket is None or ticket.status is not TicketStatus.OPEN:
            return []
        last = self._table.query(pk, sk_prefix="EVT#", limit=1, reverse=True, consistent=True).items
        seq = int(str(last[0]["sk"]).removeprefix("EVT#")) + 1 if last else 1
        changed = ticket.model_copy(update={"status": status})
        # Whatever else has changed the ticket meanwhile refuses the whole transaction.
        update = Update(
            pk,
            keys.META,
            set={"body": changed.model_dump_json(), "by_queue_pk": _queue(changed), "expires_at": expires},
            condition=Compare("body", "=", item["body"]),
        )
        entry = {"pk": pk, "sk": keys.event(seq), "at": now.isoformat(), **event, "expires_at": expires}
        return [update, Put(TICKET_EVENT.stamp(entry), if_absent=True)]

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket. Raises ``NotFoundError``."""
        item = self._table.get(keys.ticket(ticket_id), keys.META)
        if item is None:
            raise NotFoundError(f"no ticket {ticket_id}")
        return Ticket.model_validate_json(TICKET.load(item)["body"])


def _sortable(moment: datetime, ticket_id: str) -> str:
    return f"{int(moment.timestamp() * 1000):015d}#{ticket_id}"


def _queue(ticket: Ticket) -> str:
    return f"QUEUE#{ticket.queue}#{ticket.status}"
