"""What leaves in a thread of mails: put together when it is sent, from what is there then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from functools import partial

from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.customer_mails import CustomerMail, CustomerMailKind, Unsent
from firstline.domain.errors import NotFoundError
from firstline.domain.languages import judge_language
from firstline.domain.locales import DEFAULT, spoken
from firstline.domain.mail.answer_body import Answer, MailSender, Quoted
from firstline.domain.mail.answer_mail import answer_mail, copied_to
from firstline.domain.mail.asked import without_mark
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.ticket_texts import mail_news
from firstline.domain.turn import Action, Citation
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.tickets import TicketRepository
from firstline.services.mail_marks import MailMarks
from firstline.services.mail_recipients import MailRecipients
from firstline.services.manage_sites import ManageSites

_LOOKED_BACK = 30
"""Events before an answer among which the mail that it answers is looked for."""


@dataclass(frozen=True)
class ThreadMail:
    """A mail that can be sent."""

    message: bytes
    sender: str
    recipients: tuple[str, ...]
    """The customer first."""


@dataclass(frozen=True)
class Ours:
    """As whom this installation writes."""

    addresses: tuple[str, ...]
    """Of SUPPORT_ADDRESS, in lower case; answers come from the first."""
    signature: str = ""
    name: str = ""
    """Of sites that have none of their own."""


class ThreadMails:
    """Makes messages of what was said in a conversation by mail."""

    def __init__(
        self,
        threads: MailThreadRepository,
        conversations: ConversationRepository,
        tickets: TicketRepository,
        recipients: MailRecipients,
        sites: ManageSites,
        marks: Callable[[], MailMarks],
        ours: Ours,
    ) -> None:
        self._threads = threads
        self._conversations = conversations
        self._tickets = tickets
        self._recipients = recipients
        self._sites = sites
        self._marks = marks
        self._ours = ours

    def made(self, mail: CustomerMail, conversation: Conversation, *, now: datetime) -> ThreadMail | Unsent:
        """Return the mail, or why it is not sent.

        Raises
        ------
        NotFoundError
            What it was to tell is gone, or the thread is.
        """
        thread = self._threads.get(conversation.conversation_id)
        if not self._ours.addresses:
            return Unsent.NO_ADDRESS
        if mail.automatic and thread.silent:
            return Unsent.SILENT
        refused = partial(
            self._recipients.refused, automatic=mail.automatic, news=mail.kind is CustomerMailKind.NEWS, now=now
        )
        if why := refused(mail.address):
            return why
        # As it was when the words were said: whoever has written into the thread since gets none of them.
        then = mail.addressed
        customer = Mailbox(mail.address, then.name)
        thread = replace(thread, customer=customer, cc=then.cc, last_received=then.answers)
        copies = [address for address in copied_to(thread) if not refused(address)]
        thread = replace(thread, cc=tuple(copies))
        sender = self._sender(conversation)
        message = answer_mail(self._answer(mail, conversation), thread, sender, mail_id=mail.mail_id, now=now)
        return ThreadMail(message, sender.address, (mail.address, *copies))

    def reads(self, sender: str) -> bool:
        """Tell whether mail to an address that others of our mails come from is read here."""
        return parseaddr(sender)[1].lower() in self._ours.addresses

    def message_id(self, conversation_id: str, mail_id: str) -> str:
        """Return our id of a mail of a thread, without angle brackets."""
        domain = next(iter(self._ours.addresses), "").rpartition("@")[2]
        return self._marks().tokens.message_id(conversation_id, mail_id, domain)

    def _sender(self, conversation: Conversation) -> MailSender:
        site = self._sites.find(conversation.site_id)
        marks = self._marks()
        return MailSender(
            address=self._ours.addresses[0],
            name=(site.branding.name if site else "") or self._ours.name,
            signature=self._ours.signature,
            tokens=marks.tokens,
            loop_mark=marks.loop_mark,
        )

    def _answer(self, mail: CustomerMail, conversation: Conversation) -> Answer:
        if mail.kind is CustomerMailKind.NEWS:
            return self._news(mail, conversation)
        found = self._conversations.events(mail.conversation_id, after_seq=mail.seq - 1, limit=1)
        if not found or found[0].seq != mail.seq:
            raise NotFoundError("what was said is gone")
        event, detail = found[0], found[0].detail
        answered = self._answered(mail, event)
        stranger = mail.automatic and not mail.addressed.proven
        direct = detail.get("action") == Action.DIRECT.value
        with_person = detail.get("action") == Action.HAND_OVER.value or bool(conversation.ticket_id)
        return Answer(
            text=event.text,
            language=_language(mail, conversation, answered),
            citations=[Citation.model_validate(one) for one in detail.get("citations") or []],
            ticket_id=conversation.ticket_id,
            automatic=mail.automatic,
            offers_person=mail.automatic and not with_person,
            greets=not direct,
            person=str(detail.get("name") or "") if event.author is Author.AGENT else "",
            to_stranger=stranger,
            quoted=None if stranger or (mail.automatic and mail.addressed.cc) else answered,
        )

    def _news(self, mail: CustomerMail, conversation: Conversation) -> Answer:
        if not mail.n_unknown and self._threads.known([self.message_id(mail.conversation_id, mail.mail_id)]):
            raise NotFoundError("sent before: the event was delivered to the line a second time")
        ticket = self._tickets.get(mail.ticket_id)
        found = self._tickets.events(mail.ticket_id, after_seq=mail.seq - 1, limit=1)
        language = _language(mail, conversation, None)
        told = mail_news(ticket, found[0], language) if found else ""
        if not told:
            raise NotFoundError("what has become of the ticket is gone")
        return Answer(
            text=told,
            language=language,
            ticket_id=mail.ticket_id,
            automatic=mail.automatic,
            offers_person=False,
            news=mail.automatic,
            to_stranger=mail.automatic and not mail.addressed.proven,
        )

    def _answered(self, mail: CustomerMail, event: Event) -> Quoted | None:
        """Return the mail that is answered; where none is recorded, the customer's newest words before an event."""
        then, conversation_id = mail.addressed, mail.conversation_id
        if then.quoted_seq:
            before = self._conversations.events(conversation_id, after_seq=then.quoted_seq - 1, limit=1)
        else:
            before = self._conversations.latest_events(conversation_id, limit=_LOOKED_BACK, before_seq=event.seq)
        said = next((one for one in reversed(before) if one.author is Author.CUSTOMER), None)
        return Quoted(without_mark(said.text), said.at, then.writer) if said is not None else None


def _language(mail: CustomerMail, conversation: Conversation, said: Quoted | None) -> str:
    known = spoken(mail.language) or spoken(conversation.language)
    return known or (spoken(judge_language(said.text).code) if said else "") or DEFAULT
