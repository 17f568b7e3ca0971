"""What a committed reply is to the outside: an event, and the answer to the ticket that its conversation is about."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Channel, Conversation, Event
from firstline.domain.errors import NotFoundError
from firstline.domain.service_levels import in_state
from firstline.domain.table import Operation
from firstline.domain.table_operations import key_of
from firstline.domain.ticket import TicketQueue, TicketStatus
from firstline.domain.ticket_changes import commented
from firstline.domain.ticket_events import ASSISTANT, SYSTEM, TicketEvent, TicketEventKind
from firstline.domain.turn import Action, Reply, Turn
from firstline.domain.webhooks import EventType
from firstline.repositories import keys
from firstline.repositories.tickets import StoredTicket, TicketRepository
from firstline.repositories.turns import Consequences
from firstline.services.mail_answers import MailAnswers
from firstline.services.publish_events import PublishEvents
from firstline.services.team_hours import TeamHours
from firstline.services.tell_customer import TellCustomer


class FollowTicket:
    """In the reply's own transaction, so that a ticket has each answer once."""

    def __init__(
        self,
        tickets: TicketRepository,
        publish: PublishEvents,
        tell: TellCustomer,
        team_hours: TeamHours,
        answers: MailAnswers,
    ) -> None:
        self._answers = answers
        self._tickets = tickets
        self._publish = publish
        self._tell = tell
        self._team_hours = team_hours

    def of_reply(
        self, conversation: Conversation, turn: Turn, reply: Reply, also: list[Operation], now: datetime
    ) -> Consequences:
        """Return what follows from a reply.

        An assistant's ticket gets its answer and waits for the customer; a handover has its own word on the ticket.
        """
        handed_over = reply.action is Action.HAND_OVER
        kind = EventType.CONVERSATION_HANDED_OVER if handed_over else EventType.CONVERSATION_REPLIED
        operations = self._publish.of_conversation(conversation.conversation_id, kind, reply.seq, now=now)
        operations += self._answers.of_reply(conversation, turn, reply, now)
        seen = None if handed_over else self._answered(conversation, also)
        if seen is None:
            return Consequences(operations)
        waits = TicketStatus.PENDING if reply.action is Action.AWAIT_APPROVAL else TicketStatus.WAITING_FOR_CUSTOMER
        hours = self._team_hours.of(seen.ticket.site_id).hours
        after = in_state(seen.ticket, waits, now=now, hours=hours).model_copy(
            update={"first_responded_at": seen.ticket.first_responded_at or now}
        )
        entry = TicketEvent(at=now, kind=TicketEventKind.ANSWERED, by=ASSISTANT, note=reply.text, turn_id=turn.turn_id)
        told = self._tell.of(seen.ticket.told_in, after, entry)
        return Consequences(
            [*operations, *self._tickets.changed(seen, after, entry), *told.operations], told.afterwards
        )

    def of_person(self, conversation: Conversation, event: Event, by: str) -> list[Operation]:
        """Return what follows from what a person says in a conversation.

        A ticket's own conversation has no socket: there every word is a comment, of which the customer is told. In a
        chat the customer reads it as it comes, and the ticket is told of the first answer alone; where they have left
        an address, ``MailCustomer`` sends them what no window of theirs shows, so the ticket's mail stays away.
        """
        kind = EventType.CONVERSATION_REPLIED
        operations = self._publish.of_conversation(conversation.conversation_id, kind, event.seq, now=event.at)
        operations += self._answers.of_event(conversation, event)
        seen = self._active(conversation)
        if seen is None or (seen.ticket.first_responded_at and conversation.channel is not Channel.API):
            return operations
        hours = self._team_hours.of(seen.ticket.site_id).hours
        after, entry = commented(seen.ticket, event.text, by=by, internal=False, now=event.at, hours=hours)
        by_mail = conversation.channel is Channel.EMAIL
        mailed = conversation.channel is Channel.API or not (by_mail or conversation.contact.email)
        return [*operations, *self._tickets.changed(seen, after, entry, mailed=mailed)]

    def of_decision(self, conversation: Conversation, event: Event) -> Consequences:
        """Return what follows from the message that tells of the decision on an approval.

        A ticket's own conversation has no socket: there the message is an entry of the ticket's log, of which the
        customer is told; what waited for the decision waits for the customer then.
        """
        kind = EventType.CONVERSATION_REPLIED
        operations = self._publish.of_conversation(conversation.conversation_id, kind, event.seq, now=event.at)
        operations += self._answers.of_event(conversation, event)
        seen = self._read(conversation) if conversation.channel is Channel.API else None
        if seen is None or seen.ticket.conversation_id != conversation.conversation_id:
            return Consequences(operations)
        after, now = seen.ticket, event.at
        entry = TicketEvent(at=now, kind=TicketEventKind.COMMENTED, by=SYSTEM, note=event.text)
        if after.queue is TicketQueue.ASSISTANT:
            entry = entry.model_copy(update={"kind": TicketEventKind.ANSWERED, "by": ASSISTANT})
            if after.status.active:
                hours = self._team_hours.of(after.site_id).hours
                after = in_state(after, TicketStatus.WAITING_FOR_CUSTOMER, now=now, hours=hours)
        told = self._tell.of(after.told_in, after, entry)
        return Consequences(
            [*operations, *self._tickets.changed(seen, after, entry), *told.operations], told.afterwards
        )

    def _answered(self, conversation: Conversation, also: list[Operation]) -> StoredTicket | None:
        pk = keys.ticket(conversation.ticket_id)
        if any(key_of(operation)[0] == pk for operation in also):
            # A tool has just changed it; a transaction names an item once.
            return None
        seen = self._active(conversation)
        own = seen is not None and seen.ticket.conversation_id == conversation.conversation_id
        return seen if seen is not None and own and seen.ticket.queue is TicketQueue.ASSISTANT else None

    def _active(self, conversation: Conversation) -> StoredTicket | None:
        seen = self._read(conversation)
        return seen if seen is not None and seen.ticket.status.active else None

    def _read(self, conversation: Conversation) -> StoredTicket | None:
        if not conversation.ticket_id:
            return None
        try:
            return self._tickets.read(conversation.ticket_id)
        except NotFoundError:
            return None
