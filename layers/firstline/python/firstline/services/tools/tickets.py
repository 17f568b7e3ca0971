"""Tools ``create_ticket``, ``get_ticket_status``, ``update_ticket``, ``get_user_tickets``: the customer's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firstline.domain.approval import Approval
from firstline.domain.contact_details import ContactDetails
from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.table import Operation
from firstline.domain.ticket import IllegalTransitionError, Ticket, TicketPriority, TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import MAX_SUBJECT, NewTicket, TicketChanges
from firstline.domain.ticket_codes import normalised_code, resolve_code
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.tool_catalogue import BY_NAME, bounded
from firstline.domain.tool_texts import (
    NO_SUCH_TICKET,
    NO_TICKETS,
    NO_TICKETS_AT_ALL,
    NOT_POSSIBLE,
    TICKET_STATES,
    TICKET_UNCHANGEABLE,
    on_day,
)
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Category, Reason, Turn
from firstline.services.manage_tickets import ManageTickets
from firstline.services.tools.tool import BuiltInTool, Effect

Transact = Callable[[list[Operation]], None]

_MOST_LISTED = 20
_MOST_KNOWN = 50
_LAST_ENTRIES = 5
_LONGEST_NOTE = 600


class OwnTickets:
    """The tickets that the customer of a turn may see: theirs, or those of a visitor's own conversation."""

    def __init__(self, manage: ManageTickets) -> None:
        self.manage = manage

    def party(self, turn: Turn) -> TicketParty:
        """Return the assistant on behalf of the turn's customer."""
        customer = turn.identified.customer
        return TicketParty.assistant(customer.customer_id, turn.conversation_id, verified=bool(customer.user_id))

    def all(self, turn: Turn) -> list[Ticket]:
        """Return them, those with something left to do first, the newest first."""
        found = self.manage.of_customer(turn.identified.customer.customer_id, limit=_MOST_KNOWN)
        return sorted(found, key=lambda ticket: not ticket.status.active)

    def ids(self, turn: Turn) -> list[str]:
        """Return their ids."""
        return [ticket.ticket_id for ticket in self.all(turn)]

    def find(self, turn: Turn, code: str, *, near: bool) -> Ticket | None:
        """Return the ticket that a code means, None where there is none that this customer may see."""
        party = self.party(turn)
        try:
            return self.manage.get(code, by=party)
        except NotFoundError:
            # The first or last characters alone, or one wrong.
            found = resolve_code([normalised_code(code)], self.ids(turn), near=near)
        try:
            return self.manage.get(found, by=party) if found else None
        except NotFoundError:
            return None


class CreateTicketTool(BuiltInTool):
    """Opens a ticket for people: what the assistant could do itself it would have done."""

    specification = BY_NAME["create_ticket"]

    def __init__(self, tickets: OwnTickets, transact: Transact) -> None:
        self._tickets = tickets
        self._transact = transact

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Open the ticket."""
        new = NewTicket(
            subject=str(arguments["subject"]),
            description=str(arguments["description"]),
            category=turn.classified.category,
            channel=turn.channel.value,
            classification=turn.classified,
        )
        try:
            ticket, operations = self._tickets.manage.creating(new, by=self._tickets.party(turn))
        except InvalidInputError as error:
            return _refused(str(error), "")
        text = f"I have opened ticket {ticket.ticket_id}: {ticket.subject}. A colleague will look after it."
        outcome = ToolOutcome(ToolStatus.DONE, bounded(_told(ticket)), text, ticket_id=ticket.ticket_id)
        return Effect(outcome, lambda also: self._transact([*operations, *also]))


class GetTicketStatusTool(BuiltInTool):
    """Where a ticket stands, with the last public entries of its log."""

    specification = BY_NAME["get_ticket_status"]

    def __init__(self, tickets: OwnTickets) -> None:
        self._tickets = tickets

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Look it up; a foreign ticket is as unknown as one that is not there."""
        ticket = self._tickets.find(turn, str(arguments["ticket_id"]), near=True)
        if ticket is None:
            return _not_found(arguments)
        events, more = self._tickets.manage.events(ticket.ticket_id, by=self._tickets.party(turn), limit=200)
        while more is not None:
            later, more = self._tickets.manage.events(
                ticket.ticket_id, by=self._tickets.party(turn), after_seq=more, limit=200
            )
            events = [*events[-_LAST_ENTRIES:], *later]
        last = events[-_LAST_ENTRIES:]
        content = bounded({**_told(ticket), "latest": [_entry(event) for event in last]})
        return Effect(ToolOutcome(ToolStatus.DONE, content, _status_text(ticket, last), ticket_id=ticket.ticket_id))


