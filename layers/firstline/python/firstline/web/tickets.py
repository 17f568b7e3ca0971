"""Tickets over REST: customers have their own, agents and integrators all."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from firstline.container import Container
from firstline.domain.conversation import Session
from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.identity import Principal
from firstline.domain.ticket import TicketPriority, TicketQueue, TicketStatus, canonical_ticket_id
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket, TicketChanges, TicketFilter
from firstline.domain.turn import Category
from firstline.repositories.customers import identity_of
from firstline.services.name_customer import NameCustomer
from firstline.services.open_ticket import customer_of
from firstline.web.access import ContainerOfApp, CorrelationId, CustomerOrAgent
from firstline.web.admin import ExpectedVersion
from firstline.web.idempotency import MaybeRepeated
from firstline.web.replies import json_response
from firstline.web.tickets_models import (
    ChangeTicketRequest,
    CommentRequest,
    CreateTicketRequest,
    TicketEventList,
    TicketEventResponse,
    TicketListResponse,
    TicketResponse,
    event_response,
    ticket_response,
)

PREFIX = "/api/v1/tickets"
router = APIRouter(prefix=PREFIX, tags=["tickets"])


def party_of(asker: CustomerOrAgent, container: ContainerOfApp) -> TicketParty:
    """Return who asks, and with a session whose customer it is."""
    if isinstance(asker, Principal):
        return TicketParty.person(asker.user_id)
    return _customer(asker, container)


def ticket_id_of(ticket_id: Annotated[str, Path(max_length=64, description="Id of the ticket, in any case")]) -> str:
    """Return the id in the path in its usual form. Raises ``NotFoundError`` where it can be none."""
    canonical = canonical_ticket_id(ticket_id)
    if not canonical:
        raise NotFoundError("no such ticket")
    return canonical


Party = Annotated[TicketParty, Depends(party_of)]
TicketId = Annotated[str, Depends(ticket_id_of)]


@router.post("", status_code=HTTPStatus.CREATED, response_model=TicketResponse)
def create_ticket(
    by: Party,
    body: CreateTicketRequest,
    container: ContainerOfApp,
    correlation_id: CorrelationId,
    repeated: MaybeRepeated,
) -> Response:
    """Open a ticket. The assistant answers what it can; the answer is an entry of the log, a webhook and a mail."""

    def create() -> Response:
        new = NewTicket(
            subject=body.subject,
            description=body.description,
            customer_id=_meant(body.customer_id, by, container),
            priority=body.priority,
            category=body.category,
            channel=body.channel,
            tags=tuple(body.tags),
            assignee=body.assignee or "",
            queue=body.queue,
            email=body.email or "",
        )
        ticket = container.ticketing.manage.create(
            new, by=by, request_id=_request_id(by, repeated.key_of_request), correlation_id=correlation_id
        )
        shown = ticket_response(ticket, now=container.ports.clock.now(), of_company=by.of_company)
        headers = {"Location": f"{PREFIX}/{ticket.ticket_id}", "ETag": f'"{ticket.version}"'}
        return json_response(shown, HTTPStatus.CREATED, headers)

    return repeated.once(_caller(by), body, create)


@router.get("")
def list_tickets(
    by: Party,
    container: ContainerOfApp,
    status: Annotated[list[TicketStatus] | None, Query(description="One or several")] = None,
    priority: Annotated[list[TicketPriority] | None, Query(description="One or several")] = None,
    category: Category | None = None,
    queue: TicketQueue | None = None,
    assignee: Annotated[str | None, Query(max_length=128, description="Empty for those of nobody")] = None,
    tag: Annotated[str, Query(max_length=40)] = "",
    customer_id: Annotated[str | None, Query(min_length=1, max_length=128, description="Yours, or ours")] = None,
    created_from: Annotated[datetime | None, Query(description="From this moment on; without a zone, UTC")] = None,
    created_before: Annotated[datetime | None, Query(description="Before this moment; without a zone, UTC")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> TicketListResponse:
    """Tickets that fit all that is said, the newest first."""
    of = _known(customer_id, container) if customer_id is not None else None
    wanted = TicketFilter(
        status=frozenset(status or ()),
        priority=frozenset(priority or ()),
        category=category,
        queue=queue,
        assignee=assignee,
        tag=tag.strip().casefold(),
        customer_id=of,
        created_from=_moment(created_from),
        created_before=_moment(created_before),
    )
    page = container.ticketing.manage.search(wanted, by=by, limit=limit, cursor=cursor)
    now = container.ports.clock.now()
    shown = [ticket_response(ticket, now=now, of_company=by.of_company) for ticket in page.tickets]
    return TicketListResponse(tickets=shown, next_cursor=page.cursor)


@router.get("/{ticket_id}")
def get_ticket(by: Party, ticket_id: TicketId, container: ContainerOfApp, response: Response) -> TicketResponse:
    """One ticket; its ETag is what ``If-Match`` takes."""
    ticket = container.ticketing.manage.get(ticket_id, by=by)
    response.headers["ETag"] = f'"{ticket.version}"'
    return ticket_response(ticket, now=container.ports.clock.now(), of_company=by.of_company)


@router.patch("/{ticket_id}")
def change_ticket(
    by: Party,
    ticket_id: TicketId,
    body: ChangeTicketRequest,
    version: ExpectedVersion,
    container: ContainerOfApp,
    response: Response,
) -> TicketResponse:
    """Change a ticket; 409 says which states may follow, 412 that it has changed since it was read."""
    changes = TicketChanges(
        status=body.status,
        priority=body.priority,
        subject=body.subject,
        category=body.category,
        queue=body.queue,
        assignee=body.assignee if body.assignee is not None or "assignee" not in body.model_fields_set else "",
        tags=tuple(body.tags) if body.tags is not None else None,
    )
    ticket = container.ticketing.manage.change(ticket_id, changes, version, by=by)
    response.headers["ETag"] = f'"{ticket.version}"'
    return ticket_response(ticket, now=container.ports.clock.now(), of_company=by.of_company)


@router.post("/{ticket_id}/comments", status_code=HTTPStatus.CREATED, response_model=TicketEventResponse)
def comment(
    by: Party, ticket_id: TicketId, body: CommentRequest, container: ContainerOfApp, repeated: MaybeRepeated
) -> Response:
    """Say something to a ticket; a customer's words to a ticket of the assistant's are answered."""

    def say() -> Response:
        request_id = _request_id(by, repeated.key_of_request)
        manage = container.ticketing.manage
        ticket, event = manage.comment(ticket_id, body.text, by=by, internal=body.internal, request_id=request_id)
        shown = event if by.of_company else event.as_public() or event
        return json_response(event_response(shown), HTTPStatus.CREATED, {"ETag": f'"{ticket.version}"'})

    return repeated.once(_caller(by), body, say)


@router.get("/{ticket_id}/events")
def list_events(
    by: Party,
    ticket_id: TicketId,
    container: ContainerOfApp,
    after_seq: Annotated[int, Query(ge=0, lt=10**12, description="Only what came after this place")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> TicketEventList:
    """What happened to a ticket, in order; customers read nothing internal."""
    found, more = container.ticketing.manage.events(ticket_id, by=by, after_seq=after_seq, limit=limit)
    return TicketEventList(events=[event_response(event) for event in found], next_after_seq=more)


def _customer(session: Session, container: Container) -> TicketParty:
    clock, ids = container.ports.clock, container.ports.ids
    name_customer = NameCustomer(container.conversations, container.customers, clock=clock, ids=ids)
    conversation = name_customer.named(container.conversations.get(session.conversation_id))
    verified = bool(conversation.verified_user_id)
    return TicketParty.customer(conversation.customer_id, conversation.conversation_id, verified=verified)


def _meant(customer_id: str | None, by: TicketParty, container: Container) -> str:
    if customer_id is None:
        return by.customer_id
    if by.of_company:
        now, new_id = container.ports.clock.now(), container.ports.ids.new()
        return customer_of(container.customers, customer_id, new_id=new_id, now=now).customer_id
    if customer_id not in (by.customer_id, container.customers.get(by.customer_id).user_id):
        raise NotFoundError("no such customer")
    return by.customer_id


def _known(customer_id: str, container: Container) -> str:
    """Return our id of a customer, or one of nobody's; a search makes no customers."""
    found = container.customers.find(*identity_of(customer_id, ""))
    return found.customer_id if found else customer_id


def _moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError("this moment is too far away") from error


def _caller(by: TicketParty) -> str:
    return by.by if by.of_company else by.conversation_id


def _request_id(by: TicketParty, key: str) -> str:
    return f"{_caller(by)}\n{key}" if key else ""
