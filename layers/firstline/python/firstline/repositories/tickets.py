"""Tickets, as far as a handover opens them."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Operation, Put
from firstline.domain.ticket import Ticket
from firstline.repositories import keys
from firstline.repositories.schema import Schema

TICKET = Schema("ticket", version=1)
TICKET_EVENT = Schema("ticket_event", version=1)


class TicketRepository:
    """Keys: ``TICKET#<id>`` / ``META``, ``EVT#<seq>``; indexes ``by_customer``, ``by_queue``, ``by_conversation``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def opened(self, ticket: Ticket, note: str) -> list[Operation]:
        """Return the operations that store a new ticket and its first event.

        Tickets do not expire with the chat: they are closed and then erased by their own rule.
        """
        pk, opened_at = keys.ticket(ticket.ticket_id), _sortable(ticket.created_at, ticket.ticket_id)
        item = {
            "pk": pk,
            "sk": keys.META,
            "body": ticket.model_dump_json(),
            "by_queue_pk": f"QUEUE#{ticket.queue}#{ticket.status}",
            "by_queue_sk": opened_at,
            "by_conversation_pk": keys.conversation(ticket.conversation_id),
            "by_conversation_sk": opened_at,
        }
        if ticket.customer_id:
            item |= {"by_customer_pk": keys.customer(ticket.customer_id), "by_customer_sk": opened_at}
        event = {"pk": pk, "sk": keys.event(1), "at": ticket.created_at.isoformat(), "kind": "opened", "note": note}
        return [Put(TICKET.stamp(item), if_absent=True), Put(TICKET_EVENT.stamp(event), if_absent=True)]

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket. Raises ``NotFoundError``."""
        item = self._table.get(keys.ticket(ticket_id), keys.META)
        if item is None:
            raise NotFoundError(f"no ticket {ticket_id}")
        return Ticket.model_validate_json(TICKET.load(item)["body"])


def _sortable(moment: datetime, ticket_id: str) -> str:
    return f"{int(moment.timestamp() * 1000):015d}#{ticket_id}"
