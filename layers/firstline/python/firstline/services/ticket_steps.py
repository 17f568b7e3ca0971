"""What a conversation does to its ticket: a handover joins it, the closing resolves it."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.business_hours import BusinessHours
from firstline.domain.errors import NotFoundError
from firstline.domain.service_levels import in_state
from firstline.domain.table import Operation
from firstline.domain.ticket import TicketQueue, TicketStatus
from firstline.domain.ticket_events import ASSISTANT, TicketEvent, TicketEventKind
from firstline.repositories.tickets import StoredTicket, TicketRepository


def join(
    tickets: TicketRepository,
    ticket_id: str,
    note: str,
    *,
    now: datetime,
    hours: BusinessHours,
    internal_note: str = "",
) -> list[Operation]:
    """Return the operations that add a handover to a ticket; none where there is nothing to do for it any more.

    What the assistant looked after is then with people, and what waited for the customer waits for us.
    """
    seen = _active(tickets, ticket_id)
    if seen is None:
        return []
    status = seen.ticket.status
    if status is TicketStatus.WAITING_FOR_CUSTOMER:
        status = TicketStatus.OPEN
    first = seen.ticket.queue is TicketQueue.ASSISTANT
    after = in_state(seen.ticket, status, now=now, hours=hours).model_copy(update={"queue": TicketQueue.PEOPLE})
    kind = TicketEventKind.HANDED_OVER if first else TicketEventKind.HANDED_OVER_AGAIN
    event = TicketEvent(at=now, kind=kind, by=ASSISTANT, note=note)
    return tickets.changed(seen, after, event, internal_note=internal_note)


def resolve(tickets: TicketRepository, ticket_id: str, *, by: str, now: datetime) -> list[Operation]:
    """Return the operations by which a person resolves a ticket; none where it is not open any more."""
    seen = _active(tickets, ticket_id)
    if seen is None:
        return []
    after = in_state(seen.ticket, TicketStatus.RESOLVED, now=now, hours=BusinessHours())
    changes = {"status": TicketStatus.RESOLVED.value}
    return tickets.changed(seen, after, TicketEvent(at=now, kind=TicketEventKind.RESOLVED, by=by, changes=changes))


def _active(tickets: TicketRepository, ticket_id: str) -> StoredTicket | None:
    try:
        seen = tickets.read(ticket_id)
    except NotFoundError:
        return None
    return seen if seen.ticket.status.active else None
