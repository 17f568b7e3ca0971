"""What becomes of mail that was sent: bounces, complaints, and word of what nobody knew to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from firstline.domain.customer_mails import Unsent
from firstline.domain.mail.ses_events import MailEvent, MailFate, ses_event
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.ports import Clock
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.suppressions import SuppressionRepository
from firstline.services.mark_undelivered import MarkUndelivered
from firstline.services.send_mails import SendMails


class OutcomeTaken(StrEnum):
    """What was done with a report."""

    SETTLED = "settled"
    """A mail that waited for word is known to be sent."""
    SUPPRESSED = "suppressed"
    COUNTED = "counted"
    """A bounce that may pass."""
    ENDED = "ended"
    """The mail is not sent any more; people are told."""
    NOTHING = "nothing"
    """It says what is known."""
    NOT_OURS = "not_ours"
    """It is about no mail of ours, or about an address that none of them went to."""
    UNKNOWN = "unknown"
    """No report that is understood."""


class MailOutcomes:
    """Takes every report as often as it comes.

    SES's own events are believed, as only SES can send them. What comes by mail anybody can write: it counts for
    addresses of a thread alone that one of our mails, named by its id, was sent in.

    Parameters
    ----------
    on_unknown : callable
        Told of the type of an event that is not understood, to log it.
    """

    def __init__(
        self,
        send: SendMails,
        threads: MailThreadRepository,
        suppressions: SuppressionRepository,
        mark: MarkUndelivered,
        *,
        clock: Clock,
        on_unknown: Callable[[str], None],
    ) -> None:
        self._send = send
        self._threads = threads
        self._suppressions = suppressions
        self._mark = mark
        self._clock = clock
        self._on_unknown = on_unknown

    def take(self, event: Mapping[str, Any]) -> OutcomeTaken:
        """Take an event of SES, of event publishing or a notification. Raises ``StoreUnavailableError``."""
        read = ses_event(event)
        if read is None:
            self._on_unknown(str(event.get("eventType") or event.get("notificationType") or ""))
            return OutcomeTaken.UNKNOWN
        if read.fate is MailFate.DELAYED:
            return OutcomeTaken.NOTHING
        if read.fate is MailFate.REJECTED:
            return self._rejected(read)
        settled = self._settled(read)
        if read.fate in (MailFate.SENT, MailFate.DELIVERED):
            return OutcomeTaken.SETTLED if settled else OutcomeTaken.NOTHING
        conversation_id = read.conversation_id or self._conversation_of(read.message_ids)
        reason = SuppressedBecause.COMPLAINED if read.fate is MailFate.COMPLAINED else SuppressedBecause.BOUNCED
        permanent = read.permanent or reason is SuppressedBecause.COMPLAINED
        return self._returned(read.addresses, read.ses_id, conversation_id, reason, permanent=permanent)

    def bounced(self, addresses: tuple[str, ...], *, permanent: bool, message_ids: tuple[str, ...]) -> OutcomeTaken:
        """Take a report, come by mail, that mails of ours did not reach addresses; without any: their customer."""
        found = self._proven(addresses, message_ids)
        if found is None:
            return OutcomeTaken.NOT_OURS
        message_id, conversation_id, proven = found
        return self._returned(proven, message_id, conversation_id, SuppressedBecause.BOUNCED, permanent=permanent)

    def said_to_be_undelivered(self, message_ids: tuple[str, ...]) -> OutcomeTaken:
        """Take a bounce that nothing proves: people see it on the ticket, and mail goes on being sent."""
        known = next((one for one in self._threads.known(message_ids) if one.sent), None)
        if known is None:
            return OutcomeTaken.NOT_OURS
        marked = self._mark.mark(known.conversation_id, "unproven_report", about=known.message_id)
        return OutcomeTaken.COUNTED if marked else OutcomeTaken.NOTHING

    def complained(self, addresses: tuple[str, ...], *, message_ids: tuple[str, ...]) -> OutcomeTaken:
        """Take a report, come by mail, that somebody wants no more mail; without addresses: the mails' customer."""
        found = self._proven(addresses, message_ids)
        if found is None:
            return OutcomeTaken.NOT_OURS
        message_id, conversation_id, proven = found
        return self._returned(proven, message_id, conversation_id, SuppressedBecause.COMPLAINED, permanent=True)

    def unsubscribed(self, address: str, *, conversation_id: str) -> OutcomeTaken:
        """Send an address no more news of tickets, where it takes part in the thread that its wish came to."""
        thread = self._threads.find(conversation_id) if conversation_id else None
        known = {thread.customer.address, *thread.participants, *thread.cc} if thread is not None else set()
        if address.lower() not in known:
            return OutcomeTaken.NOT_OURS
        reason, now = SuppressedBecause.UNSUBSCRIBED, self._clock.now()
        new = self._suppressions.of(address, now=now) is None and self._suppressions.suppress(
            address, reason, at=now, conversation_id=conversation_id
        )
        return OutcomeTaken.SUPPRESSED if new else OutcomeTaken.NOTHING

    def _settled(self, event: MailEvent) -> bool:
        """Note that a mail was sent that still is in line; False where that is known, or it bears no tag of ours."""
        if not (event.mail_id and event.conversation_id):
            return False
        return self._send.proven_sent(event.conversation_id, event.mail_id, event.message_ids)

    def _rejected(self, event: MailEvent) -> OutcomeTaken:
        conversation_id = event.conversation_id or self._conversation_of(event.message_ids)
        if not conversation_id:
            return OutcomeTaken.NOT_OURS
        self._settled(event)
        self._mark.mark(conversation_id, Unsent.REJECTED.value, about=event.ses_id)
        return OutcomeTaken.ENDED

    def _returned(
        self,
        addresses: Sequence[str],
        message_id: str,
        conversation_id: str,
        reason: SuppressedBecause,
        *,
        permanent: bool,
    ) -> OutcomeTaken:
        taken = OutcomeTaken.NOTHING
        for address in addresses:
            now = self._clock.now()
            if permanent:
                new = self._stopped(address, reason, message_id, conversation_id, now)
                taken = OutcomeTaken.SUPPRESSED if new else taken
                continue
            if self._suppressions.bounced_for_now(address, message_id, at=now, conversation_id=conversation_id):
                self._mark.mark(conversation_id, SuppressedBecause.TEMPORARY_BOUNCES.value, about=message_id)
                taken = OutcomeTaken.SUPPRESSED
            elif taken is OutcomeTaken.NOTHING:
                taken = OutcomeTaken.COUNTED
        return taken

    def _stopped(
        self, address: str, reason: SuppressedBecause, message_id: str, conversation_id: str, now: datetime
    ) -> bool:
        # Marked first: where this breaks off in between, the report comes again and the mark is made but once.
        self._mark.mark(conversation_id, reason.value, about=f"{message_id} {reason.value}")
        return self._suppressions.suppress(address, reason, at=now, conversation_id=conversation_id)

    def _proven(self, addresses: tuple[str, ...], message_ids: tuple[str, ...]) -> tuple[str, str, list[str]] | None:
        for known in self._threads.known(message_ids):
            thread = self._threads.find(known.conversation_id) if known.sent else None
            if thread is None:
                continue
            # Whoever writes last is the thread's customer; mails of ours went to others before.
            before = [one for sent in self._threads.recipients(known.conversation_id).values() for one in sent]
            sent_to = {one.lower() for one in (thread.customer.address, *thread.cc, *before)} - {""}
            named = [address.lower() for address in addresses] or [thread.customer.address.lower()]
            proven = [address for address in dict.fromkeys(named) if address in sent_to]
            if proven:
                return known.message_id, known.conversation_id, proven
        return None

    def _conversation_of(self, message_ids: Sequence[str]) -> str:
        return next((known.conversation_id for known in self._threads.known(message_ids) if known.sent), "")
