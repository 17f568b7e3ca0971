"""Send the mail to customers that is due: answers in a thread of mails, transcripts, people's answers.

SendEmail has no idempotency token and SMTP none either, so a mail is marked before it is handed over and removed after
it was taken. In between its fate is unknown: where the process is killed there, or the transport gives no word, it
waits ``MAIL_RESEND_MINUTES`` for SES's own event, which names the mail by its tag, and is then sent once more, never a
third time. What remains: a customer gets a mail twice where the first was taken, its word was lost, and no event came
in that time (with SMTP there are none); and gets none where both tries were lost unseen, of which people are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.conversation import Channel, Conversation
from firstline.domain.customer_mails import (
    CustomerMail,
    CustomerMailKind,
    MailState,
    ThreadLimitError,
    Unsent,
    customer_mail,
)
from firstline.domain.errors import (
    ConditionFailedError,
    DeliveryError,
    InvalidItemError,
    NotFoundError,
    SchemaVersionError,
)
from firstline.domain.mail.ses_ids import ids_of
from firstline.domain.mail.verdict import DAYS_UNATTENDED
from firstline.domain.mailer import DeliveryUnknownError, Envelope, Mailer, RecipientRefusedError
from firstline.domain.ports import Clock
from firstline.domain.table import Operation
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.correspondents import CorrespondentRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.services.mail_recipients import MailRecipients
from firstline.services.mail_report import MailReport as MailReport
from firstline.services.manage_sites import ManageSites
from firstline.services.notify_people import MAX_ATTEMPTS, pause_after
from firstline.services.thread_mails import ThreadMails

MAX_DOUBTS = 2
"""Times that a mail may have been sent."""

_GIVE_UP_FOR_NOW = 3
"""Failures after which the rest of a round is left alone: each may have cost a time-out."""


@dataclass(frozen=True)
class MailRules:
    """What holds for all mail to customers."""

    sender: str = ""
    """Of mail that is in no thread; empty: there is none."""
    public_url: str = ""
    replies_per_thread: int = 4
    """Automatic ones in a day; three days' until a person writes."""
    resend_after: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class MailStores:
    """What mail is made of."""

    mails: CustomerMailRepository
    conversations: ConversationRepository
    threads: MailThreadRepository
    correspondents: CorrespondentRepository


@dataclass(frozen=True)
class _Ready:
    message: bytes
    sender: str
    recipients: tuple[str, ...]
    in_thread: bool = False


