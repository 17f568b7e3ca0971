"""What merging and splitting threads of mails does to their tickets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.business_hours import BusinessHours
from firstline.domain.conversation import Conversation
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.routes import ClosedTicket, ThreadRoute
from firstline.domain.service_levels import in_state
from firstline.domain.table import Operation
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.repositories.tickets import StoredTicket, TicketRepository


@dataclass(frozen=True)
class MergedTickets:
    """What a merging makes of the tickets."""

    ticket_id: str
    """Of the target, afterwards."""
    operations: Sequence[Operation] = ()
    closed: ClosedTicket | None = None
    """The source's, as it was; None where it was not closed."""
    told_in: str = ""
    """Where the customer heard of the source's before, if it is the target's now."""


class ThreadTickets:
    """Each note names the other thread or ticket; no customer is told by mail, for nothing has changed for them."""

    def __init__(self, tickets: TicketRepository) -> None:
        self._tickets = tickets

    def merged(self, source: Conversation, target: Conversation, *, by: str, now: datetime) -> MergedTickets:
        """Return the ticket of the target after a merging, and the operations that make it so.

        Where both have an open one, the source's is closed; where only the source has, it becomes the target's.
        """
        seen, kept = self._active(source.ticket_id), self._active(target.ticket_id)
        if seen is None or (kept is not None and kept.ticket.ticket_id == seen.ticket.ticket_id):
            return MergedTickets(target.ticket_id)
        into = target.conversation_id
        if kept is None:
            note = f"Conversation {source.conversation_id} was merged into {into}, where it goes on."
            moved = seen.ticket.model_copy(update={"told_in": into})
            operations = self._tickets.changed(seen, moved, _note(note, by, now), mailed=False)
            return MergedTickets(seen.ticket.ticket_id, operations, told_in=seen.ticket.told_in)
        status = TicketStatus.CLOSED
        closed = in_state(seen.ticket, status, now=now, hours=BusinessHours())
        event = TicketEvent(at=now, kind=TicketEventKind.CLOSED, by=by, changes={"status": status.value})
        pointer = f"Merged into ticket {kept.ticket.ticket_id} (conversation {into})."
        taken_up = f"Ticket {seen.ticket.ticket_id} (conversation {source.conversation_id}) was merged into this one."
        operations = [
            *self._tickets.changed(seen, closed, event, mailed=False, internal_note=pointer),
            *self._tickets.changed(kept, kept.ticket, _note(taken_up, by, now), mailed=False),
        ]
        return MergedTickets(target.ticket_id, operations, _as_it_was(seen))

    def reopened(
        self, closed: ClosedTicket, source_id: str, into: str, *, by: str, now: datetime
    ) -> tuple[str, list[Operation]]:
        """Return in words what undoing a merging does to the ticket that it closed, and the operations that do it.

        The ticket is again as it was, in the hours that it waited for the customer as well. Where its state has
        changed since, it stays as it is; what else has changed stays in any case.
        """
        ticket_id = closed.ticket_id
        try:
            seen = self._tickets.read(ticket_id)
        except NotFoundError:
            return f"Ticket {ticket_id} is gone.", []
        since = {name for event in self._tickets.events(ticket_id, after_seq=closed.seq) for name in event.changes}
        undone = f"Conversation {source_id} is no longer merged into {into}."
        if seen.ticket.status is not TicketStatus.CLOSED or "status" in since:
            said = f"Ticket {ticket_id} has been changed since and stays {_words(seen.ticket.status)}."
            kept = f"{undone} The state of this ticket has been changed since the merging and stays as it is."
            return said, self._tickets.changed(seen, seen.ticket, _note(kept, by, now), mailed=False)
        status = TicketStatus(closed.status)
        before: dict[str, object] = {"status": status, "resolved_at": None}
        if closed.waiting_since:
            before["waiting_since"] = datetime.fromisoformat(closed.waiting_since)
            if "priority" not in since and closed.resolution_due_at:
                before["resolution_due_at"] = datetime.fromisoformat(closed.resolution_due_at)
        # Nobody has taken it up again: for what is learned from reopened tickets it is none.
        event = TicketEvent(at=now, kind=TicketEventKind.UPDATED, by=by, changes={"status": status.value})
        after = seen.ticket.model_copy(update=before)
        operations = self._tickets.changed(seen, after, event, mailed=False, internal_note=undone)
        return f"Ticket {ticket_id} is {_words(status)} again.", operations

    def unmerged(
        self,
        source: Conversation,
        target: Conversation | None,
        route: ThreadRoute,
        above: Collection[str],
        *,
        by: str,
        now: datetime,
    ) -> tuple[str, list[Operation]]:
        """Return the ticket of the target without that of the source, and the operations that make it so.

        Whatever has become of the source's ticket since, its customer alone hears of it again.

        Parameters
        ----------
        target : Conversation or None
            None where it is gone.
        route : ThreadRoute
            Of the source, still merged.
        above : collection of str
            The target, and where that was merged in turn.
        """
        ticket_id = target.ticket_id if target is not None else ""
        closed = route.closed
        if closed is not None:
            kept = self._active(ticket_id) if closed.ticket_id != ticket_id else None
            note = (
                f"Ticket {closed.ticket_id} (conversation {source.conversation_id}) is no longer merged into this one."
            )
            noted = self._tickets.changed(kept, kept.ticket, _note(note, by, now), mailed=False) if kept else []
            return ticket_id, noted
        seen = self._known(source.ticket_id)
        left = "" if ticket_id == source.ticket_id else ticket_id
        if seen is None or seen.ticket.told_in not in above:
            return left, []
        back = seen.ticket.model_copy(update={"told_in": route.told_in})
        note = f"Conversation {source.conversation_id} is no longer merged into {route.into}."
        return left, self._tickets.changed(seen, back, _note(note, by, now), mailed=False)

    def split(self, source: Conversation, new_id: str, from_seq: int, *, by: str, now: datetime) -> list[Operation]:
        """Return the operations that note on the source's open ticket which thread was taken off."""
        seen = self._active(source.ticket_id)
        if seen is None:
            return []
        note = f"What was written from place {from_seq} on is conversation {new_id} now."
        return self._tickets.changed(seen, seen.ticket, _note(note, by, now), mailed=False)

    def _active(self, ticket_id: str) -> StoredTicket | None:
        seen = self._known(ticket_id)
        return seen if seen is not None and seen.ticket.status.active else None

    def _known(self, ticket_id: str) -> StoredTicket | None:
        if not ticket_id:
            return None
        try:
            return self._tickets.read(ticket_id)
        except NotFoundError:
            return None


def _as_it_was(seen: StoredTicket) -> ClosedTicket:
    ticket = seen.ticket
    return ClosedTicket(
        ticket.ticket_id,
        ticket.status.value,
        waiting_since=ticket.waiting_since.isoformat() if ticket.waiting_since else "",
        resolution_due_at=ticket.resolution_due_at.isoformat() if ticket.resolution_due_at else "",
        seq=seen.last_seq + 1,
    )


def _words(status: TicketStatus) -> str:
    return status.value.replace("_", " ")


def _note(text: str, by: str, now: datetime) -> TicketEvent:
    return TicketEvent(at=now, kind=TicketEventKind.COMMENTED, by=by, note=text, internal=True)
