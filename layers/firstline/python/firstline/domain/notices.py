"""Notices that call people: what they say, as a mail and as a signed webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

from firstline.domain.masking import mask
from firstline.domain.ticket import TicketPriority
from firstline.domain.turn import Reason

EXCERPT_CHARACTERS = 500
_UNFOLDED = SMTP.clone(max_line_length=400)
"""Headers this short need no folding, at which the standard library breaks before the first word."""

SIGNATURE_HEADER = "Firstline-Signature"
DELIVERY_HEADER = "Firstline-Delivery"


class NoticeChannel(StrEnum):
    """How a notice reaches people."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Notice:
    """A handover, or a request for approval, that people are told of over one channel, and reminded of until somebody
    takes it or decides.

    It holds ids alone; what it says is read when it is sent, so that an erased customer is in no notice.
    """

    notice_id: str
    channel: NoticeChannel
    conversation_id: str
    ticket_id: str
    reason: Reason
    created_at: datetime
    n_delivered: int = 0
    """How often it was taken so far; from 1 on, the next one is a reminder."""
    attempts: int = 0
    """Tries of the present delivery."""
    due_key: str = ""
    """Its place among what is due; changes whenever somebody takes it up."""
    conversation_version: int = 0
    """Of the conversation as it was handed over; 0 in notices from before this was kept."""
    approval_id: str = ""
    """What waits for somebody to approve it; empty for a handover."""

    @property
    def out_id(self) -> str:
        """Its id in the outbox."""
        return self.notice_id

    @property
    def delivery_id(self) -> str:
        """Id of the present delivery: the same in every try, so that receivers can drop what comes twice."""
        return f"{self.notice_id}-{self.n_delivered}"


@dataclass(frozen=True)
class NoticeContent:
    """What one delivery says. Words of the customer are masked by ``domain.masking``."""

    delivery_id: str
    event: str
    """``handover``, ``handover_reminder``, ``approval`` or ``approval_reminder``."""
    reminder: int
    """0 for the first notice."""
    conversation_id: str
    ticket_id: str
    reason: str
    priority: str
    subject: str
    excerpt: str
    url: str
    waiting_since: str
    """ISO 8601."""
    approval_id: str = ""
    """What waits to be approved; empty for a handover."""


def notice_content(
    notice: Notice, *, subject: str, priority: TicketPriority, said: list[str], public_url: str
) -> NoticeContent:
    """Return what to say: the ticket's subject and the last words of the customer, both masked and cut.

    Parameters
    ----------
    said : list of str
        The customer's latest messages, oldest first.
    public_url : str
        Address of the installation, without a slash at its end; empty where it is not set.
    """
    excerpt = mask("\n".join(said))[-EXCERPT_CHARACTERS:]
    return NoticeContent(
        delivery_id=notice.delivery_id,
        event="handover_reminder" if notice.n_delivered else "handover",
        reminder=notice.n_delivered,
        conversation_id=notice.conversation_id,
        ticket_id=notice.ticket_id,
        reason=notice.reason.value,
        priority=priority.value,
        subject=" ".join(mask(subject).split()),
        excerpt=excerpt,
        url=f"{public_url}/admin/conversations/{notice.conversation_id}" if public_url else "",
        waiting_since=notice.created_at.isoformat(),
    )


def approval_content(notice: Notice, *, what: str, asked: str, public_url: str) -> NoticeContent:
    """Return what to say of a request for approval: what it would do, and the customer's words, masked and cut.

    Parameters
    ----------
    what : str
        What would be done, such as ``get a refund``.
    asked : str
        The customer's message.
    public_url : str
        As for ``notice_content``.
    """
    return NoticeContent(
        delivery_id=notice.delivery_id,
        event="approval_reminder" if notice.n_delivered else "approval",
        reminder=notice.n_delivered,
        conversation_id=notice.conversation_id,
        ticket_id=notice.ticket_id,
        reason=notice.reason.value,
        priority=TicketPriority.HIGH.value,
        subject=" ".join(mask(what).split())[:EXCERPT_CHARACTERS],
        excerpt=mask(asked)[:EXCERPT_CHARACTERS],
        url=f"{public_url}/admin/approvals/{notice.approval_id}" if public_url else "",
        waiting_since=notice.created_at.isoformat(),
        approval_id=notice.approval_id,
    )


def notice_mail(content: NoticeContent, *, sender: str, recipients: tuple[str, ...], now: datetime) -> bytes:
    """Return the notice as an RFC 5322 message; its ``Message-ID`` is made of the delivery's id."""
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    message = EmailMessage(_UNFOLDED)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    again = f"Reminder {content.reminder}: " if content.reminder else ""
    waits = f"Ticket {content.ticket_id} waits for a person"
    if content.approval_id:
        waits = "A request waits for approval"
    message["Subject"] = f"{again}{waits}: {content.subject}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{content.delivery_id}@{domain}>"
    if content.reminder:
        message["In-Reply-To"] = f"<{content.delivery_id.rpartition('-')[0]}-0@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message[DELIVERY_HEADER] = content.delivery_id
    lines = [
        _first_line(content),
        "",
        *([f"Approval:     {content.approval_id}"] if content.approval_id else []),
        *([f"Ticket:       {content.ticket_id}"] if content.ticket_id else []),
        f"Conversation: {content.conversation_id}",
        f"Reason:       {content.reason.replace('_', ' ')}",
        f"Priority:     {content.priority}",
        f"Since:        {content.waiting_since}",
        *([f"Open it:      {content.url}"] if content.url else []),
        "",
        "The customer's last words (personal data masked):",
        *(f"> {line}" for line in content.excerpt.splitlines()),
    ]
    message.set_content("\n".join(lines) + "\n")
    return message.as_bytes()


def _first_line(content: NoticeContent) -> str:
    if content.approval_id:
        return "Nobody has decided on this yet." if content.reminder else "A customer's request waits for approval."
    return "Nobody has taken this conversation yet." if content.reminder else "A customer waits for a person."


def notice_json(content: NoticeContent) -> bytes:
    """Return the notice as the JSON body of a webhook."""
    return json.dumps(asdict(content), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``Firstline-Signature``: ``t=<timestamp>,v1=<hex>``.

    ``v1`` is HMAC-SHA256 under the secret over the timestamp's digits, a full stop and the body as sent. A receiver
    computes it again, compares in constant time, and refuses timestamps (seconds since the epoch) that are too old.
    """
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