class SendMails:
    """Every try of one mail has the same ``Message-ID``.

    Parameters
    ----------
    mailer : Mailer, optional
        Without it no mail can be sent.
    on_failure : callable
        Told of the mail and the error whenever a delivery fails, to log it.
    on_unsent : callable
        Told of a mail that is not sent any more, and why: to mark its ticket.
    """

    def __init__(
        self,
        stores: MailStores,
        thread_mails: ThreadMails,
        recipients: MailRecipients,
        mailer: Mailer | None,
        sites: ManageSites,
        rules: MailRules,
        *,
        clock: Clock,
        on_failure: Callable[[CustomerMail, DeliveryError], None],
        on_unsent: Callable[[CustomerMail, Unsent], None],
    ) -> None:
        self._stores = stores
        self._mails = stores.mails
        self._conversations = stores.conversations
        self._thread_mails = thread_mails
        self._recipients = recipients
        self._mailer = mailer
        self._sites = sites
        self._rules = rules
        self._sender = rules.sender
        self._clock = clock
        self._on_failure = on_failure
        self._on_unsent = on_unsent

    def deliver_due(self) -> MailReport:
        """Send every mail whose time has come; one that fails holds up no other."""
        found = self._mails.due(now=self._clock.now())
        done = Counter[str]()
        dead: list[str] = []
        held: list[str] = []
        # A thread's mails in the order of what they tell; the index is in shards.
        for due in sorted(found.mails, key=lambda one: (one.created_at, one.seq, one.mail_id)):
            if done["failed"] + done["unknown"] >= _GIVE_UP_FOR_NOW:
                break
            mail = self._mails.take_up(due, now=self._clock.now())
            if mail is None:
                continue
            try:
                if mail.state is MailState.SENDING:
                    raise DeliveryUnknownError("who was sending it was killed, or lost the store")
                unsent = self._deliver(mail, done)
            except NotFoundError:
                # The conversation is gone, and so is what there was to tell.
                self._mails.drop(mail)
            except DeliveryError as error:
                unknown = isinstance(error, DeliveryUnknownError)
                done["unknown" if unknown else "failed"] += 1
                self._on_failure(mail, error)
                if self._gives_up(mail, unknown=unknown):
                    dead.append(mail.mail_id)
            except ConditionFailedError:
                # Another process has it: its lease ended while this one was busy.
                continue
            else:
                if unsent is not None and self._end(mail, unsent):
                    held.append(mail.mail_id)
        return MailReport(
            done["delivered"], done["failed"], tuple(dead), tuple(found.unreadable), done["unknown"], tuple(held)
        )

    def _gives_up(self, mail: CustomerMail, *, unknown: bool) -> bool:
        now = self._clock.now()
        if unknown and mail.n_unknown + 1 < MAX_DOUBTS:
            self._mails.doubted(mail, until=now + self._rules.resend_after)
            return False
        if unknown:
            return self._end(mail, Unsent.OUTCOME_UNKNOWN)
        if mail.attempts < MAX_ATTEMPTS:
            self._mails.put_off(mail, until=now + pause_after(mail.attempts))
            return False
        return self._end(mail, Unsent.FAILED)

    def _end(self, mail: CustomerMail, why: Unsent) -> bool:
        # Told first: where this process is killed in between, people are told once more rather than never.
        try:
            self._on_unsent(mail, why)
        except (InvalidItemError, SchemaVersionError) as error:
            self._on_failure(mail, DeliveryError(f"nobody can be told: {type(error).__name__}"))
        return self._mails.end(mail, why)

    def _deliver(self, mail: CustomerMail, done: Counter[str]) -> Unsent | None:
        """Send a mail, or return why it is not sent. Raises ``DeliveryError``, ``NotFoundError``."""
        conversation = self._conversations.get(mail.conversation_id)
        try:
            ready = self._ready(mail, conversation)
        except (ValueError, InvalidItemError, SchemaVersionError) as error:
            # What is stored of it cannot be read: the others are not to wait for that.
            raise DeliveryError(f"no mail can be made of it: {type(error).__name__}") from error
        if ready is None:
            self._mails.drop(mail)
            return None
        if isinstance(ready, Unsent):
            return ready
        if self._mailer is None:
            raise DeliveryError("no mail can be sent: its transport is not set")
        counted = ready.in_thread and mail.automatic
        try:
            at_most = self._rules.replies_per_thread if counted else None
            begun = self._mails.begin(
                mail,
                now=self._clock.now(),
                at_most=at_most,
                unattended=None if at_most is None else at_most * DAYS_UNATTENDED,
                attends=ready.in_thread and not mail.automatic,
                to=ready.recipients,
            )
        except ThreadLimitError:
            return Unsent.THREAD_LIMIT
        try:
            transport_id = self._handed_over(begun, ready, self._mailer)
        except RecipientRefusedError as error:
            self._recipients.no_mailbox(error.address, conversation_id=mail.conversation_id, now=self._clock.now())
            return Unsent.SUPPRESSED
        # Nothing else is read or written between the two: a kill in between has the mail sent twice.
        noted = self._noted(begun, ids_of(transport_id) if transport_id else []) if ready.in_thread else []
        self._mails.sent(mail.conversation_id, mail.mail_id, noted)
        done["delivered"] += 1
        return None

    def _handed_over(self, mail: CustomerMail, ready: _Ready, mailer: Mailer) -> str:
        tags = {"outbox": mail.mail_id, "conversation": mail.conversation_id}
        left = False
        try:
            customer, *copies = ready.recipients
            transport_id = mailer.send(ready.message, Envelope(ready.sender, [customer], copies, tags))
            left = True
        except (DeliveryError, KeyboardInterrupt, SystemExit):
            # What becomes of it then is decided by the error, or by who finds it marked.
            left = True
            raise
        finally:
            if not left:
                # A bug: the mailer says that nothing was taken. It counts, so that it ends some time.
                self._gives_up(mail, unknown=False)
        return transport_id

    def proven_sent(self, conversation_id: str, mail_id: str, message_ids: Sequence[str]) -> bool:
        """Take word that a mail was sent under these ids; False where that is known, or there is no such mail."""
        mail = self._mails.find(conversation_id, mail_id)
        if mail is None or mail.begun_at is None:
            return False
        in_thread = mail.kind is not CustomerMailKind.TRANSCRIPT and self._stores.threads.find(conversation_id)
        return self._mails.sent(conversation_id, mail_id, self._noted(mail, message_ids) if in_thread else [])

    def _noted(self, mail: CustomerMail, transport_ids: Sequence[str]) -> list[Operation]:
        """Return the operations that note a mail of a thread under all its ids."""
        ids = [self._thread_mails.message_id(mail.conversation_id, mail.mail_id), *transport_ids]
        at = mail.begun_at or self._clock.now()
        said = 0 if mail.kind is CustomerMailKind.NEWS else mail.seq
        noted = self._stores.threads.sent(
            mail.conversation_id, ids, automatic=mail.automatic, at=at, seq=said, recipients=mail.sent_to
        )
        if not mail.automatic:
            noted.append(
                self._stores.correspondents.attended(mail.address, conversation_id=mail.conversation_id, at=at)
            )
        return noted

    def _ready(self, mail: CustomerMail, conversation: Conversation) -> _Ready | Unsent | None:
        """Return what is to be sent, or why it is not; None where it has been read already."""
        now = self._clock.now()
        if mail.kind in (CustomerMailKind.REPLY, CustomerMailKind.NEWS) or (
            mail.kind is CustomerMailKind.ANSWER and conversation.channel is Channel.EMAIL
        ):
            made = self._thread_mails.made(mail, conversation, now=now)
            if isinstance(made, Unsent):
                return made
            return _Ready(made.message, made.sender, made.recipients, in_thread=True)
        if mail.kind is CustomerMailKind.ANSWER and self._conversations.connections(mail.conversation_id):
            return None
        refused = self._recipients.refused(mail.address, automatic=False, news=False, now=now)
        return refused or self._to_visitor(mail, conversation, now)

    def _to_visitor(self, mail: CustomerMail, conversation: Conversation, now: datetime) -> _Ready:
        if not self._sender:
            raise DeliveryError("no mail can be sent: MAIL_FROM is not set")
        if mail.kind is CustomerMailKind.ANSWER:
            events = self._conversations.events(mail.conversation_id, after_seq=mail.seq - 1, limit=1)
        else:
            events = self._conversations.events(mail.conversation_id)
        site = self._sites.find(conversation.site_id)
        company = site.branding.name if site else ""
        url, is_read = self._chat_url(conversation), self._thread_mails.reads(self._sender)
        message = customer_mail(mail, events, sender=self._sender, company=company, url=url, is_read=is_read, now=now)
        return _Ready(message, self._sender, (mail.address,))

    def _chat_url(self, conversation: Conversation) -> str:
        url = self._rules.public_url.rstrip("/")
        return f"{url}/chat?site={conversation.site_id}" if url else ""
