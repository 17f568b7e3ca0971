"""Open a ticket: work out what was not said, send it to the assistant's queue or to people's, once per request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from firstline.domain.classification import classify
from firstline.domain.conversation import Channel, Conversation, Customer, Tier
from firstline.domain.errors import (
    ConditionFailedError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    TransactionConflictError,
)
from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.service_levels import ServiceLevels
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket, TicketQueue, priority_of, subject_of, wished_priority
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import (
    MAX_SUBJECT,
    NewTicket,
    TicketFilter,
    checked_email,
    checked_line,
    checked_tags,
    says_something,
)
from firstline.domain.ticket_routing import MOST_OF_A_VISITOR, Routing, RoutingLimits, RoutingReason, should_auto_handle
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import VERIFIED, CustomerRepository
from firstline.repositories.ticket_lists import TicketLists
from firstline.repositories.ticket_requests import TicketRequests
from firstline.repositories.tickets import TicketRepository
from firstline.services.accept_message import AcceptMessage
from firstline.services.team_hours import TeamHours

_TRIES = 20


class _DoneBeforeError(Exception):
    """Another call has carried the same request out."""


class OpenTicket:
    """A ticket of the assistant's queue is one transaction with the message that starts its turn.

    That turn talks in a conversation of the ticket's own; whoever posts the ticket from a conversation hears of the
    answer there too.

    Parameters
    ----------
    limits : callable
        Returns what the assistant may look after now.
    """

    def __init__(
        self,
        table: Table,
        tickets: TicketRepository,
        requests: TicketRequests,
        lists: TicketLists,
        conversations: ConversationRepository,
        customers: CustomerRepository,
        accept_message: AcceptMessage,
        team_hours: TeamHours,
        levels: ServiceLevels,
        *,
        limits: Callable[[], RoutingLimits],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._table = table
        self._tickets = tickets
        self._requests = requests
        self._lists = lists
        self._conversations = conversations
        self._customers = customers
        self._accept_message = accept_message
        self._team_hours = team_hours
        self._levels = levels
        self._limits = limits
        self._clock = clock
        self._ids = ids

    def open(self, new: NewTicket, *, by: TicketParty, request_id: str = "", correlation_id: str = "") -> Ticket:
        """Open a ticket and start what follows; a repeated request returns the ticket that it opened.

        Raises
        ------
        InvalidInputError, InvalidMessageError, NotFoundError, NotPermittedError
        """
        for _ in range(_TRIES):
            done = self._requests.done(request_id)
            if done is not None:
                return self._tickets.get(done.ticket_id)
            ticket = self._draft(new, by, with_turn=True)
            try:
                if ticket.queue is TicketQueue.ASSISTANT:
                    self._with_assistant(ticket, new, request_id, correlation_id, by=by)
                else:
                    self._table.transact(self._operations(ticket, new, request_id, by))
            except (ConditionFailedError, _DoneBeforeError):
                continue
            return ticket
        raise TransactionConflictError("too many requests at once for one ticket")

    def opening(self, new: NewTicket, *, by: TicketParty, request_id: str = "") -> tuple[Ticket, list[Operation]]:
        """Return a ticket for people and the operations that open it, for a transaction of the caller's.

        Raises
        ------
        InvalidInputError, NotFoundError, NotPermittedError
        """
        ticket = self._draft(new, by, with_turn=False)
        return ticket, self._operations(ticket, new, request_id, by)

    def _operations(self, ticket: Ticket, new: NewTicket, request_id: str, by: TicketParty) -> list[Operation]:
        opened = self._tickets.opened(ticket, new.text, by=by.by, internal_note=new.internal_note)
        return [*opened, *self._requests.marked(request_id, ticket.ticket_id, 1, now=ticket.created_at)]

    def _draft(self, new: NewTicket, by: TicketParty, *, with_turn: bool) -> Ticket:
        now, text = self._clock.now(), new.text
        if not text:
            raise InvalidInputError("a ticket needs a subject or a description")
        customer = self._customer(new, by)
        classification = new.classification or classify(text)
        computed = priority_of(classification, new.reason, customer.tier if customer else Tier.FREE)
        wish = new.priority
        priority = (wish or computed) if by.of_company else wished_priority(wish, computed)
        routing = Routing(TicketQueue.PEOPLE, (RoutingReason.QUEUE_NAMED,))
        if with_turn:
            wanted, assignee = (new.queue, new.assignee) if by.of_company else (None, "")
            many = not by.of_company and not by.verified and self._has_many(by.customer_id)
            routing = should_auto_handle(
                text, classification, priority, self._limits(), assignee=assignee, many=many, wanted=wanted
            )
        with_assistant = routing.queue is TicketQueue.ASSISTANT
        origin = new.conversation_id if by.of_company else by.conversation_id
        site_id = self._conversation(origin, customer).site_id if origin else ""
        ticket = Ticket(
            ticket_id=self._new_id(),
            conversation_id=self._ids.new() if with_assistant else origin,
            told_in=origin if with_assistant else "",
            customer_id=customer.customer_id if customer else "",
            user_id=customer.user_id if customer else "",
            email=_address(new.email, customer, by),
            subject=checked_line("subject", says_something(new.subject) or subject_of(text), longest=MAX_SUBJECT),
            description=says_something(new.description),
            category=new.category or classification.category,
            priority=priority,
            queue=routing.queue,
            reason=new.reason,
            routing=tuple(reason.value for reason in routing.reasons),
            channel=checked_line("channel", new.channel, longest=20).lower(),
            tags=checked_tags(new.tags) if by.of_company else (),
            assignee=new.assignee if by.of_company else "",
            site_id=site_id,
            created_at=now,
        )
        return self._levels.promised(ticket, self._team_hours.of(site_id).hours)

    def _has_many(self, customer_id: str) -> bool:
        if not customer_id:
            return True
        known = self._lists.page(TicketFilter(customer_id=customer_id), limit=MOST_OF_A_VISITOR).tickets
        return len(known) >= MOST_OF_A_VISITOR

    def _customer(self, new: NewTicket, by: TicketParty) -> Customer | None:
        customer_id = new.customer_id if by.of_company else by.customer_id
        return self._customers.get(customer_id) if customer_id else None

    def _conversation(self, conversation_id: str, customer: Customer | None) -> Conversation:
        conversation = self._conversations.get(conversation_id)
        if customer is not None and conversation.customer_id not in ("", customer.customer_id):
            raise NotFoundError(f"no conversation {conversation_id} of this customer")
        return conversation

    def _new_id(self) -> str:
        for _ in range(_TRIES):
            ticket_id = self._ids.short()
            try:
                self._tickets.get(ticket_id)
            except NotFoundError:
                return ticket_id
        raise TransactionConflictError("no id for a ticket that is not taken")

    def _with_assistant(
        self, ticket: Ticket, new: NewTicket, request_id: str, correlation_id: str, *, by: TicketParty
    ) -> None:
        conversation_id, customer = ticket.conversation_id, None
        if ticket.customer_id:
            customer = self._customers.get(ticket.customer_id)
        conversation = Conversation(
            conversation_id=conversation_id,
            channel=Channel.API,
            site_id=ticket.site_id or "default",
            user_id=ticket.user_id,
            verified=bool(ticket.user_id),
            customer_id=ticket.customer_id,
            ticket_id=ticket.ticket_id,
            created_at=ticket.created_at,
        )
        known = [] if customer is None else [self._customers.known_in(customer, conversation_id, now=ticket.created_at)]
        # Alone, it is an empty conversation that closes in time; the next transaction makes it the ticket's.
        self._conversations.create(conversation, f"Ticket {ticket.ticket_id}: {ticket.subject}", also=known)

        def also() -> list[Operation]:
            if self._requests.done(request_id) is not None:
                raise _DoneBeforeError
            return self._operations(ticket, new, request_id, by)

        accepted = self._accept_message.accept(
            conversation_id,
            f"ticket-{ticket.ticket_id}",
            new.text,
            channel=Channel.API,
            correlation_id=correlation_id or ticket.ticket_id,
            also=also,
        )
        self._accept_message.start(conversation_id, accepted)


def _address(email: str, customer: Customer | None, by: TicketParty) -> str:
    if email:
        if not by.of_company and not by.verified:
            # Mail to whoever a visitor names would make this a relay.
            raise NotPermittedError("email is taken from customers for whom the company vouches, and from servers")
        return checked_email(email)
    if customer is None or "@" not in customer.user_id:
        return ""
    try:
        return checked_email(customer.user_id)
    except InvalidInputError:
        return ""


def customer_of(customers: CustomerRepository, name: str, *, new_id: str, now: datetime) -> Customer:
    """Return the customer that the company means: by our id where it is one, else by the company's own id."""
    try:
        return customers.get(name)
    except NotFoundError:
        return customers.find_or_create(VERIFIED, name, new_id=new_id, now=now)
