"""One question, one answer in the response: for integrators without sockets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firstline.domain.conversation import BOT, Author, Channel, Event
from firstline.repositories.conversations import AcceptedMessage, ConversationRepository
from firstline.services.post_message import PostMessage


@dataclass(frozen=True)
class OnceAnswered:
    """The reply's event; None where it is still being written after the wait, or where a person will write it."""

    accepted: AcceptedMessage
    reply: Event | None


class AnswerOnce:
    """Posts a message, which open sockets see as well, and waits for its reply in the log."""

    def __init__(
        self,
        post_message: PostMessage,
        conversations: ConversationRepository,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wait_s: float = 25.0,
    ) -> None:
        self._post_message = post_message
        self._conversations = conversations
        self._sleep = sleep
        self._monotonic = monotonic
        self._wait_s = wait_s

    def answer(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        *,
        correlation_id: str,
        attachments: Sequence[str] = (),
    ) -> OnceAnswered:
        """Post, and wait at most ``wait_s`` seconds. Raises what ``PostMessage.post`` raises."""
        accepted = self._post_message.post(
            conversation_id,
            message_id,
            text,
            channel=Channel.API,
            correlation_id=correlation_id,
            attachments=attachments,
        )
        # A person's answer takes longer than a request can wait.
        wait_s = self._wait_s if self._conversations.get(conversation_id).owner == BOT else 0.0
        deadline, pause = self._monotonic() + wait_s, 0.005
        while True:
            reply = self.reply_to(conversation_id, accepted.seq)
            if reply is not None or self._monotonic() >= deadline:
                return OnceAnswered(accepted=accepted, reply=reply)
            self._sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def reply_to(self, conversation_id: str, seq: int) -> Event | None:
        """Return the first reply that answers the message with this seq, or None where there is none yet.

        What a person writes after the message is its answer.
        """
        events = self._conversations.events(conversation_id, after_seq=seq)
        return next((event for event in events if _answers(event, seq)), None)


def _answers(event: Event, seq: int) -> bool:
    return event.author is Author.AGENT or bool(event.detail.get("answers_up_to", 0) >= seq)
