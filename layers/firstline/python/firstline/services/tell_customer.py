"""Tell a customer in their conversation what has become of a ticket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from firstline.domain.conversation import Author, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.frames import event as event_frame
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket
from firstline.domain.ticket_events import TicketEvent
from firstline.domain.ticket_texts import ticket_news
from firstline.repositories.conversations import ConversationRepository
from firstline.services.broadcast import Broadcast


@dataclass(frozen=True)
class Telling:
    """An event of the conversation, and its frame for open sockets."""

    operations: list[Operation] = field(default_factory=list)
    afterwards: Callable[[], object] = lambda: None
    """Sends the frame; what misses it finds the event in the log."""


class TellCustomer:
    """Writes an event into the conversation in which the customer hears of the ticket."""

    def __init__(self, conversations: ConversationRepository, broadcast: Broadcast) -> None:
        self._conversations = conversations
        self._broadcast = broadcast

    def of(self, conversation_id: str, ticket: Ticket, entry: TicketEvent) -> Telling:
        """Return what tells of an entry; nothing where there is no conversation any more, or it is no news.

        Its operations refuse the transaction where something has been said in the conversation meanwhile.
        """
        text = ticket_news(ticket, entry)
        if not conversation_id or not text:
            return Telling()
        try:
            conversation = self._conversations.get(conversation_id)
        except NotFoundError:
            return Telling()
        event = Event(
            seq=conversation.next_seq,
            author=Author.SYSTEM,
            text=text,
            at=entry.at,
            detail={"ticket_id": ticket.ticket_id, "action": f"ticket_{entry.kind.value}", "status": ticket.status},
        )
        return Telling(
            [
                self._conversations.next_event(conversation_id, event.seq, set_={}, at=entry.at),
                self._conversations.put_event(conversation_id, event),
            ],
            partial(self._broadcast.to_conversation, conversation_id, event_frame(event)),
        )
