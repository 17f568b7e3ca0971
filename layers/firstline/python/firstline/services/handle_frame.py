"""Handle one frame of a client."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firstline.domain import frames
from firstline.domain.client_frames import (
    ClientFrame,
    EndFrame,
    MessageFrame,
    PingFrame,
    RateFrame,
    RequestHumanFrame,
    ResumeFrame,
    SimpleMessageFrame,
    TypingFrame,
    parse_client_frame,
)
from firstline.domain.conversation import Channel
from firstline.domain.error_codes import told
from firstline.domain.errors import FirstlineError, InvalidMessageError, NotFoundError
from firstline.domain.locales import text as locale_text
from firstline.domain.ports import Ids
from firstline.domain.text import checked_message_id
from firstline.repositories.conversations import AcceptedMessage, ConversationRepository
from firstline.repositories.open_sockets import OpenSocket
from firstline.repositories.waiting_line import WaitingLine
from firstline.services.broadcast import Broadcast
from firstline.services.end_conversation import EndConversation
from firstline.services.limit_customer import LimitCustomer
from firstline.services.post_message import PostMessage
from firstline.services.rate_answer import RateAnswer
from firstline.services.resume_conversation import ResumeConversation
from firstline.services.tell_typing import TellTyping

UNKNOWN_CONNECTION = "unknown_connection"


@dataclass(frozen=True)
class ClientActions:
    """What a client can ask for."""

    post_message: PostMessage
    resume: ResumeConversation
    rate_answer: RateAnswer
    end_conversation: EndConversation
    tell_typing: TellTyping
    waiting_line: WaitingLine


class HandleFrame:
    """Every failure becomes an ``error`` frame to the client that caused it; its socket stays open.

    The first answer on a socket starts with a ``connected`` frame. That it was told is noted after it was sent, so of
    first frames that are handled side by side each is answered by ``connected`` before anything else; a client that
    gets it twice learns nothing new.

    Parameters
    ----------
    on_refusal : callable
        Called with every such failure and the connection id, to log it.
    limits : LimitCustomer
        Counts every frame of a socket, before anything is looked up, and of a customer all but pings and signs of
        typing.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        actions: ClientActions,
        broadcast: Broadcast,
        *,
        ids: Ids,
        on_refusal: Callable[[FirstlineError, str], None],
        limits: LimitCustomer,
    ) -> None:
        self._conversations = conversations
        self._actions = actions
        self._broadcast = broadcast
        self._ids = ids
        self._on_refusal = on_refusal
        self._limits = limits

    def handle(self, connection_id: str, body: str, *, correlation_id: str) -> None:
        """Do what the frame asks, or tell the client why not."""
        try:
            self._limits.require_frame(connection_id)
            # Asked for every frame: a client of a forgotten socket would wait for answers that never come.
            socket = self._socket(connection_id)
            if socket is None:
                self._refuse_unknown(connection_id, body)
                return
            if not socket.greeted:
                self._greet(socket)
            self._do(socket, parse_client_frame(body), correlation_id)
        except FirstlineError as error:
            self._refuse(connection_id, body, error)

    def _socket(self, connection_id: str) -> OpenSocket | None:
        try:
            return self._conversations.socket(connection_id)
        except NotFoundError:
            return None

    def _greet(self, socket: OpenSocket) -> None:
        conversation = self._conversations.get(socket.conversation_id)
        greeting = frames.connected(conversation, waiting=self._actions.waiting_line.before(conversation))
        self._broadcast.to_connection(socket.connection_id, greeting)
        self._conversations.greeted(socket.connection_id)

    def _do(self, socket: OpenSocket, frame: ClientFrame, correlation_id: str) -> None:
        connection_id, conversation_id = socket.connection_id, socket.conversation_id
        if not isinstance(frame, PingFrame | TypingFrame):
            self._limits.require(conversation_id)
        match frame:
            case PingFrame():
                self._broadcast.to_connection(connection_id, frames.pong())
            case ResumeFrame():
                self._actions.resume.resume(connection_id, conversation_id, frame.after_seq)
            case MessageFrame():
                self._message(socket, frame.message_id, frame.text, correlation_id, frame.attachments)
            case SimpleMessageFrame():
                self._message(socket, frame.message_id, frame.content, correlation_id, frame.attachments)
            case RequestHumanFrame():
                asked = locale_text("person_request", self._conversations.get(conversation_id).language)
                self._message(socket, frame.message_id, asked, correlation_id)
            case TypingFrame():
                self._actions.tell_typing.by_customer(connection_id, conversation_id)
            case EndFrame():
                self._actions.end_conversation.end(conversation_id)
            case RateFrame():
                rating = self._actions.rate_answer.rate(
                    conversation_id, frame.seq, score=frame.score, thumb=frame.thumb, reason=frame.reason
                )
                kept = frames.rated(rating.seq, rating.score, rating.reason)
                self._broadcast.to_connection(connection_id, kept)
                self._broadcast.to_conversation(conversation_id, kept, but=connection_id)

    def _message(
        self,
        socket: OpenSocket,
        message_id: str | None,
        text: str,
        correlation_id: str,
        attachments: Sequence[str] = (),
    ) -> None:
        message_id, resend_safe = (self._ids.new(), False) if message_id is None else (message_id, True)

        def tell_sender(accepted: AcceptedMessage) -> None:
            answer = frames.accepted(message_id, accepted.seq, accepted.turn_id, resend_safe=resend_safe)
            self._broadcast.to_connection(socket.connection_id, answer)

        self._actions.post_message.post(
            socket.conversation_id,
            message_id,
            text,
            channel=Channel.CHAT,
            correlation_id=correlation_id,
            sender=socket.connection_id,
            attachments=attachments,
            when_accepted=tell_sender,
        )

    def _refuse_unknown(self, connection_id: str, body: str) -> None:
        message = "This connection is not known or has expired. Please connect again."
        answer = frames.error(UNKNOWN_CONNECTION, message, retryable=False, message_id=_message_id(body))
        self._broadcast.to_connection(connection_id, answer)

    def _refuse(self, connection_id: str, body: str, error: FirstlineError) -> None:
        refusal = told(error)
        self._on_refusal(error, connection_id)
        answer = frames.error(
            refusal.code,
            refusal.message,
            retryable=refusal.retryable,
            message_id=_message_id(body),
            retry_after_s=refusal.retry_after_s,
        )
        self._broadcast.to_connection(connection_id, answer)


def _message_id(body: str) -> str:
    try:
        document = json.loads(body)
        return checked_message_id(document.get("message_id") if isinstance(document, dict) else None)
    except (ValueError, RecursionError, InvalidMessageError):
        return ""
