"""Mail to visitors: transcripts that they ask for, and people's answers while no window of theirs is open."""

from __future__ import annotations

from datetime import timedelta

from firstline.domain.contact import MailUnavailableError
from firstline.domain.conversation import Channel, Conversation, Event
from firstline.domain.customer_mails import CustomerMail, CustomerMailKind
from firstline.domain.errors import RateLimitedError
from firstline.domain.ports import Clock, Ids
from firstline.domain.rate_limit import Limit
from firstline.domain.table import Operation
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.services.limit_rate import LimitRate
from firstline.services.send_mails import MailReport, SendMails

MAX_TRANSCRIPTS = 5
"""Of one conversation: what a visitor writes is mailed to an address that nobody has proven."""
READ_WITHIN = timedelta(seconds=15)
"""How long an answer waits for a window that shows it, before it is mailed."""

_DAY_S = 86_400


class MailCustomer:
    """Puts mail in line, and has what is due sent.

    Parameters
    ----------
    send : SendMails
        Sends it.
    can_mail : bool
        There is something to send mail with, and an address that it comes from.
    """

    def __init__(
        self,
        mails: CustomerMailRepository,
        conversations: ConversationRepository,
        send: SendMails,
        limits: LimitRate,
        *,
        can_mail: bool,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._mails = mails
        self._conversations = conversations
        self._send = send
        self._limits = limits
        self._can_mail = can_mail
        self._clock = clock
        self._ids = ids

    def can_mail(self) -> bool:
        """Tell whether this installation sends mail."""
        return self._can_mail

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
        """Return the operations that have a person's answer mailed, unless a window shows it soon.

        None where the conversation is one by mail: there ``MailAnswers`` has it sent at once.
        """
        if conversation.channel is Channel.EMAIL or not (self.can_mail() and conversation.contact.email):
            return []
        mail = self._mail(conversation, CustomerMailKind.ANSWER, conversation.contact.email, seq=event.seq)
        return [self._mails.added(mail, due=self._clock.now() + READ_WITHIN)]

    def deliver_due(self) -> MailReport:
        """Send every mail whose time has come; one that fails holds up no other."""
        return self._send.deliver_due()

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
