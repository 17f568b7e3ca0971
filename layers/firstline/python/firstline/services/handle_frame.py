"""Handle one frame of a client: message, resume or ping."""

from __future__ import annotations

import json
from collections.abc import Callable

from firstline.domain import frames
from firstline.domain.conversation import Channel
from firstline.domain.error_codes import told
from firstline.domain.errors import FirstlineError, InvalidMessageError, NotFoundError
from firstline.domain.frames import MessageFrame, PingFrame, ResumeFrame, parse_client_frame
from firstline.domain.text import checked_message_id
from firstline.repositories.conversations import AcceptedMessage, ConversationRepository
from firstline.services.broadcast import Broadcast
from firstline.services.post_message import PostMessage

UNKNOWN_CONNECTION = "unknown_connection"

REPLAYED_AT_ONCE = 50
"""Events that one ``resume`` replays; as frames of 32 KB they still fit into a socket's outgoing queue."""


class HandleFrame:
    """Every failure becomes an ``error`` frame to the client that caused it; its socket stays open.

    Parameters
    ----------
    on_refusal : callable
        Called with every such failure and the connection id, to log it.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        post_message: PostMessage,
        broadcast: Broadcast,
        *,
        on_refusal: Callable[[FirstlineError, str], None],
    ) -> None:
        self._conversations = conversations
        self._post_message = post_message
        self._broadcast = broadcast
        self._on_refusal = on_refusal

    def handle(self, connection_id: str, body: str, *, correlation_id: str) -> None:
        """Do what the frame asks, or tell the client why not."""
        try:
            frame = parse_client_frame(body)
            # Asked for a ping as well: a client of a forgotten socket would wait for answers that never come.
            conversation_id = self._conversation_of(connection_id)
            if conversation_id is None:
                self._refuse_unknown(connection_id, body)
            elif isinstance(frame, PingFrame):
                self._broadcast.to_connection(connection_id, frames.pong())
            elif isinstance(frame, ResumeFrame):
                self._resume(connection_id, conversation_id, frame.after_seq)
            else:
                self._message(connection_id, conversation_id, frame, correlation_id)
        except FirstlineError as error:
            self._refuse(connection_id, body, error)

    def _conversation_of(self, connection_id: str) -> str | None:
        try:
            return self._conversations.connected(connection_id)[0]
        except NotFoundError:
            return None

    def _message(self, connection_id: str, conversation_id: str, frame: MessageFrame, correlation_id: str) -> None:
        def tell_sender(accepted: AcceptedMessage) -> None:
            answer = frames.accepted(frame.message_id, accepted.seq, accepted.turn_id)
            self._broadcast.to_connection(connection_id, answer)

        self._post_message.post(
            conversation_id,
            frame.message_id,
            frame.text,
            channel=Channel.CHAT,
            correlation_id=correlation_id,
            sender=connection_id,
            when_accepted=tell_sender,
        )

    def _resume(self, connection_id: str, conversation_id: str, after_seq: int) -> None:
        found = self._conversations.events(conversation_id, after_seq=after_seq, limit=REPLAYED_AT_ONCE + 1)
        replayed = found[:REPLAYED_AT_ONCE]
        for event in replayed:
            if not self._broadcast.to_connection(connection_id, frames.event(event)):
                return
        last_seq = replayed[-1].seq if replayed else after_seq
        self._broadcast.to_connection(connection_id, frames.resumed(last_seq, more=len(found) > len(replayed)))

    def _refuse_unknown(self, connection_id: str, body: str) -> None:
        message = "This connection is not known or has expired. Please connect again."
        answer = frames.error(UNKNOWN_CONNECTION, message, retryable=False, message_id=_message_id(body))
        self._broadcast.to_connection(connection_id, answer)

    def _refuse(self, connection_id: str, body: str, error: FirstlineError) -> None:
        refusal = told(error)
        self._on_refusal(error, connection_id)
        answer = frames.error(refusal.code, refusal.message, retryable=refusal.retryable, message_id=_message_id(body))
        self._broadcast.to_connection(connection_id, answer)


def _message_id(body: str) -> str:
    try:
        document = json.loads(body)
        return checked_message_id(document.get("message_id") if isinstance(document, dict) else None)
    except (ValueError, RecursionError, InvalidMessageError):
        return ""