class UpdateTicketTool(BuiltInTool):
    """What customers may do with their tickets: say something, close, reopen."""

    specification = BY_NAME["update_ticket"]

    def __init__(self, tickets: OwnTickets, transact: Transact) -> None:
        self._tickets = tickets
        self._transact = transact

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Change it."""
        ticket = self._tickets.find(turn, str(arguments["ticket_id"]), near=False)
        if ticket is None:
            return _not_found(arguments)
        party, manage = self._tickets.party(turn), self._tickets.manage
        try:
            if arguments["comment"]:
                after, operations = manage.commenting(ticket.ticket_id, str(arguments["comment"]), by=party)
                text = f"I have added that to ticket {ticket.ticket_id}."
            else:
                status = TicketStatus(str(arguments["status"]))
                after, operations = manage.changing(ticket.ticket_id, TicketChanges(status=status), by=party)
                text = f"Ticket {ticket.ticket_id} is {TICKET_STATES[after.status]} now."
        except IllegalTransitionError:
            state = TICKET_STATES[ticket.status]
            return _refused(f"the ticket is {ticket.status}", TICKET_UNCHANGEABLE.format(status=state))
        except InvalidInputError as error:
            return _refused(str(error), "")
        outcome = ToolOutcome(ToolStatus.DONE, bounded(_told(after)), text, ticket_id=ticket.ticket_id)
        return Effect(outcome, lambda also: self._transact([*operations, *also]))


class GetUserTicketsTool(BuiltInTool):
    """The customer's tickets."""

    specification = BY_NAME["get_user_tickets"]

    def __init__(self, tickets: OwnTickets) -> None:
        self._tickets = tickets

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """List them."""
        only_open = bool(arguments["only_open"])
        found = [ticket for ticket in self._tickets.all(turn) if ticket.status.active or not only_open]
        lines = [_line(ticket) for ticket in found[:_MOST_LISTED]]
        text = "\n".join(["Your open tickets:" if only_open else "Your tickets:", *lines])
        if not found:
            text = NO_TICKETS if only_open else NO_TICKETS_AT_ALL
        content = bounded({"tickets": [_told(ticket) for ticket in found[:_MOST_LISTED]]})
        return Effect(ToolOutcome(ToolStatus.DONE, content, text))


def approved_ticket(manage: ManageTickets) -> Callable[[Approval, str], tuple[str, list[Operation]]]:
    """Return what opens a ticket for people to see to what was approved."""

    def opened(approval: Approval, subject: str) -> tuple[str, list[Operation]]:
        fields = {name: value for name, value in approval.arguments.items() if value not in ("", None)}
        said = "\n".join(f"{name}: {value}" for name, value in fields.items())
        note = f"Approved by {approval.decided_by}. {approval.note}".strip()
        new = NewTicket(
            subject=subject[:MAX_SUBJECT],
            description=f"{subject}\n\n{said}\n\nThe customer wrote:\n{approval.asked}",
            customer_id=approval.customer_id,
            conversation_id=approval.conversation_id,
            priority=TicketPriority.HIGH,
            category=Category.ACCOUNT_MANAGEMENT,
            reason=Reason.APPROVAL_NEEDED,
            internal_note=note,
        )
        try:
            ticket, operations = manage.creating(new, by=TicketParty.person(approval.decided_by))
        except NotFoundError:
            # The customer or the conversation is not known any more; what was approved is still to be seen to.
            loose = replace(new, customer_id="", conversation_id="")
            ticket, operations = manage.creating(loose, by=TicketParty.person(approval.decided_by))
        return ticket.ticket_id, operations

    return opened


def _told(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket_id": ticket.ticket_id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "opened": on_day(ticket.created_at),
        "changed": on_day(ticket.updated_at) if ticket.updated_at else "",
    }


def _entry(event: TicketEvent) -> dict[str, str]:
    return {"on": on_day(event.at), "what": event.kind.value, "by": event.by, "said": event.note[:_LONGEST_NOTE]}


def _line(ticket: Ticket) -> str:
    since = on_day(ticket.created_at)
    subject = _without_addresses(ticket.subject)
    return f"- {ticket.ticket_id}: {subject} ({TICKET_STATES[ticket.status]}, opened on {since})"


def _without_addresses(subject: str) -> str:
    # A ticket may be opened in another's words; its subject is told, but leads nowhere.
    return "\u2026" if ContactDetails(()).unknown(subject) else subject


def _status_text(ticket: Ticket, last: Sequence[TicketEvent]) -> str:
    text = f"Ticket {ticket.ticket_id} ({_without_addresses(ticket.subject)}) is {TICKET_STATES[ticket.status]}. "
    text += f"It was opened on {on_day(ticket.created_at)}."
    told = (TicketEventKind.COMMENTED, TicketEventKind.ANSWERED)
    said = next((event for event in reversed(last) if event.by == "agent" and event.kind in told and event.note), None)
    return f'{text} On {on_day(said.at)} a colleague wrote: "{said.note[:_LONGEST_NOTE]}"' if said else text


def _not_found(arguments: Mapping[str, Any]) -> Effect:
    code = normalised_code(str(arguments["ticket_id"]))[:12]
    return _refused("there is no such ticket among the customer's", NO_SUCH_TICKET.format(code=code))


def _refused(why: str, text: str) -> Effect:
    return Effect(ToolOutcome(ToolStatus.REFUSED, bounded({"error": why}), text or NOT_POSSIBLE))
