"""Give a mail that is not answered automatically to people: its words in the log, a ticket, a notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from firstline.domain import locales
from firstline.domain.classification import classify
from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus, Event
from firstline.domain.errors import NotFoundError, TransactionConflictError
from firstline.domain.mail.received_mail import MailClaim
from firstline.domain.ports import Ids
from firstline.domain.service_levels import ServiceLevels
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket, TicketQueue, priority_of, subject_of
from firstline.domain.ticket_changes import MAX_DESCRIPTION, MAX_SUBJECT, commented
from firstline.domain.ticket_events import CUSTOMER
from firstline.domain.turn import Reason
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.tickets import TicketRepository
from firstline.services.name_customer import NameCustomer
from firstline.services.notify_people import NotifyPeople
from firstline.services.team_hours import TeamHours
from firstline.services.ticket_steps import join

UNREADABLE = "A mail has come whose text cannot be read; it can be downloaded as it came."
_TRIES = 20


class MailToPeople:
    """One transaction; where people look after the conversation already, its ticket gets the words."""

    def __init__(
        self,
        conversations: ConversationRepository,
        tickets: TicketRepository,
        notify_people: NotifyPeople,
        team_hours: TeamHours,
        levels: ServiceLevels,
        name_customer: NameCustomer,
        *,
        ids: Ids,
    ) -> None:
        self._conversations = conversations
        self._tickets = tickets
        self._notify_people = notify_people
        self._team_hours = team_hours
        self._levels = levels
        self._name_customer = name_customer
        self._ids = ids

    def file(
        self,
        claim: MailClaim,
        subject: str,
        text: str,
        *,
        files: Sequence[dict[str, object]],
        also: Callable[[int], list[Operation]],
    ) -> Event:
        """Write a mail into its conversation's log and see that a ticket is open; return the entry.

        Nothing is sent: no turn is started, and the ticket has no address that would be told of its changes.

        Parameters
        ----------
        text : str
            Its words; empty where it has none that can be read.
        files : sequence of dict
            Its attachments, as the log names them.
        also : callable
            Given the place in the log, returns what stands or falls with it; may raise.

        Raises
        ------
        NotFoundError
            The conversation is gone.
        """
        for _ in range(_TRIES):
            seen = self._name_customer.named(self._conversations.get(claim.conversation_id))
            at = claim.received_at
            event = Event(
                seq=seen.next_seq,
                author=Author.CUSTOMER if text else Author.SYSTEM,
                text=text or UNREADABLE,
                at=at,
                message_id=claim.client_id if text else "",
                detail={"mail_id": claim.mail_id, **({"attachments": list(files)} if files else {})},
            )
            changes, operations = dict[str, str](), list[Operation]()
            if _is_with_people(seen):
                operations = self._said(seen, event.text, at, internal_note=_note(claim))
            else:
                changes, operations = self._opened(seen, claim, subject, event.text)
            if self._conversations.append(seen, event, changes=changes, also=[*operations, *also(event.seq)]):
                return event
        raise TransactionConflictError(f"conversation {claim.conversation_id}: too many writers at once")

    def told(self, conversation: Conversation, text: str, *, at: datetime) -> list[Operation]:
        """Return the operations by which people who have a conversation hear of a mail that is its next message.

        A ticket that is resolved or closed is open again with the customer's words, as after a comment of theirs, and
        people are called. An open one of a conversation that waits is left alone: the message's turn joins it.

        Parameters
        ----------
        text : str
            The mail's words; empty where it has files alone.
        """
        if not _is_with_people(conversation):
            return []
        words = text or locales.text("attached_only", conversation.language)
        return self._said(conversation, words, at, joined_later=conversation.owner == BOT)

    def _said(
        self,
        conversation: Conversation,
        text: str,
        at: datetime,
        *,
        joined_later: bool = False,
        internal_note: str = "",
    ) -> list[Operation]:
        try:
            seen = self._tickets.read(conversation.ticket_id)
        except NotFoundError:
            return []
        ticket = seen.ticket
        if ticket.status.active and joined_later:
            return []
        hours = self._team_hours.of(ticket.site_id).hours
        after, entry = commented(ticket, text, by=CUSTOMER, internal=False, now=at, hours=hours)
        after = after.model_copy(update={"queue": TicketQueue.PEOPLE})
        operations = self._tickets.changed(seen, after, entry, internal_note=internal_note)
        if not ticket.status.active:
            # Whoever has resolved it looks at it no more, be the conversation theirs or nobody's.
            reason = Reason.WAITS_FOR_PERSON
            operations += self._notify_people.operations(conversation, ticket.ticket_id, reason, now=at)
        return operations

    def _opened(
        self, conversation: Conversation, claim: MailClaim, subject: str, text: str
    ) -> tuple[dict[str, str], list[Operation]]:
        at, ticket_id = claim.received_at, conversation.ticket_id
        hours = self._team_hours.of(conversation.site_id).hours
        note = _note(claim)
        operations = list[Operation]()
        if ticket_id:
            operations = join(self._tickets, ticket_id, text, now=at, hours=hours, internal_note=note)
        if not operations:
            ticket_id = self._ids.short()
            ticket = self._levels.promised(self._ticket(conversation, ticket_id, subject, text, at), hours)
            operations = self._tickets.opened(ticket, note=text, by=CUSTOMER, internal_note=note)
        notices = self._notify_people.operations(conversation, ticket_id, Reason.MAIL_MODE, now=at)
        changes = {
            "status": ConversationStatus.WAITING_FOR_PERSON.value,
            "ticket_id": ticket_id,
            "by_queue_pk": keys.PEOPLE_QUEUE,
            "by_queue_sk": keys.waiting(at, conversation.conversation_id),
        }
        return changes, [*operations, *notices]

    def _ticket(self, conversation: Conversation, ticket_id: str, subject: str, text: str, at: datetime) -> Ticket:
        classification = classify(text)
        return Ticket(
            ticket_id=ticket_id,
            conversation_id=conversation.conversation_id,
            customer_id=conversation.customer_id,
            subject=subject[:MAX_SUBJECT] or subject_of(text),
            description=text[:MAX_DESCRIPTION],
            category=classification.category,
            priority=priority_of(classification, Reason.MAIL_MODE),
            reason=Reason.MAIL_MODE,
            user_id=conversation.verified_user_id,
            channel=conversation.channel.value,
            site_id=conversation.site_id,
            created_at=at,
        )


def _is_with_people(conversation: Conversation) -> bool:
    return conversation.owner != BOT or conversation.status is ConversationStatus.WAITING_FOR_PERSON


def _note(claim: MailClaim) -> str:
    where = f"/admin/conversations/{claim.conversation_id}/mails/{claim.mail_id}"
    linked = f"\nIt seems to continue conversation {claim.linked}, which its sender has not proven." * bool(
        claim.linked
    )
    return f"Not answered automatically ({claim.reason.value}). The mail as it came: {where}/raw{linked}"
