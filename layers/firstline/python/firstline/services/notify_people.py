"""Call people to a handover or an approval: written with it, delivered by the sweep, repeated until somebody acts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.approval import Approval, ApprovalStatus
from firstline.domain.conversation import BOT, Author, Conversation, ConversationStatus
from firstline.domain.errors import DeliveryError, NotFoundError
from firstline.domain.mailer import Envelope
from firstline.domain.notice_ports import Webhooks
from firstline.domain.notices import (
    DELIVERY_HEADER,
    SIGNATURE_HEADER,
    Notice,
    NoticeChannel,
    NoticeContent,
    approval_content,
    notice_content,
    notice_json,
    notice_mail,
    signature,
)
from firstline.domain.ports import Clock, Ids, Mailer
from firstline.domain.table import Operation
from firstline.domain.tool_texts import what_is_asked
from firstline.domain.turn import Reason
from firstline.repositories.approvals import ApprovalRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.tickets import TicketRepository
from firstline.services.team_hours import TeamHours

MAX_REMINDERS = 3
MAX_ATTEMPTS = 8
"""Tries of one delivery; with the pauses between them that is about an hour."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_LAST_WORDS = 3
_GIVE_UP_FOR_NOW = 3
"""Failures after which a channel is left alone for the rest of a round: each may have cost a time-out."""


@dataclass(frozen=True)
class NoticeSettings:
    """Whom to call and how; a channel without an address is off."""

    email: tuple[str, ...] = ()
    sender: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    public_url: str = ""
    remind_after: timedelta = timedelta(minutes=15)

    @property
    def channels(self) -> tuple[NoticeChannel, ...]:
        """Channels that are on."""
        on = {NoticeChannel.EMAIL: bool(self.email), NoticeChannel.WEBHOOK: bool(self.webhook_url)}
        return tuple(channel for channel in NoticeChannel if on[channel])


@dataclass(frozen=True)
class NoticeReport:
    """What one delivery round did."""

    delivered: int = 0
    failed: int = 0
    dead: tuple[str, ...] = ()
    """Ids of the failed ones that were given up; the others are tried again."""
    unreadable: tuple[str, ...] = ()


