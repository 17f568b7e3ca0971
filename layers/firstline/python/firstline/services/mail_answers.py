"""Have what is said in a conversation by mail sent, in the transaction in which it is said."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Author, Channel, Conversation, Event
from firstline.domain.customer_mails import CustomerMail, CustomerMailKind
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.thread import MailThread
from firstline.domain.ports import Ids
from firstline.domain.reply_language import reply_language
from firstline.domain.table import Operation
from firstline.domain.ticket import Ticket
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.turn import Reply, Turn
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository

TOLD_BY_MAIL = frozenset({TicketEventKind.COMMENTED, TicketEventKind.RESOLVED, TicketEventKind.CLOSED})
"""Of a ticket that is about a thread of mails: what nobody has said in the thread itself. That it was opened, answered
or handed over is what the reply says; changes of priority, subject or category are nothing to write a mail about."""


class MailAnswers:
    """Puts mails in line; what they say is read when they are sent.

    Parameters
    ----------
    on : bool
        SUPPORT_ADDRESS is set: there is an address that answers come from.
    """

    def __init__(
        self,
        mails: CustomerMailRepository,
        threads: MailThreadRepository,
        conversations: ConversationRepository,
        *,
        on: bool,
        ids: Ids,
    ) -> None:
        self._mails = mails
        self._threads = threads
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
        )
        return [self._mails.added(mail, due=now)]

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
