"""Tickets as everybody uses them: open, read, list, change, comment. Customers have their own, the company all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from firstline.domain.business_hours import BusinessHours
from firstline.domain.conversation import Channel
from firstline.domain.errors import ConditionFailedError, NotFoundError, NotPermittedError, TransactionConflictError
from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.service_levels import ServiceLevels
from firstline.domain.table import Operation
from firstline.domain.text import checked_message
from firstline.domain.ticket import Ticket, TicketChangedError, TicketQueue, TicketStatus, canonical_ticket_id
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import (
    MAX_COMMENT,
    NewTicket,
    TicketChanges,
    TicketFilter,
    apply_changes,
    commented,
)
from firstline.domain.ticket_events import CUSTOMER, TicketEvent, TicketEventKind
from firstline.repositories.ticket_lists import TicketLists, TicketPage
from firstline.repositories.ticket_requests import TicketRequests
from firstline.repositories.tickets import StoredTicket, TicketRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.open_ticket import OpenTicket
from firstline.services.team_hours import TeamHours
from firstline.services.tell_customer import TellCustomer, Telling

_TRIES = 20
_BY_CUSTOMER = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.REOPENED})


@dataclass(frozen=True)
class _Step:
    """What becomes of a ticket."""

    ticket: Ticket
    event: TicketEvent


class ManageTickets:
    """Whatever a party may not see is not found. Changes are tried anew where somebody else was quicker.

    What ends in ``ing`` returns the operations of the same thing, for a transaction of the caller's: there the caller
    tells the customer.
    """

    def __init__(
        self,
        table: Table,
        tickets: TicketRepository,
        requests: TicketRequests,
        lists: TicketLists,
        open_ticket: OpenTicket,
        accept_message: AcceptMessage,
        tell: TellCustomer,
        team_hours: TeamHours,
        levels: ServiceLevels,
        *,
        clock: Clock,
        ids: Ids,
        max_message_characters: int,
    ) -> None:
        self._table = table
        self._tickets = tickets
        self._requests = requests
        self._lists = lists
        self._open_ticket = open_ticket
        self._accept_message = accept_message
        self._tell = tell
        self._team_hours = team_hours
        self._levels = levels
        self._clock = clock
        self._ids = ids
        self._max_message_characters = max_message_characters

    def create(self, new: NewTicket, *, by: TicketParty, request_id: str = "", correlation_id: str = "") -> Ticket:
        """Open a ticket; with the same ``request_id`` again, return the one that was opened. See ``OpenTicket``."""
        return self._open_ticket.open(new, by=by, request_id=request_id, correlation_id=correlation_id)

    def creating(self, new: NewTicket, *, by: TicketParty, request_id: str = "") -> tuple[Ticket, list[Operation]]:
        """Return a new ticket of the people's queue, and the operations that open it."""
        return self._open_ticket.opening(new, by=by, request_id=request_id)

    def get(self, ticket_id: str, *, by: TicketParty) -> Ticket:
        """Return a ticket by its id as people write it. Raises ``NotFoundError``."""
        return self._visible(self._tickets.get(_known_id(ticket_id)), by)

    def events(
        self, ticket_id: str, *, by: TicketParty, after_seq: int = 0, limit: int = 100
    ) -> tuple[list[TicketEvent], int | None]:
        """Return entries of a ticket's log, and after which to go on; None at its end. Raises ``NotFoundError``."""
        ticket = self.get(ticket_id, by=by)
        found = self._tickets.events(ticket.ticket_id, after_seq=after_seq, limit=limit)
        more = found[-1].seq if len(found) == limit else None
        if by.of_company:
            return found, more
        return [public for event in found if (public := event.as_public()) is not None], more

    def search(
        self, wanted: TicketFilter, *, by: TicketParty, limit: int = 50, cursor: str | None = None
    ) -> TicketPage:
        """Return a page of tickets, the newest first; of a customer's own only. Raises ``InvalidCursorError``."""
        if not by.of_company:
            if not by.customer_id or wanted.customer_id not in (None, by.customer_id):
                return TicketPage([], None)
            wanted = replace(wanted, customer_id=by.customer_id)
        return self._lists.page(wanted, limit=limit, cursor=cursor)

    def of_customer(self, customer_id: str, *, limit: int = 20) -> list[Ticket]:
        """Return a customer's tickets, the newest first."""
        return self._lists.page(TicketFilter(customer_id=customer_id), limit=limit).tickets

    def waiting(self, queue: TicketQueue) -> int:
        """Return how many tickets of a queue still are to be looked after."""
        return self._lists.waiting(queue)

    def change(
        self, ticket_id: str, changes: TicketChanges, expected_version: int | None = None, *, by: TicketParty
    ) -> Ticket:
        """Change a ticket and tell its customer; return it as it is then.

        Parameters
        ----------
        expected_version : int or None
            As the caller has read it; None for whichever stands.

        Raises
        ------
        NotFoundError, NotPermittedError, InvalidInputError
        IllegalTransitionError
            It cannot go from its state to the one that was asked for.
        TicketChangedError
            It is not at that version any more.
        """
        return self._carried_out(
            ticket_id, lambda seen, now, hours: self._change(seen, changes, expected_version, by, now, hours), by
        )[0]

    def changing(
        self, ticket_id: str, changes: TicketChanges, expected_version: int | None = None, *, by: TicketParty
    ) -> tuple[Ticket, list[Operation]]:
        """Return the changed ticket and the operations that change it; none where nothing changes. Raises as change."""
        seen, now, hours = self._seen(ticket_id, by)
        step = self._change(seen, changes, expected_version, by, now, hours)
        return (step.ticket, self._tickets.changed(seen, step.ticket, step.event)) if step else (seen.ticket, [])

    def comment(
        self, ticket_id: str, text: str, *, by: TicketParty, internal: bool = False, request_id: str = ""
    ) -> tuple[Ticket, TicketEvent]:
        """Write a comment, once per ``request_id``; return the ticket and the comment.

        What a customer says to a ticket that the assistant looks after, the assistant answers.

        Raises
        ------
        NotFoundError, NotPermittedError, InvalidMessageError
        """
        return self._carried_out(
            ticket_id, lambda seen, now, hours: self._comment(seen, text, by, internal, now, hours), by, request_id
        )

    def commenting(
        self, ticket_id: str, text: str, *, by: TicketParty, internal: bool = False
    ) -> tuple[Ticket, list[Operation]]:
        """Return the ticket with a comment, and the operations that write it. Raises as ``comment``."""
        seen, now, hours = self._seen(ticket_id, by)
        step = self._comment(seen, text, by, internal, now, hours)
        return step.ticket, self._tickets.changed(seen, step.ticket, step.event)

    def _change(
        self,
        seen: StoredTicket,
        changes: TicketChanges,
        expected_version: int | None,
        by: TicketParty,
        now: datetime,
        hours: BusinessHours,
    ) -> _Step | None:
        if expected_version is not None and expected_version != seen.ticket.version:
            raise TicketChangedError(f"the ticket is at version {seen.ticket.version}; read it again")
        if not by.of_company and (set(changes.fields) - {"status"} or changes.status not in (None, *_BY_CUSTOMER)):
            raise NotPermittedError("customers may resolve, close and reopen their tickets; the rest is for agents")
        done = apply_changes(seen.ticket, changes, by=by.by, now=now, hours=hours, levels=self._levels)
        return _Step(*done) if done else None

    def _comment(
        self, seen: StoredTicket, text: str, by: TicketParty, internal: bool, now: datetime, hours: BusinessHours
    ) -> _Step:
        if internal and not by.of_company:
            raise NotPermittedError("internal comments are for agents")
        checked = checked_message(text, max_characters=MAX_COMMENT)
        # The assistant writes down what the customer has said.
        author = by.by if by.of_company else CUSTOMER
        return _Step(*commented(seen.ticket, checked, by=author, internal=internal, now=now, hours=hours))

    def _carried_out(
        self,
        ticket_id: str,
        step_of: Callable[[StoredTicket, datetime, BusinessHours], _Step | None],
        by: TicketParty,
        request_id: str = "",
    ) -> tuple[Ticket, TicketEvent]:
        for _ in range(_TRIES):
            seen, now, hours = self._seen(ticket_id, by)
            done = self._requests.done(request_id)
            if done is not None and done.ticket_id == seen.ticket.ticket_id:
                return seen.ticket, self._tickets.events(done.ticket_id, after_seq=done.seq - 1, limit=1)[0]
            step = step_of(seen, now, hours)
            if step is None:
                return seen.ticket, TicketEvent(at=now, kind=TicketEventKind.UPDATED)
            marker = self._requests.marked(request_id, seen.ticket.ticket_id, seen.last_seq + 1, now=now)
            operations = [*self._tickets.changed(seen, step.ticket, step.event), *marker]
            try:
                self._commit(seen, step, operations, by)
            except ConditionFailedError:
                continue
            written = step.ticket.model_copy(update={"version": seen.ticket.version + 1, "updated_at": now})
            return written, step.event.model_copy(update={"seq": seen.last_seq + 1})
        raise TransactionConflictError(f"ticket {ticket_id}: too many writers at once")

    def _commit(self, seen: StoredTicket, step: _Step, operations: list[Operation], by: TicketParty) -> None:
        before = seen.ticket
        if self._is_for_assistant(before, step, by) and self._answered_by_assistant(seen, step, operations):
            return
        telling = Telling()
        if by.by != CUSTOMER:
            telling = self._tell.of(before.told_in or before.conversation_id, step.ticket, step.event)
        self._table.transact([*operations, *telling.operations])
        telling.afterwards()

    def _answered_by_assistant(self, seen: StoredTicket, step: _Step, operations: list[Operation]) -> bool:
        """Write a comment as a message of the ticket's conversation; False where that is gone."""

        def also() -> list[Operation]:
            if self._tickets.read(seen.ticket.ticket_id) != seen:
                raise ConditionFailedError("the ticket has changed")
            return operations

        conversation_id, message_id = seen.ticket.conversation_id, f"ticket-{self._ids.new()}"
        try:
            accepted = self._accept_message.accept(
                conversation_id,
                message_id,
                step.event.note,
                channel=Channel.API,
                correlation_id=message_id,
                also=also,
            )
        except NotFoundError:
            return False
        self._accept_message.start(conversation_id, accepted)
        return True

    def _is_for_assistant(self, before: Ticket, step: _Step, by: TicketParty) -> bool:
        said = by.by == CUSTOMER and 0 < len(step.event.note) <= self._max_message_characters
        return said and before.queue is TicketQueue.ASSISTANT and bool(before.conversation_id)

    def _seen(self, ticket_id: str, by: TicketParty) -> tuple[StoredTicket, datetime, BusinessHours]:
        seen = self._tickets.read(_known_id(ticket_id))
        self._visible(seen.ticket, by)
        return seen, self._clock.now(), self._team_hours.of(seen.ticket.site_id).hours

    def _visible(self, ticket: Ticket, by: TicketParty) -> Ticket:
        if not by.may_see(ticket):
            raise NotFoundError("no such ticket")
        return ticket


def _known_id(text: str) -> str:
    ticket_id = canonical_ticket_id(text)
    if not ticket_id:
        raise NotFoundError("no such ticket")
    return ticket_id
