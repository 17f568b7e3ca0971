"""Mail to a visitor: the conversation so far, or a person's answer that nobody was there to read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

from firstline.domain.conversation import Author, Event
from firstline.domain.errors import ConflictError
from firstline.domain.locales import DEFAULT, text

_UNFOLDED = SMTP.clone(max_line_length=400)


class CustomerMailKind(StrEnum):
    """What a mail to a visitor is about."""

    TRANSCRIPT = "transcript"
    ANSWER = "answer"
    """What a person has said."""
    REPLY = "reply"
    """What Firstline itself has said in a thread of mails."""
    NEWS = "news"
    """What has become of the ticket of a thread of mails."""


class MailState(StrEnum):
    """How far a mail has come; one that was sent is not kept."""

    WAITING = "waiting"
    SENDING = "sending"
    """Somebody hands it over now, or was killed while they did."""
    UNKNOWN = "unknown"
    """It may have been sent; it is once more, unless word comes that it was."""
    ENDED = "ended"
    """It is not sent any more, for the reason it names."""


class Unsent(StrEnum):
    """Why a mail is not sent."""

    FAILED = "failed"
    """Refused again and again."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """It may have been sent twice, and no word has come of either."""
    REJECTED = "rejected"
    """Taken, and then thrown away by who was to send it."""
    SUPPRESSED = "suppressed"
    """The address has bounced, or its owner has complained."""
    NOT_ALLOWED = "not_allowed"
    """Test mode: not on MAIL_ALLOW_LIST."""
    NO_ADDRESS = "no_address"
    NO_REPLY_ADDRESS = "no_reply_address"
    OUR_ADDRESS = "our_address"
    THREAD_LIMIT = "thread_limit"
    """The thread has had all automatic mails that it gets in a day."""
    SILENT = "silent"
    """Nothing automatic may be sent in the thread."""


class ThreadLimitError(ConflictError):
    """The thread has had all automatic mails that it gets in a day."""


@dataclass(frozen=True)
class Addressed:
    """Whom else a mail of a thread goes to, and what it answers: as it was when its words were said.

    Whoever writes into the thread before it is sent changes nothing of it.
    """

    name: str = ""
    """The customer's, as they say."""
    cc: tuple[str, ...] = ()
    answers: str = ""
    """Message id of the mail that it answers, without angle brackets; may be empty."""
    quoted_seq: int = 0
    """Place of that mail's words in the conversation's log; 0 where there are none."""
    writer: str = ""
    """Who wrote that mail: a name or an address."""
    proven: bool = False
    """That mail is proven to come from the address that its answer goes to."""


@dataclass(frozen=True)
class CustomerMail:
    """A mail that waits to be sent. What it says is read when it is sent, so that nothing erased is in it."""

    mail_id: str
    conversation_id: str
    kind: CustomerMailKind
    address: str
    language: str
    created_at: datetime
    seq: int = 0
    """Place of what it tells in the conversation's log, or in the ticket's; 0 in a transcript."""
    ticket_id: str = ""
    """Of news."""
    automatic: bool = True
    """No person has written it."""
    attempts: int = 0
    state: MailState = MailState.WAITING
    n_unknown: int = 0
    """Times that it may have been sent."""
    begun_at: datetime | None = None
    """When it was first handed over; from then on it counts as a mail of its thread."""
    unsent: Unsent | None = None
    """Why it has ended."""
    addressed: Addressed = Addressed()
    """Of a mail of a thread."""
    sent_to: tuple[str, ...] = ()
    """All recipients that it was handed over for, the customer first."""
    due_key: str = ""
    """Its place among what is due; changes whenever somebody takes it up."""


def transcript(events: Sequence[Event], language: str) -> str:
    """Return what was said as plain text, each entry with its time in UTC and who said it."""
    return "\n\n".join(
        f"[{event.at:%Y-%m-%d %H:%M} UTC] {_author(event, language)}:\n{event.text}"
        + "".join(f"\n- {file['name']}" for file in event.detail.get("attachments", []))
        for event in events
    )


def customer_mail(
    mail: CustomerMail,
    events: Sequence[Event],
    *,
    sender: str,
    company: str,
    url: str,
    now: datetime,
    is_read: bool = False,
) -> bytes:
    """Return the mail as an RFC 5322 message; its ``Message-ID`` is made of the mail's id.

    Parameters
    ----------
    events : sequence of Event
        What it tells: the conversation, or the answer alone.
    company : str
        What the site calls itself; may be empty.
    url : str
        Where the conversation goes on; empty where that is not known.
    is_read : bool
        Mail to the sender's address is read: it is one of SUPPORT_ADDRESS.
    """
    language, kind = mail.language or DEFAULT, mail.kind.value
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    message = EmailMessage(_UNFOLDED)
    message["From"] = sender
    message["To"] = mail.address
    named = f"{kind}_of" if company else kind
    message["Subject"] = text(f"mail.subject_{named}", language, **({"company": company} if company else {}))
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.mail_id}@{domain}>"
    # Mail programs show all mail of one conversation together; the id itself is nobody's business.
    thread = hashlib.sha256(mail.conversation_id.encode()).hexdigest()[:32]
    message["References"] = f"<{thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    footer = text("mail.footer_read" if is_read else "mail.footer", language)
    lines = [text(f"mail.intro_{kind}", language), transcript(events, language), footer]
    if url:
        lines.append(url)
    message.set_content("\n\n".join(lines) + "\n")
    return message.as_bytes()


def _author(event: Event, language: str) -> str:
    name = str(event.detail.get("name") or "") if event.author is Author.AGENT else ""
    return name or text(f"widget.author_{event.author.value}", language)
