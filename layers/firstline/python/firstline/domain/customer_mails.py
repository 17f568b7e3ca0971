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
from firstline.domain.locales import DEFAULT, text

_UNFOLDED = SMTP.clone(max_line_length=400)


class CustomerMailKind(StrEnum):
    """What a mail to a visitor is about."""

    TRANSCRIPT = "transcript"
    ANSWER = "answer"


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
    """Place of the answer; 0 in a transcript."""
    attempts: int = 0
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
    mail: CustomerMail, events: Sequence[Event], *, sender: str, company: str, url: str, now: datetime
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
    lines = [text(f"mail.intro_{kind}", language), transcript(events, language), text("mail.footer", language)]
    if url:
        lines.append(url)
    message.set_content("\n\n".join(lines) + "\n")
    return message.as_bytes()


def _author(event: Event, language: str) -> str:
    name = str(event.detail.get("name") or "") if event.author is Author.AGENT else ""
    return name or text(f"widget.author_{event.author.value}", language)
