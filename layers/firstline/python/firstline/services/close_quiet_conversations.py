"""Close conversations in which nothing was said for a long time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain import frames
from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import InvalidItemError, NotFoundError, SchemaVersionError
from firstline.domain.locales import text
from firstline.domain.ports import Clock
from firstline.domain.webhooks import EventType
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.quiet_conversations import QuietConversationRepository
from firstline.services.broadcast import Broadcast
from firstline.services.publish_events import PublishEvents

_PER_SWEEP = 200


@dataclass(frozen=True)
class QuietReport:
    """What one sweep did."""

    closed: int
    unreadable: tuple[str, ...] = ()
    """Ids of conversations that this code cannot read; they stay for one that can."""


class CloseQuietConversations:
    """A conversation is quiet when its last event is ``timeout_hours`` old.

    Only what is open and with the bot is closed: one that waits for a person, or is with one, is theirs to end. The
    next message opens a closed conversation again, with all that was said before (``ConversationRepository.accept``).
    Open sockets and streams are told at once.
    """

    def __init__(
        self,
        quiet: QuietConversationRepository,
        conversations: ConversationRepository,
        broadcast: Broadcast,
        *,
        clock: Clock,
        timeout_hours: int,
        publish: PublishEvents | None = None,
    ) -> None:
        self._publish = publish
        self._quiet = quiet
        self._conversations = conversations
        self._broadcast = broadcast
        self._clock = clock
        self._timeout = timedelta(hours=timeout_hours)

    def sweep(self) -> QuietReport:
        """Close what is quiet now."""
        now, closed, unreadable = self._clock.now(), 0, list[str]()
        for conversation_id in self._quiet.due(now=now, limit=_PER_SWEEP):
            try:
                closed += self._look_at(conversation_id, now)
            except (SchemaVersionError, InvalidItemError):
                unreadable.append(conversation_id)
        return QuietReport(closed, tuple(unreadable))

    def status_of(self, conversation: Conversation) -> ConversationStatus:
        """Return the status as it is told: a quiet conversation counts as closed before the sweep has come by."""
        last = self._last_event_at(conversation)
        if self._may_close(conversation) and last is not None and last + self._timeout <= self._clock.now():
            return ConversationStatus.CLOSED
        return conversation.status

    def _look_at(self, conversation_id: str, now: datetime) -> bool:
        try:
            conversation = self._conversations.get(conversation_id)
        except NotFoundError:
            self._quiet.forget(conversation_id)
            return False
        if conversation.status is ConversationStatus.CLOSED:
            self._quiet.forget(conversation_id)
            return False
        last = self._last_event_at(conversation) or now
        quiet_from = last + self._timeout
        if quiet_from > now or not self._may_close(conversation):
            look_at = quiet_from if quiet_from > now else now + self._timeout / 4
            self._quiet.look_again(conversation_id, look_at=look_at, now=now)
            return False
        event = Event(
            seq=conversation.next_seq,
            author=Author.SYSTEM,
            text=text("closed_quiet", conversation.language),
            at=now,
            detail={"status": ConversationStatus.CLOSED.value, "reason": "quiet"},
        )
        also = []
        if self._publish is not None:
            also = self._publish.of_conversation(conversation_id, EventType.CONVERSATION_CLOSED, event.seq, now=now)
        if not self._quiet.close(conversation, event, also=also):
            return False
        self._broadcast.to_conversation(conversation_id, frames.event(event))
        return True

    def _may_close(self, conversation: Conversation) -> bool:
        # A message whose turn still runs, or waits to be started again, is not left without its answer.
        answered = conversation.last_reply_seq > conversation.last_customer_seq
        return conversation.status is ConversationStatus.OPEN and conversation.owner == BOT and answered

    def _last_event_at(self, conversation: Conversation) -> datetime | None:
        events = self._conversations.latest_events(conversation.conversation_id, limit=1)
        return events[-1].at if events else None
