"""What merging and splitting threads of mails does to their tickets."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.business_hours import BusinessHours
from firstline.domain.conversation import Conversation
from firstline.domain.errors import NotFoundError
from firstline.domain.service_levels import in_state
from firstline.domain.table import Operation
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.repositories.tickets import StoredTicket, TicketRepository


class ThreadTickets:
    """Each note names the other thread or ticket; no customer is told by mail, for nothing has changed for them."""

    def __init__(self, tickets: TicketRepository) -> None:
        self._tickets = tickets

    def merged(
        self, source: Conversation, target: Conversation, *, by: str, now: datetime
    ) -> tuple[str, list[Operation]]:
        """Return the ticket of the target after a merging, and the operations that make it so.

        Where both have an open one, the source's is closed; where only the source has, it becomes the target's.
        """
        seen, kept = self._active(source.ticket_id), self._active(target.ticket_id)
        if seen is None or (kept is not None and kept.ticket.ticket_id == seen.ticket.ticket_id):
            return target.ticket_id, []
        into = target.conversation_id
        if kept is None:
            note = f"Conversation {source.conversation_id} was merged into {into}, where it goes on."
            moved = seen.ticket.model_copy(update={"told_in": into})
            return seen.ticket.ticket_id, self._tickets.changed(seen, moved, _note(note, by, now), mailed=False)
        status = TicketStatus.CLOSED
        closed = in_state(seen.ticket, status, now=now, hours=BusinessHours())
        event = TicketEvent(at=now, kind=TicketEventKind.CLOSED, by=by, changes={"status": status.value})
        pointer = f"Merged into ticket {kept.ticket.ticket_id} (conversation {into})."
        taken_up = f"Ticket {seen.ticket.ticket_id} (conversation {source.conversation_id}) was merged into this one."
        return target.ticket_id, [
            *self._tickets.changed(seen, closed, event, mailed=False, internal_note=pointer),
            *self._tickets.changed(kept, kept.ticket, _note(taken_up, by, now), mailed=False),
        ]

    def unmerged(
        self, source: Conversation, target: Conversation, *, by: str, now: datetime
    ) -> tuple[str, list[Operation]]:
        """Return the ticket of the target without that of the source, and the operations that make it so."""
        if not source.ticket_id or target.ticket_id != source.ticket_id:
            return target.ticket_id, []
        seen = self._active(source.ticket_id)
        if seen is None or seen.ticket.told_in != target.conversation_id:
            return "", []
        back = seen.ticket.model_copy(update={"told_in": ""})
        note = f"Conversation {source.conversation_id} is no longer merged into {target.conversation_id}."
        return "", self._tickets.changed(seen, back, _note(note, by, now), mailed=False)

    def split(self, source: Conversation, new_id: str, from_seq: int, *, by: str, now: datetime) -> list[Operation]:
        """Return the operations that note on the source's open ticket which thread was taken off."""
        seen = self._active(source.ticket_id)
        if seen is None:
            return []
        note = f"What was written from place {from_seq} on is conversation {new_id} now."
        return self._tickets.changed(seen, seen.ticket, _note(note, by, now), mailed=False)

    def _active(self, ticket_id: str) -> StoredTicket | None:
        if not ticket_id:
            return None
        try:
            seen = self._tickets.read(ticket_id)
        except NotFoundError:
            return None
        return seen if seen.ticket.status.active else None


def _note(text: str, by: str, now: datetime) -> TicketEvent:
    return TicketEvent(at=now, kind=TicketEventKind.COMMENTED, by=by, note=text, internal=True)
