"""What a person writes to the customer of a conversation that they own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from firstline.domain import frames
from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.identity import Principal
from firstline.domain.ports import Clock
from firstline.domain.table import Operation
from firstline.domain.text import checked_message, checked_message_id
from firstline.repositories.agents import AgentRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.services.broadcast import Broadcast
from firstline.services.own_conversation import owned_by

OnSaid = Callable[[Conversation, Event, str], list[Operation]]
"""Given the conversation, the message's event and who says it, returns what stands or falls with it."""

_TRIES = 20


class AnswerAsPerson:
    """Only the owner writes; each message once, however often it is sent."""

    def __init__(
        self,
        ownership: OwnershipRepository,
        conversations: ConversationRepository,
        agents: AgentRepository,
        broadcast: Broadcast,
        *,
        clock: Clock,
        max_characters: int,
        on_said: OnSaid = lambda *_: [],
    ) -> None:
        self._ownership = ownership
        self._conversations = conversations
        self._agents = agents
        self._broadcast = broadcast
        self._clock = clock
        self._max_characters = max_characters
        self._on_said = on_said

    def say(
        self,
        conversation_id: str,
        by: Principal,
        message_id: object,
        text: object,
        *,
        also: Callable[[Event], list[Operation]] = lambda event: [],
        detail: Mapping[str, Any] | None = None,
    ) -> Event:
        """Write a message into the log and show it to the customer; return its event, the first one for a resend.

        Parameters
        ----------
        also : callable
            Given the event, returns what stands or falls with it; asked anew for every try, and may raise.
        detail : mapping, optional
            What else the event tells.

        Raises
        ------
        NotFoundError, InvalidMessageError, MessageIdConflictError
        ConversationOwnedError
            The conversation is not ``by``'s; it has to be taken first.
        """
        message_id = checked_message_id(message_id)
        text = checked_message(text, max_characters=self._max_characters)
        text_sha256 = hashlib.sha256(text.encode()).hexdigest()
        for _ in range(_TRIES):
            before = self._ownership.said(conversation_id, message_id, text_sha256)
            if before is not None:
                return self._conversations.events(conversation_id, after_seq=before - 1, limit=1)[0]
            seen = self._owned_conversation(conversation_id, by)
            event = Event(
                seq=seen.next_seq,
                author=Author.AGENT,
                text=text,
                at=self._clock.now(),
                message_id=message_id,
                detail={"name": by.name, "answers_up_to": seen.last_customer_seq, **(detail or {})},
            )
            try:
                with_it = [*self._on_said(seen, event, by.user_id), *also(event)]
                self._ownership.say(seen, event, text_sha256=text_sha256, also=with_it)
            except ConditionFailedError:
                continue
            self._broadcast.to_conversation(conversation_id, frames.event(event))
            return event
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")

    def typing(self, conversation_id: str, by: Principal) -> None:
        """Show the customer that a person is writing. Raises ``NotFoundError``, ``ConversationOwnedError``."""
        self._owned_conversation(conversation_id, by)
        self._broadcast.to_conversation(conversation_id, frames.typing(Author.AGENT, name=by.name or None))

    def _owned_conversation(self, conversation_id: str, by: Principal) -> Conversation:
        seen = self._conversations.get(conversation_id)
        if seen.owner != by.user_id:
            raise owned_by(seen, self._agents)
        return seen
