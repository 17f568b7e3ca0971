"""Have what is said in a conversation by mail sent, in the transaction in which it is said."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Author, Channel, Conversation, Event
from firstline.domain.customer_mails import Addressed, CustomerMail, CustomerMailKind
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.greeting import greeting_name
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.verdict import Verdict
from firstline.domain.ports import Ids
from firstline.domain.reply_language import reply_language
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.turn import Reply, Turn
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository

TOLD_BY_MAIL = frozenset({TicketEventKind.COMMENTED, TicketEventKind.RESOLVED, TicketEventKind.CLOSED})
"""Of a ticket that is about a thread of mails: what nobody has said in the thread itself. That it was opened, answered
or handed over is what the reply says; changes of priority, subject or category are nothing to write a mail about."""


class MailAnswers:
    """Puts mails in line; what they say is read when they are sent, but whom they go to is settled here.

    Parameters
    ----------
    on : bool
        SUPPORT_ADDRESS is set: there is an address that answers come from.
    """

    def __init__(
        self,
        mails: CustomerMailRepository,
        threads: MailThreadRepository,
        received: ReceivedMailRepository,
        conversations: ConversationRepository,
        *,
        on: bool,
        ids: Ids,
    ) -> None:
        self._mails = mails
        self._threads = threads
        self._received = received
        self._conversations = conversations
        self._on = on
        self._ids = ids

    def of_reply(self, conversation: Conversation, turn: Turn, reply: Reply, now: datetime) -> list[Operation]:
        """Return the operations that have a reply sent; none where the thread is silent, or the reply is for people."""
        if reply.unsent:
            return []
        language = reply_language(turn) or conversation.language
        return self._in_line(conversation, CustomerMailKind.REPLY, reply.seq, language=language, now=now)

    def of_event(self, conversation: Conversation, event: Event) -> list[Operation]:
        """Return the operations that have sent what a person says, or what became of an approval."""
        by_person = event.author is Author.AGENT
        kind = CustomerMailKind.ANSWER if by_person else CustomerMailKind.REPLY
        return self._in_line(conversation, kind, event.seq, language=conversation.language, now=event.at)

    def tell(self, ticket: Ticket, event: TicketEvent, *, delivery_id: str) -> bool:
        """Put news of a ticket in line, once per delivery; False where the ticket is about no thread of mails."""
        conversation = self._conversation(ticket.told_in or ticket.conversation_id)
        thread = self._thread(conversation) if conversation else None
        if conversation is None or thread is None:
            return False
        by_person = event.kind is TicketEventKind.COMMENTED
        if event.kind not in TOLD_BY_MAIL or (thread.silent and not by_person):
            return True
        self._mails.put(
            CustomerMail(
                mail_id=delivery_id,
                conversation_id=conversation.conversation_id,
                kind=CustomerMailKind.NEWS,
                address=thread.customer.address,
                language=conversation.language,
                created_at=event.at,
                seq=event.seq,
                ticket_id=ticket.ticket_id,
                automatic=not by_person,
                addressed=self._addressed(thread),
            )
        )
        return True

    def _in_line(
        self, conversation: Conversation, kind: CustomerMailKind, seq: int, *, language: str, now: datetime
    ) -> list[Operation]:
        thread = self._thread(conversation)
        automatic = kind is CustomerMailKind.REPLY
        if thread is None or (automatic and thread.silent) or not thread.customer.address:
            return []
        mail = CustomerMail(
            mail_id=self._ids.new(),
            conversation_id=conversation.conversation_id,
            kind=kind,
            address=thread.customer.address,
            language=language,
            created_at=now,
            seq=seq,
            automatic=automatic,
            addressed=self._addressed(thread, before=seq),
        )
        return [self._mails.added(mail, due=now)]

    def _addressed(self, thread: MailThread, *, before: int = 0) -> Addressed:
        """Return whom an answer goes to and what it answers: the newest mail for the thread before a place of the log.

        What programs have sent to people in between is not answered, unless there is nothing else. Whoever writes into
        the conversation meanwhile has the transaction fail in which the answer is said.
        """
        mails = self._received.of_conversation(thread.conversation_id)
        said = [mail for mail in mails if mail.seq and not 0 < before <= mail.seq]
        if not said:
            return Addressed(thread.customer.name, thread.cc, thread.last_received)
        own = [mail for mail in said if mail.verdict is Verdict.ANSWER or mail.sender == thread.customer.address]
        newest = max(own or said, key=lambda mail: mail.seq)
        proven = newest.authenticated and newest.sender == thread.customer.address
        return Addressed(
            name=thread.customer.name,
            cc=thread.cc,
            answers=newest.message_id or thread.last_received,
            quoted_seq=newest.seq,
            writer=newest.sender_name if greeting_name(newest.sender_name) else newest.sender,
            proven=proven,
        )

    def _thread(self, conversation: Conversation) -> MailThread | None:
        if not self._on or conversation.channel is not Channel.EMAIL:
            return None
        return self._threads.find(conversation.conversation_id)

    def _conversation(self, conversation_id: str) -> Conversation | None:
        if not conversation_id:
            return None
        try:
            return self._conversations.get(conversation_id)
        except NotFoundError:
            return None