class NotifyPeople:
    """At least once per notice and channel; each delivery carries an id by which receivers drop repeats.

    Parameters
    ----------
    on_failure : callable
        Told of the notice and the error whenever a delivery fails, to log it.
    """

    def __init__(
        self,
        outbox: OutboxRepository,
        conversations: ConversationRepository,
        tickets: TicketRepository,
        approvals: ApprovalRepository,
        mailer: Mailer | None,
        webhooks: Webhooks | None,
        settings: NoticeSettings,
        team_hours: TeamHours,
        *,
        clock: Clock,
        ids: Ids,
        on_failure: Callable[[Notice, DeliveryError], None],
    ) -> None:
        self._outbox = outbox
        self._conversations = conversations
        self._tickets = tickets
        self._approvals = approvals
        self._mailer = mailer
        self._webhooks = webhooks
        self._settings = settings
        self._team_hours = team_hours
        self._clock = clock
        self._ids = ids
        self._on_failure = on_failure

    def operations(
        self, conversation: Conversation, ticket_id: str, reason: Reason, *, now: datetime
    ) -> list[Operation]:
        """Return the operations that put one notice per channel in line; they belong to its transaction."""
        return self._in_line(
            conversation.conversation_id, ticket_id, reason, now, conversation_version=conversation.version
        )

    def of_approval(self, approval: Approval) -> list[Operation]:
        """Return the operations that call people to a request for approval; they belong to its transaction."""
        return self._in_line(
            approval.conversation_id,
            "",
            Reason.APPROVAL_NEEDED,
            approval.requested_at,
            approval_id=approval.approval_id,
        )

    def _in_line(
        self,
        conversation_id: str,
        ticket_id: str,
        reason: Reason,
        now: datetime,
        *,
        conversation_version: int = 0,
        approval_id: str = "",
    ) -> list[Operation]:
        return [
            self._outbox.added(
                Notice(
                    notice_id=self._ids.new(),
                    channel=channel,
                    conversation_id=conversation_id,
                    ticket_id=ticket_id,
                    reason=reason,
                    created_at=now,
                    conversation_version=conversation_version,
                    approval_id=approval_id,
                )
            )
            for channel in self._settings.channels
        ]

    def deliver_due(self) -> NoticeReport:
        """Deliver every notice whose time has come; one that fails holds up no other."""
        delivered = 0
        dead: list[str] = []
        failures: Counter[NoticeChannel] = Counter()
        found = self._outbox.due(now=self._clock.now())
        for due in found.notices:
            if failures[due.channel] >= _GIVE_UP_FOR_NOW:
                continue
            notice = self._outbox.take_up(due, now=self._clock.now())
            if notice is None:
                continue
            conversation = self._waiting(notice)
            if conversation is None:
                self._outbox.drop(notice)
                continue
            try:
                self._deliver(notice, conversation)
            except NotFoundError:
                # The ticket was erased, and its notice with it.
                self._outbox.drop(notice)
                continue
            except DeliveryError as error:
                self._on_failure(notice, error)
                failures[notice.channel] += 1
                if notice.attempts >= MAX_ATTEMPTS:
                    self._outbox.bury(notice, error=str(error))
                    dead.append(notice.notice_id)
                else:
                    self._outbox.put_off(notice, until=self._clock.now() + pause_after(notice.attempts))
                continue
            self._outbox.delivered(notice, again_at=self._reminder(notice, conversation))
            delivered += 1
        return NoticeReport(delivered, failures.total(), tuple(dead), tuple(found.unreadable))

    def _waiting(self, notice: Notice) -> Conversation | None:
        """Return the conversation if it still waits by this handover; the first notice goes out in any case.

        A call to an approval goes out while nobody has decided.
        """
        try:
            conversation = self._conversations.get(notice.conversation_id)
            if notice.approval_id:
                pending = self._approvals.get(notice.approval_id).status is ApprovalStatus.PENDING
                return conversation if pending else None
        except NotFoundError:
            return None
        waits = conversation.status is ConversationStatus.WAITING_FOR_PERSON and conversation.owner == BOT
        # Taken and handed back, it may wait on the same ticket again; then that handover's notice reminds.
        same = conversation.ticket_id == notice.ticket_id and notice.conversation_version in (0, conversation.version)
        return conversation if notice.n_delivered == 0 or (waits and same) else None

    def _deliver(self, notice: Notice, conversation: Conversation) -> None:
        content = self._content(notice, conversation)
        if notice.channel is NoticeChannel.EMAIL:
            self._mail(content)
        else:
            self._post(content)

    def _mail(self, content: NoticeContent) -> None:
        if self._mailer is None or not self._settings.email:
            raise DeliveryError("no mail can be sent: NOTIFY_EMAIL or its transport is not set")
        sender, recipients = self._settings.sender or self._settings.email[0], self._settings.email
        message = notice_mail(content, sender=sender, recipients=recipients, now=self._clock.now())
        self._mailer.send(message, Envelope(sender, recipients))

    def _post(self, content: NoticeContent) -> None:
        if self._webhooks is None or not self._settings.webhook_url:
            raise DeliveryError("no webhook can be posted: NOTIFY_WEBHOOK_URL is not set")
        body = notice_json(content)
        timestamp = int(self._clock.now().timestamp())
        headers = {DELIVERY_HEADER: content.delivery_id}
        if self._settings.webhook_secret:
            headers[SIGNATURE_HEADER] = signature(self._settings.webhook_secret, timestamp, body)
        self._webhooks.post(self._settings.webhook_url, body, headers=headers)

    def _content(self, notice: Notice, conversation: Conversation) -> NoticeContent:
        public_url = self._settings.public_url.rstrip("/")
        if notice.approval_id:
            approval = self._approvals.get(notice.approval_id)
            what = what_is_asked(approval.tool, approval.arguments)
            return approval_content(notice, what=what, asked=approval.asked, public_url=public_url)
        ticket = self._tickets.get(notice.ticket_id)
        latest = self._conversations.latest_events(conversation.conversation_id, limit=10)
        said = [event.text for event in latest if event.author is Author.CUSTOMER]
        return notice_content(
            notice,
            subject=ticket.subject,
            priority=ticket.priority,
            said=said[-_LAST_WORDS:],
            public_url=public_url,
        )

    def _reminder(self, notice: Notice, conversation: Conversation) -> datetime | None:
        if notice.n_delivered >= MAX_REMINDERS or not self._settings.remind_after:
            return None
        later = self._clock.now() + self._settings.remind_after
        # Nobody is there to be reminded before the next opening.
        return self._team_hours.of(conversation.site_id).hours.next_opening(later) or later


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed tries, >= 1."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(attempts - 1, 10)))
