"""Tell the others in a conversation that somebody is writing."""

from __future__ import annotations

from datetime import timedelta

from firstline.domain import frames
from firstline.domain.conversation import Author
from firstline.domain.ports import Clock
from firstline.repositories.conversations import ConversationRepository
from firstline.services.broadcast import Broadcast

TYPING_EVERY = timedelta(seconds=2)
"""More often than this one socket's typing is not passed on."""

TYPING_LASTS = timedelta(seconds=6)
"""So long after it was last told somebody counts as writing: clients tell again about every three seconds."""


class TellTyping:
    """Nothing is stored of it but when it was last told."""

    def __init__(self, conversations: ConversationRepository, broadcast: Broadcast, *, clock: Clock) -> None:
        self._conversations = conversations
        self._broadcast = broadcast
        self._clock = clock

    def by_customer(self, connection_id: str, conversation_id: str) -> bool:
        """Tell all sockets but the customer's own; return whether it was time to."""
        if not self._conversations.may_type(connection_id, now=self._clock.now(), every=TYPING_EVERY):
            return False
        self._broadcast.to_conversation(conversation_id, frames.typing(Author.CUSTOMER), but=connection_id)
        return True

    def customer_is_typing(self, conversation_id: str) -> bool:
        """Tell whether the customer was writing within the last six seconds, on any open socket."""
        again_at = self._conversations.may_type_again_at(conversation_id)
        return again_at is not None and self._clock.now() < again_at - TYPING_EVERY + TYPING_LASTS
