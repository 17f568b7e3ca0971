"""Sessions: open one, connect, read its history, say something."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Path, Query, Request, Response, status

from firstline.container import Container
from firstline.domain.conversation import Author, Channel
from firstline.domain.errors import NotFoundError
from firstline.repositories.sessions import SOCKET_TOKEN_LIFE_S
from firstline.services.post_message import PostMessage
from firstline.web.access import ContainerOfApp, CorrelationId, OwnSession
from firstline.web.models import (
    ChatResponse,
    HistoryEvent,
    HistoryResponse,
    OpenSessionRequest,
    PendingReply,
    PostMessageRequest,
    PostMessageResponse,
    SessionResponse,
    SocketResponse,
)
from firstline.web.replies import chat_response

router = APIRouter(prefix="/chat/sessions", tags=["chat"])

PENDING: dict[int | str, dict[str, Any]] = {202: {"model": PendingReply, "description": "Not answered yet"}}


@router.post("", status_code=status.HTTP_201_CREATED)
def open_session(
    request: Request, container: ContainerOfApp, body: Annotated[OpenSessionRequest | None, Body()] = None
) -> SessionResponse:
    """Open a session: a conversation, and a token that gives access to it."""
    user_id = body.user_id if body and body.user_id else ""
    opened = container.open_session.open(channel=Channel.CHAT, user_id=user_id)
    return SessionResponse(
        session_id=opened.session.session_id,
        thread_id=opened.session.conversation_id,
        token=opened.token,
        ws_url=_ws_url(request, container, opened.session.session_id, opened.socket_token),
        expires_at=opened.session.expires_at,
        message=opened.greeting,
    )


@router.post("/{session_id}/socket")
def new_socket(request: Request, container: ContainerOfApp, session: OwnSession) -> SocketResponse:
    """Return a fresh address to connect to; each opens one socket, once."""
    token = container.open_session.socket_token(session)
    ws_url = _ws_url(request, container, session.session_id, token)
    return SocketResponse(ws_url=ws_url, expires_in=SOCKET_TOKEN_LIFE_S)


@router.get("/{session_id}/history")
def history(
    container: ContainerOfApp,
    session: OwnSession,
    after_seq: Annotated[int, Query(ge=0, lt=10**12, description="Only what came after this place")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> HistoryResponse:
    """Return what was said, in order."""
    conversation = container.conversations.get(session.conversation_id)
    events = container.conversations.events(session.conversation_id, after_seq=after_seq, limit=limit)
    more = len(events) == limit and events[-1].seq + 1 < conversation.next_seq
    return HistoryResponse(
        session_id=session.session_id,
        thread_id=session.conversation_id,
        status=conversation.status.value,
        owner=conversation.owner,
        events=[HistoryEvent.model_validate(event.model_dump(mode="json")) for event in events],
        next_after_seq=events[-1].seq if more else None,
    )


@router.post("/{session_id}/messages", status_code=status.HTTP_202_ACCEPTED)
def post_message(
    body: PostMessageRequest,
    response: Response,
    container: ContainerOfApp,
    session: OwnSession,
    correlation_id: CorrelationId,
) -> PostMessageResponse:
    """Say something. The answer comes over the socket, and under ``reply_url``."""
    poster = PostMessage(container.accept_message, container.conversations, container.broadcast)
    message_id = body.message_id if body.message_id is not None else container.ports.ids.new()
    accepted = poster.post(
        session.conversation_id, message_id, body.text, channel=Channel.API, correlation_id=correlation_id
    )
    response.headers["Location"] = reply_url(session.session_id, accepted.seq)
    return PostMessageResponse(
        message_id=message_id,
        seq=accepted.seq,
        turn_id=accepted.turn_id,
        duplicate=accepted.duplicate,
        reply_url=reply_url(session.session_id, accepted.seq),
    )


@router.get("/{session_id}/messages/{seq}/reply", responses=PENDING)
def reply(
    response: Response,
    container: ContainerOfApp,
    session: OwnSession,
    seq: Annotated[int, Path(ge=1, lt=10**12, description="Place of the customer's message")],
) -> ChatResponse | PendingReply:
    """Return the answer to a message, or 202 as long as there is none."""
    asked = container.conversations.events(session.conversation_id, after_seq=seq - 1, limit=1)
    if not asked or asked[0].seq != seq or asked[0].author is not Author.CUSTOMER:
        raise NotFoundError(f"there is no customer message at place {seq}")
    answer = container.answer_once.reply_to(session.conversation_id, seq)
    if answer is not None:
        return chat_response(session.session_id, answer, token=None)
    return pending(response, session.session_id, seq, token=None)


def pending(response: Response, session_id: str, seq: int, *, token: str | None) -> PendingReply:
    """Turn the response into a 202 that says where the answer will be."""
    response.status_code = status.HTTP_202_ACCEPTED
    response.headers["Location"] = reply_url(session_id, seq)
    response.headers["Retry-After"] = "1"
    return PendingReply(session_id=session_id, seq=seq, reply_url=reply_url(session_id, seq), token=token)


def reply_url(session_id: str, seq: int) -> str:
    """Return the path of the answer to a message."""
    return f"/chat/sessions/{session_id}/messages/{seq}/reply"


def _ws_url(request: Request, container: Container, session_id: str, socket_token: str) -> str:
    base = container.settings.websocket_url
    if not base:
        base = f"{'wss' if request.url.scheme == 'https' else 'ws'}://{request.url.netloc}/ws"
    return f"{base}?{urlencode({'session_id': session_id, 'token': socket_token})}"
