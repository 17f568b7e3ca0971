"""One question, one answer, for integrators without sockets."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from firstline.domain.conversation import Channel
from firstline.domain.text import checked_message, checked_message_id
from firstline.web.access import PUBLIC, BearerToken, ContainerOfApp, CorrelationId, authorized, integrator
from firstline.web.idempotency import ANONYMOUS, MaybeRepeated
from firstline.web.models import ChatResponse
from firstline.web.posted_message import QUESTION_OPENAPI, QuestionOfBody
from firstline.web.rate_limits import require_new_session
from firstline.web.replies import PENDING, answer_response

router = APIRouter(tags=["chat"])


@router.post(
    "/chat", response_model=ChatResponse, responses=PENDING, dependencies=[PUBLIC], openapi_extra=QUESTION_OPENAPI
)
def chat(
    body: QuestionOfBody,
    request: Request,
    container: ContainerOfApp,
    credentials: BearerToken,
    correlation_id: CorrelationId,
    repeated: MaybeRepeated,
) -> Response:
    """Ask, and get the answer in the response; 202 with its later place where it takes over 25 seconds.

    Without ``session_id`` a session is opened, and its token returned; with it, that token is required. A ``user_id``
    is taken as proven with an agent's access token alone.
    """
    # Both are checked before a session is opened, so that a refused request leaves nothing behind.
    text = checked_message(body.text, max_characters=container.settings.max_message_characters)
    message_id = checked_message_id(body.message_id if body.message_id is not None else repeated.message_id())
    known = authorized(container, body.session_id, credentials) if body.session_id is not None else None
    asker = None if known else integrator(credentials, container)

    def ask() -> Response:
        token, session = None, known
        if session is None:
            if asker is None:
                require_new_session(request, container)
            opened = container.open_session.open(
                channel=Channel.API, user_id=body.user_id or "", verified=asker is not None
            )
            session, token = opened.session, opened.token
        answered = container.answer_once.answer(
            session.conversation_id, message_id, text, correlation_id=correlation_id
        )
        return answer_response(session.session_id, answered.accepted.seq, answered.reply, token=token)

    caller = known.session_id if known else asker.user_id if asker else ANONYMOUS
    return repeated.once(caller, body, ask)
