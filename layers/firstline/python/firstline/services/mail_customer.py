"""Mail to visitors: transcripts that they ask for, and people's answers while no window of theirs is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.contact import MailUnavailableError
from firstline.domain.conversation import Conversation, Event
from firstline.domain.customer_mails import CustomerMail, CustomerMailKind, customer_mail
from firstline.domain.errors import DeliveryError, NotFoundError, RateLimitedError
from firstline.domain.ports import Clock, Ids, Mailer
from firstline.domain.rate_limit import Limit
from firstline.domain.table import Operation
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_sites import ManageSites

MAX_TRANSCRIPTS = 5
"""Of one conversation: what a visitor writes is mailed to an address that nobody has proven."""
MAX_ATTEMPTS = 8
"""Tries of one mail; with the pauses between them that is about an hour."""
READ_WITHIN = timedelta(seconds=15)
"""How long an answer waits for a window that shows it, before it is mailed."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_GIVE_UP_FOR_NOW = 3
"""Failures after which the rest of a round is left alone: each may have cost a time-out."""
_DAY_S = 86_400


@dataclass(frozen=True)
class MailReport:
    """What one round did."""

    delivered: int = 0
    failed: int = 0
    dead: tuple[str, ...] = ()
    """Ids of the failed ones that were given up; the others are tried again."""
    unreadable: tuple[str, ...] = ()


class MailCustomer:
    """At least once per mail; every try of one has the same ``Message-ID``.

    Parameters
    ----------
    sender : str
        Empty: no mail can be sent.
    on_failure : callable
        Told of the mail and the error whenever a delivery fails, to log it.
    """

    def __init__(
        self,
        mails: CustomerMailRepository,
        conversations: ConversationRepository,
        mailer: Mailer | None,
        sites: ManageSites,
        limits: LimitRate,
        *,
        sender: str,
        public_url: str,
        clock: Clock,
        ids: Ids,
        on_failure: Callable[[CustomerMail, DeliveryError], None],
    ) -> None:
        self._mails = mails
        self._conversations = conversations
        self._mailer = mailer
        self._sites = sites
        self._limits = limits
        self._sender = sender
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._ids = ids
        self._on_failure = on_failure

    def can_mail(self) -> bool:
        """Tell whether this installation sends mail."""
        return self._mailer is not None and bool(self._sender)

    def transcript(self, conversation_id: str, address: str) -> None:
        """Put a transcript in line, in the visitor's language.

        Raises
        ------
        MailUnavailableError
            There is nothing to send mail with.
        RateLimitedError
            This conversation, or this address, has had too many.
        NotFoundError
        """
        if not self.can_mail():
            raise MailUnavailableError("this chat cannot send mail; download the conversation instead")
        conversation = self._conversations.get(conversation_id)
        self._limits.require(Limit.TRANSCRIPTS, address.lower())
        mail = self._mail(conversation, CustomerMailKind.TRANSCRIPT, address)
        if not self._mails.add_transcript(mail, at_most=MAX_TRANSCRIPTS):
            self._conversations.get(conversation_id)
            raise RateLimitedError("transcripts of this conversation", MAX_TRANSCRIPTS, _DAY_S, _DAY_S)

    def of_person(self, conversation: Conversation, event: Event, _by: str) -> list[Operation]:
        """Return the operations that have a person's answer mailed, unless a window shows it soon."""
        if not (self.can_mail() and conversation.contact.email):
            return []
        mail = self._mail(conversation, CustomerMailKind.ANSWER, conversation.contact.email, seq=event.seq)
        return [self._mails.added(mail, due=self._clock.now() + READ_WITHIN)]

    def deliver_due(self) -> MailReport:
        """Send every mail whose time has come; one that fails holds up no other."""
        found = self._mails.due(now=self._clock.now())
        delivered = failed = 0
        dead: list[str] = []
        for due in found.mails:
            if failed >= _GIVE_UP_FOR_NOW:
                break
            mail = self._mails.take_up(due, now=self._clock.now())
            if mail is None:
                continue
            try:
                delivered += self._deliver(mail)
            except NotFoundError:
                # The conversation is gone, and so is what there was to tell.
                self._mails.drop(mail)
            except DeliveryError as error:
                failed += 1
                self._on_failure(mail, error)
                if mail.attempts < MAX_ATTEMPTS:
                    self._mails.put_off(mail, until=self._clock.now() + _pause(mail.attempts))
                    continue
                self._mails.drop(mail)
                dead.append(mail.mail_id)
            else:
                self._mails.drop(mail)
        return MailReport(delivered, failed, tuple(dead), tuple(found.unreadable))

    def _deliver(self, mail: CustomerMail) -> bool:
        if self._mailer is None or not self._sender:
            raise DeliveryError("no mail can be sent: MAIL_FROM or its transport is not set")
        conversation = self._conversations.get(mail.conversation_id)
        if mail.kind is CustomerMailKind.ANSWER:
            if self._conversations.connections(mail.conversation_id):
                return False
            events = self._conversations.events(mail.conversation_id, after_seq=mail.seq - 1, limit=1)
        else:
            events = self._conversations.events(mail.conversation_id)
        now = self._clock.now()
        site = self._sites.find(conversation.site_id)
        company = site.branding.name if site else ""
        message = customer_mail(
            mail, events, sender=self._sender, company=company, url=self._chat_url(conversation), now=now
        )
        self._mailer.send(message, sender=self._sender, recipients=[mail.address])
        return True

    def _mail(self, of: Conversation, kind: CustomerMailKind, address: str, *, seq: int = 0) -> CustomerMail:
        return CustomerMail(
            mail_id=self._ids.new(),
            conversation_id=of.conversation_id,
            kind=kind,
            address=address,
            language=of.language,
            created_at=self._clock.now(),
            seq=seq,
        )

    def _chat_url(self, conversation: Conversation) -> str:
        return f"{self._public_url}/chat?site={conversation.site_id}" if self._public_url else ""


def _pause(attempts: int) -> timedelta:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << (attempts - 1)))
