"""Tell people that a mail did not reach its customer: on the ticket, and in the line of conversations that wait."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from firstline.domain.conversation import BOT, Author, Channel, Conversation, ConversationStatus, Event
from firstline.domain.errors import ConditionFailedError, NotFoundError, TransactionConflictError
from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.service_levels import in_state
from firstline.domain.table import Operation, Put
from firstline.domain.ticket import Ticket, TicketPriority, TicketQueue, TicketStatus, subject_of
from firstline.domain.ticket_changes import MAX_SUBJECT
from firstline.domain.ticket_events import SYSTEM, TicketEvent, TicketEventKind
from firstline.domain.turn import Category, Reason
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.schema import Schema
from firstline.repositories.tickets import TicketRepository
from firstline.services.notify_people import NotifyPeople
from firstline.services.team_hours import TeamHours

UNDELIVERED = Schema("mail_undelivered", version=1)
UNDELIVERED_DAYS = 90
"""For which one report is known; SES repeats its own for less."""
_TRIES = 20


class MarkUndelivered:
    """One transaction, once for each thing that is told.

    Keys: ``CONV#<id>`` / ``UNDELIVERED#<digest>``.
    """

    def __init__(
        self,
        table: Table,
        conversations: ConversationRepository,
        tickets: TicketRepository,
        threads: MailThreadRepository,
        notify_people: Callable[[], NotifyPeople],
        team_hours: TeamHours,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._table = table
        self._conversations = conversations
        self._tickets = tickets
        self._threads = threads
        self._notify_people = notify_people
        self._team_hours = team_hours
        self._clock = clock
        self._ids = ids

    def mark(self, conversation_id: str, why: str, *, about: str) -> bool:
        """Note it; False where it was noted before, or the conversation is gone.

        Parameters
        ----------
        why : str
            One word, such as ``bounced``.
        about : str
            Tells one thing from another: the id of a mail, or of a report.
        """
        if not conversation_id:
            return False
        pk = keys.conversation(conversation_id)
        sk = f"UNDELIVERED#{hashlib.sha256(f'{why} {about}'.encode()).hexdigest()[:32]}"
        for _ in range(_TRIES):
            if self._table.get(pk, sk) is not None:
                return False
            try:
                conversation = self._conversations.get(conversation_id)
            except NotFoundError:
                return False
            now = self._clock.now()
            once = Put(
                UNDELIVERED.stamp({"pk": pk, "sk": sk, "expires_at": keys.expiry(now, UNDELIVERED_DAYS)}),
                if_absent=True,
            )
            if self._marked(conversation, why, once):
                return True
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")

    def _marked(self, seen: Conversation, why: str, once: Operation) -> bool:
        note = f"A mail to the customer did not reach them: {why.replace('_', ' ')}."
        now = self._clock.now()
        if seen.channel is not Channel.EMAIL:
            # A chat goes on without mail; only its ticket, if there is one, has an answer that was not read.
            operations = self._noted(seen, note) if seen.ticket_id else []
            try:
                self._table.transact([once, *(operations or [])])
            except ConditionFailedError:
                return False
            return True
        operations, changes = self._noted(seen, note), dict[str, str]()
        ticket_id = seen.ticket_id
        if operations is None:
            ticket_id = self._ids.short()
            operations = self._opened(seen, ticket_id, note)
            changes["ticket_id"] = ticket_id
        if seen.owner == BOT and seen.status is not ConversationStatus.WAITING_FOR_PERSON:
            operations += self._notify_people().operations(seen, ticket_id, Reason.FAILURE, now=now)
            changes |= {
                "status": ConversationStatus.WAITING_FOR_PERSON.value,
                "by_queue_pk": keys.PEOPLE_QUEUE,
                "by_queue_sk": keys.waiting(now, seen.conversation_id),
            }
        event = Event(
            seq=seen.next_seq,
            author=Author.SYSTEM,
            text=note,
            at=now,
            detail={"action": "mail_undelivered", "why": why},
        )
        return self._conversations.append(seen, event, changes=changes, also=[once, *operations])

    def _noted(self, conversation: Conversation, note: str) -> list[Operation] | None:
        """Return the operations that note it on the conversation's ticket and give that to people; None without one."""
        if not conversation.ticket_id:
            return None
        try:
            seen = self._tickets.read(conversation.ticket_id)
        except NotFoundError:
            return None
        if not seen.ticket.status.active:
            return None
        status, now = seen.ticket.status, self._clock.now()
        if status is TicketStatus.WAITING_FOR_CUSTOMER:
            status = TicketStatus.OPEN
        hours = self._team_hours.of(seen.ticket.site_id).hours
        after = in_state(seen.ticket, status, now=now, hours=hours).model_copy(update={"queue": TicketQueue.PEOPLE})
        entry = TicketEvent(at=now, kind=TicketEventKind.COMMENTED, by=SYSTEM, note=note, internal=True)
        return self._tickets.changed(seen, after, entry, mailed=False)

    def _opened(self, conversation: Conversation, ticket_id: str, note: str) -> list[Operation]:
        thread = self._threads.find(conversation.conversation_id)
        subject = thread.subject if thread is not None else ""
        ticket = Ticket(
            ticket_id=ticket_id,
            conversation_id=conversation.conversation_id,
            customer_id=conversation.customer_id,
            subject=subject[:MAX_SUBJECT] or subject_of(note),
            category=Category.GENERAL_INQUIRY,
            priority=TicketPriority.NORMAL,
            reason=Reason.FAILURE,
            channel=conversation.channel.value,
            site_id=conversation.site_id,
            created_at=self._clock.now(),
        )
        return self._tickets.opened(ticket, note=note, by=SYSTEM)
