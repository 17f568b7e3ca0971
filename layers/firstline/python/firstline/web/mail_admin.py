"""Mails for the people who look after them: read as data and as a page that does nothing; threads merged and split."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from firstline.container import Container
from firstline.domain.conversation import BOT, Conversation
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.verdict import Verdict
from firstline.domain.text import is_id
from firstline.services.read_mail import FullMail
from firstline.web.access import Admin, Agent, ContainerOfApp
from firstline.web.conversation_id import ConversationId
from firstline.web.conversations_admin import IfMatch, agreed_version
from firstline.web.conversations_models import ConversationSummary, summary_of
from firstline.web.idempotency import MaybeRepeated
from firstline.web.mail_models import (
    DayMailList,
    MailDetail,
    MailList,
    MergeRequest,
    SplitRequest,
    SuppressionList,
    SuppressionResponse,
    ThreadResponse,
    detail_of,
    listed,
    listed_of_day,
    thread_response,
)
from firstline.web.mail_page import PAGE_HEADERS, mail_page
from firstline.web.replies import json_response
from firstline.web.tickets import TicketId

router = APIRouter(prefix="/admin", tags=["mail"])
of_tickets = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])

_RAW: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The mail as it came",
        "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
    },
    303: {"description": "The mail is at `Location`, for a minute"},
}
After = Annotated[str, Query(max_length=200, description="`next_after` of the part before")]
Limit = Annotated[int, Query(ge=1, le=200)]


def mail_id_of(mail_id: Annotated[str, Path(max_length=64, description="Id of the mail")]) -> str:
    """Return the id in the path. Raises ``NotFoundError`` where it can be none."""
    if not is_id(mail_id):
        raise NotFoundError("no such mail")
    return mail_id


MailId = Annotated[str, Depends(mail_id_of)]


@router.get("/conversations/{conversation_id}/mails")
def list_mails(conversation_id: ConversationId, container: ContainerOfApp, by: Agent) -> MailList:
    """Mails of a conversation, with those that were merged into it; oldest first."""
    return listed(container.mail_people.read.of_conversation(conversation_id))


@router.get("/conversations/{conversation_id}/thread")
def get_thread(
    conversation_id: ConversationId, container: ContainerOfApp, by: Agent, after: After = "", limit: Limit = 100
) -> ThreadResponse:
    """All that was written in a conversation by mail and in those merged into it, in the order of time."""
    return thread_response(container.mail_people.read.thread(conversation_id, cursor=after, limit=limit))


@of_tickets.get("/{ticket_id}/thread")
def get_thread_of_ticket(
    ticket_id: TicketId, container: ContainerOfApp, by: Agent, after: After = "", limit: Limit = 100
) -> ThreadResponse:
    """The thread of mails that a ticket is about, as `GET /admin/conversations/{conversation_id}/thread` tells it."""
    ticket = container.tickets.get(ticket_id)
    conversation_id = ticket.told_in or ticket.conversation_id
    if not conversation_id:
        raise NotFoundError("the ticket is not about a thread of mails")
    return thread_response(container.mail_people.read.thread(conversation_id, cursor=after, limit=limit))


@router.get("/conversations/{conversation_id}/mails/{mail_id}")
def get_mail(conversation_id: ConversationId, mail_id: MailId, container: ContainerOfApp, by: Agent) -> MailDetail:
    """A mail in full: its whole text and what was left out of the conversation, its headers as data, its html."""
    read = container.mail_people.read
    return _detail(container, read.full(conversation_id, mail_id))


@router.get(
    "/conversations/{conversation_id}/mails/{mail_id}/html",
    response_class=HTMLResponse,
    responses={200: {"description": "A page of its own in which nothing runs and nothing is loaded"}},
)
def get_mail_page(
    conversation_id: ConversationId, mail_id: MailId, container: ContainerOfApp, by: Agent
) -> HTMLResponse:
    """A mail as its sender has made it look, as a page in which nothing runs and nothing is loaded from anywhere."""
    read = container.mail_people.read
    return _page(container, read.full(conversation_id, mail_id))


@router.get("/conversations/{conversation_id}/mails/{mail_id}/raw", response_class=Response, responses=_RAW)
def get_raw_mail(conversation_id: ConversationId, mail_id: MailId, container: ContainerOfApp, by: Agent) -> Response:
    """The mail as it came, to be downloaded; never shown in place."""
    read = container.mail_people.read
    return _raw(container, read.record(conversation_id, mail_id))


@router.get("/mails")
def list_mails_of_day(
    container: ContainerOfApp,
    by: Agent,
    day: Annotated[date, Query(description="UTC, such as `2026-06-01`")],
    verdict: Annotated[Verdict | None, Query(description="Only these")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> DayMailList:
    """Mails of a day that belong to no conversation, and why: ignored, bounces, loops, spam."""
    read = container.mail_people.read
    return listed_of_day(*read.of_day(day, verdict, limit=limit, cursor=cursor))


@router.get("/mails/{day}/{mail_id}")
def get_mail_of_day(day: date, mail_id: MailId, container: ContainerOfApp, by: Agent) -> MailDetail:
    """A mail that belongs to no conversation, in full."""
    return _detail(container, container.mail_people.read.full_of_day(day, mail_id))


@router.get("/mails/{day}/{mail_id}/raw", response_class=Response, responses=_RAW)
def get_raw_mail_of_day(day: date, mail_id: MailId, container: ContainerOfApp, by: Agent) -> Response:
    """A mail that belongs to no conversation as it came, to be downloaded."""
    return _raw(container, container.mail_people.read.record_of_day(day, mail_id))


@router.post("/conversations/{conversation_id}/merge", response_model=ConversationSummary)
def merge(
    conversation_id: ConversationId,
    body: MergeRequest,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
    repeated: MaybeRepeated,
) -> Response:
    """Say that two threads are one: this one is closed, all its later mails go to the other, which is the answer.

    What was written in it is read in the other's thread. Its open ticket is closed with a link to the other's, or
    becomes the other's. 409 `different_customers` asks for `customers_join`. `DELETE` undoes it.
    """

    def act() -> Response:
        merged = container.mail_people.join.merge(
            conversation_id,
            body.into,
            by,
            customers_join=body.customers_join,
            version=agreed_version(version, body),
        )
        return _changed(container, merged)

    return repeated.once(by.user_id, body, act)


@router.delete("/conversations/{conversation_id}/merge", response_model=ConversationSummary)
def unmerge(conversation_id: ConversationId, container: ContainerOfApp, by: Agent) -> Response:
    """Undo a merging: this thread stands for itself again. Mails that came meanwhile stay; a closed ticket too."""
    return _changed(container, container.mail_people.join.unmerge(conversation_id, by))


@router.post(
    "/conversations/{conversation_id}/split", status_code=HTTPStatus.CREATED, response_model=ConversationSummary
)
def split(
    conversation_id: ConversationId,
    body: SplitRequest,
    container: ContainerOfApp,
    by: Agent,
    version: IfMatch,
    repeated: MaybeRepeated,
) -> Response:
    """Say that a thread is two: from this mail on it is another, which is the answer, and yours to look after.

    Later mails that refer to what was taken off go to the new thread. It is undone by merging the new one back.
    """

    def act() -> Response:
        new = container.mail_people.split.split(
            conversation_id, body.from_seq, by, version=agreed_version(version, body)
        )
        return _changed(container, new, HTTPStatus.CREATED)

    return repeated.once(by.user_id, body, act)


@router.get("/mail-suppressions")
def list_suppressions(
    container: ContainerOfApp,
    by: Agent,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> SuppressionList:
    """Addresses that get no mail any more: mail to them came back for good, or they have complained."""
    page = container.mail_people.suppressions.page(limit=limit, cursor=cursor)
    shown = [SuppressionResponse.model_validate(vars(found)) for found in page.suppressions]
    return SuppressionList(suppressions=shown, next_cursor=page.cursor)


@router.delete("/mail-suppressions/{address_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_suppression(
    address_id: Annotated[str, Path(max_length=320, description="`address_id` of the list, or the address itself")],
    container: ContainerOfApp,
    by: Admin,
) -> None:
    """Let an address get mail again."""
    container.mail_people.suppressions.remove(address_id, by)


def _changed(container: Container, conversation: Conversation, status: HTTPStatus = HTTPStatus.OK) -> Response:
    known = container.people.agents.find(conversation.owner) if conversation.owner != BOT else None
    shown = ConversationSummary.model_validate(summary_of(conversation, known.name if known else ""))
    headers = {"ETag": f'"{conversation.version}"'}
    if status is HTTPStatus.CREATED:
        headers["Location"] = f"/admin/conversations/{conversation.conversation_id}"
    return json_response(shown, status, headers)


def _detail(container: Container, full: FullMail) -> MailDetail:
    return detail_of(full, container.mail_people.read.html(full))


def _page(container: Container, full: FullMail) -> HTMLResponse:
    html = container.mail_people.read.html(full, with_pictures=True)
    return HTMLResponse(mail_page(full.parsed, html), headers=PAGE_HEADERS)


def _raw(container: Container, mail: ReceivedMail) -> Response:
    read, name = container.mail_people.read, f"{mail.mail_id}.eml"
    address = read.address(mail, name)
    if address is not None:
        return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    content = read.raw(mail)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type="message/rfc822", headers=headers)
