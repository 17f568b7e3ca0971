"""Sessions: open one, connect, read its history, say something."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Path, Query, Request, Response, status

from firstline.container import Container
from firstline.domain.conversation import Author, Channel
from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.frames import owner as public_owner
from firstline.repositories.sessions import SOCKET_TOKEN_LIFE_S
from firstline.web.access import ContainerOfApp, CorrelationId, Integrator, OwnSession, RenewableSession
from firstline.web.attachments import stored_files
from firstline.web.idempotency import ANONYMOUS, MaybeRepeated
from firstline.web.models import (
    ChatResponse,
    HistoryEvent,
    HistoryResponse,
    OpenSessionRequest,
    SessionResponse,
    SocketResponse,
)
from firstline.web.posted_message import OPENAPI, MessageOfBody
from firstline.web.rate_limits import require_new_session
from firstline.web.replies import PENDING, answer_response, json_response

router = APIRouter(prefix="/chat/sessions", tags=["chat"])


@router.post("", status_code=status.HTTP_201_CREATED, response_model=SessionResponse)
def open_session(
    request: Request,
    container: ContainerOfApp,
    repeated: MaybeRepeated,
    integrator: Integrator,
    body: Annotated[OpenSessionRequest | None, Body()] = None,
) -> Response:
    """Open a session: a conversation, and a token that gives access to it.

    A customer whose id is proven joins the chat that they have open on that site, unless `new_conversation` is true.
    """
    asked = body or OpenSessionRequest()
    site = container.sites.opened_from(
        asked.site, request.headers.get("origin", ""), host=request.headers.get("host", "")
    )
    user_id, verified = asked.user_id or "", integrator is not None
    if asked.identity_token is not None:
        user_id, verified = container.identity.verify_identity.vouched(asked.identity_token, site), True

    def open_one() -> Response:
        if integrator is None:
            require_new_session(request, container)
        opened = container.open_session.open(
            channel=Channel.CHAT,
            user_id=user_id,
            verified=verified,
            site=site,
            join=not asked.new_conversation,
            prechat=asked.prechat,
            asks_first=True,
            language=asked.language,
        )
        session = SessionResponse(
            session_id=opened.session.session_id,
            thread_id=opened.session.conversation_id,
            token=opened.token,
            ws_url=_ws_url(request, container, opened.session.session_id, opened.socket_token),
            expires_at=opened.token_expires_at,
            message=opened.greeting,
            continued=opened.continued,
        )
        return json_response(session, HTTPStatus.CREATED)

    return repeated.once(integrator.user_id if integrator else ANONYMOUS, body, open_one)


@router.post("/{session_id}/socket")
def new_socket(request: Request, container: ContainerOfApp, session: RenewableSession) -> SocketResponse:
    """Return a fresh address to connect to, which opens one socket, once; and renew the session's token."""
    renewed = container.identity.session_tokens.renew(session)
    ws_url = _ws_url(request, container, session.session_id, container.open_session.socket_token(session))
    return SocketResponse(
        ws_url=ws_url, expires_in=SOCKET_TOKEN_LIFE_S, token=renewed.token, expires_at=renewed.expires_at
    )


@router.get("/{session_id}/history")
def history(
    container: ContainerOfApp,
    session: OwnSession,
    order: Annotated[Literal["oldest", "newest"], Query(description="Which events come first")] = "oldest",
    after_seq: Annotated[int | None, Query(ge=0, lt=10**12, description="Oldest first: only later events")] = None,
    before_seq: Annotated[int | None, Query(ge=1, lt=10**12, description="Newest first: only earlier events")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> HistoryResponse:
    """Return what was said, from the beginning or a place on, or from the end backwards."""
    if (after_seq if order == "newest" else before_seq) is not None:
        raise InvalidInputError("after_seq goes with order=oldest, before_seq with order=newest")
    conversation = container.conversations.get(session.conversation_id)
    after = before = None
    if order == "newest":
        events = container.conversations.latest_events(session.conversation_id, limit=limit, before_seq=before_seq)
        before = events[0].seq if events and events[0].seq > 1 else None
        events.reverse()
    else:
        events = container.conversations.events(session.conversation_id, after_seq=after_seq or 0, limit=limit)
        after = events[-1].seq if len(events) == limit and events[-1].seq + 1 < conversation.next_seq else None
    return HistoryResponse(
        session_id=session.session_id,
        thread_id=session.conversation_id,
        status=container.close_quiet_conversations.status_of(conversation).value,
        owner=public_owner(conversation.owner),
        events=[HistoryEvent.model_validate(event.model_dump(mode="json")) for event in events],
        next_after_seq=after,
        next_before_seq=before,
    )


@router.post("/{session_id}/messages", response_model=ChatResponse, responses=PENDING, openapi_extra=OPENAPI)
def post_message(
    # Before the body: of who may not speak here, nothing is read.
    session: OwnSession,
    posted: MessageOfBody,
    container: ContainerOfApp,
    correlation_id: CorrelationId,
    repeated: MaybeRepeated,
) -> Response:
    """Say something and get the answer in the response; 202 with its later place where it takes over 25 seconds.

    Open sockets and event streams of the conversation see message and answer as well.
    """
    body = posted.message
    message_id = body.message_id if body.message_id is not None else repeated.message_id()

    def say() -> Response:
        files = stored_files(container, session.conversation_id, message_id, posted.files)
        answered = container.answer_once.answer(
            session.conversation_id,
            message_id,
            body.said,
            correlation_id=correlation_id,
            attachments=[*body.attachments, *files],
        )
        return answer_response(session.session_id, answered.accepted.seq, answered.reply, token=None)

    return repeated.once(session.session_id, posted.content, say)


@router.get("/{session_id}/messages/{seq}/reply", response_model=ChatResponse, responses=PENDING)
def reply(
    container: ContainerOfApp,
    session: OwnSession,
    seq: Annotated[int, Path(ge=1, lt=10**12, description="Place of the customer's message")],
) -> Response:
    """Return the answer to a message, or 202 as long as there is none."""
    asked = container.conversations.events(session.conversation_id, after_seq=seq - 1, limit=1)
    if not asked or asked[0].seq != seq or asked[0].author is not Author.CUSTOMER:
        raise NotFoundError(f"there is no customer message at place {seq}")
    answer = container.answer_once.reply_to(session.conversation_id, seq)
    return answer_response(session.session_id, seq, answer, token=None)


def _ws_url(request: Request, container: Container, session_id: str, socket_token: str) -> str:
    base = container.settings.websocket_url
    if not base:
        base = f"{'wss' if request.url.scheme == 'https' else 'ws'}://{request.url.netloc}/ws"
    return f"{base}?{urlencode({'session_id': session_id, 'token': socket_token})}"
