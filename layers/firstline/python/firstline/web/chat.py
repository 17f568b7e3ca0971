"""One question, one answer, for integrators without sockets."""

from __future__ import annotations

from fastapi import APIRouter, Response

from firstline.domain.conversation import Channel
from firstline.domain.text import checked_message, checked_message_id
from firstline.web.access import BearerToken, ContainerOfApp, CorrelationId, authorized
from firstline.web.models import ChatRequest, ChatResponse, PendingReply
from firstline.web.replies import chat_response
from firstline.web.sessions import PENDING, pending

router = APIRouter(tags=["chat"])


@router.post("/chat", responses=PENDING)
def chat(
    body: ChatRequest,
    response: Response,
    container: ContainerOfApp,
    credentials: BearerToken,
    correlation_id: CorrelationId,
) -> ChatResponse | PendingReply:
    """Ask, and get the answer in the response; 202 with its later place where it takes over 25 seconds.

    Without ``session_id`` a session is opened, and its token returned; with it, that token is required.
    """
    # Both are checked before a session is opened, so that a refused request leaves nothing behind.
    text = checked_message(body.text, max_characters=container.settings.max_message_characters)
    message_id = checked_message_id(body.message_id if body.message_id is not None else container.ports.ids.new())
    token = None
    if body.session_id is None:
        opened = container.open_session.open(channel=Channel.API, user_id=body.user_id or "")
        session, token = opened.session, opened.token
    else:
        session = authorized(container, body.session_id, credentials)
    answered = container.answer_once.answer(session.conversation_id, message_id, text, correlation_id=correlation_id)
    if answered.reply is None:
        return pending(response, session.session_id, answered.accepted.seq, token=token)
    return chat_response(session.session_id, answered.reply, token=token)
