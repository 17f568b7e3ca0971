"""End a conversation because its customer says so."""

from __future__ import annotations

from firstline.domain import frames
from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import TransactionConflictError
from firstline.domain.locales import text
from firstline.domain.ports import Clock
from firstline.domain.webhooks import EventType
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.ownership import OwnershipRepository, is_running
from firstline.services.broadcast import Broadcast
from firstline.services.publish_events import PublishEvents

_TRIES = 20


class EndConversation:
    """One that is with the bot is closed; one that waits for a person, or is with one, stays theirs to close.

    With the closing the bot falls silent: an answer that is being written is withdrawn and never comes. Either way an
    event says it once, all sockets get it, and the next message takes the conversation up again.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        ownership: OwnershipRepository,
        broadcast: Broadcast,
        *,
        clock: Clock,
        publish: PublishEvents | None = None,
    ) -> None:
        self._publish = publish
        self._conversations = conversations
        self._ownership = ownership
        self._broadcast = broadcast
        self._clock = clock

    def end(self, conversation_id: str) -> Event | None:
        """Return the event, or None where the customer has said nothing since ending it before.

        Raises
        ------
        NotFoundError, TransactionConflictError
        """
        for _ in range(_TRIES):
            conversation = self._conversations.get(conversation_id)
            latest = self._conversations.latest_events(conversation_id, limit=1)
            has_ended = bool(latest) and latest[-1].detail.get("ended_by") == Author.CUSTOMER.value
            if has_ended or conversation.status is ConversationStatus.CLOSED:
                return None
            status = _status_after(conversation)
            event = Event(
                seq=conversation.next_seq,
                author=Author.SYSTEM,
                text=text("ended_by_customer", conversation.language),
                at=self._clock.now(),
                detail={"ended_by": Author.CUSTOMER.value, "status": status.value},
            )
            is_closed = status is ConversationStatus.CLOSED
            turn = self._ownership.unanswered_turn(conversation) if is_closed else None
            ended = [self._ownership.ended(turn)] if turn is not None and not turn.finished else []
            if self._publish is not None and is_closed:
                kind = EventType.CONVERSATION_CLOSED
                ended += self._publish.of_conversation(conversation_id, kind, event.seq, now=event.at)
            if self._conversations.append(conversation, event, changes={"status": status.value}, also=ended):
                if turn is not None and is_running(turn):
                    self._broadcast.to_conversation(conversation_id, frames.withdrawn(turn.turn_id, turn.attempt))
                self._broadcast.to_conversation(conversation_id, frames.event(event))
                return event
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")


def _status_after(conversation: Conversation) -> ConversationStatus:
    is_with_bot = conversation.owner == BOT and conversation.status is ConversationStatus.OPEN
    return ConversationStatus.CLOSED if is_with_bot else conversation.status
