"""What customers are told of their tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from firstline.domain.locales import DEFAULT, text
from firstline.domain.masking import mask
from firstline.domain.notices import DELIVERY_HEADER, EXCERPT_CHARACTERS
from firstline.domain.ticket import Ticket
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.turn import Citation

_UNFOLDED = SMTP.clone(max_line_length=400)

_OF_KIND = {
    TicketEventKind.OPENED: "ticket_opened",
    TicketEventKind.HANDED_OVER: "ticket_handed_over",
    TicketEventKind.COMMENTED: "ticket_commented",
    TicketEventKind.ANSWERED: "ticket_answered",
}


def ticket_news(ticket: Ticket, event: TicketEvent, language: str = DEFAULT) -> str:
    """Return what has happened, for the customer, from ``locales``; empty where it is no news to them."""
    public = event.as_public()
    if public is None:
        return ""
    values = {"ticket": ticket.ticket_id, "subject": ticket.subject, "note": event.note}
    if event.kind in _OF_KIND:
        return text(_OF_KIND[event.kind], language, **values)
    keys = {
        "status": f"ticket_status_{ticket.status.value}",
        "priority": f"ticket_priority_{ticket.priority.value}",
        "subject": "ticket_subject",
        "category": f"ticket_category_{ticket.category.value}",
    }
    return "\n".join(text(key, language, **values) for field, key in keys.items() if field in public.changes)


def mail_news(ticket: Ticket, event: TicketEvent, language: str = DEFAULT) -> str:
    """Return what has happened as a mail of its thread tells it: a person's own words, or how it has ended.

    Empty where it is nothing to write a mail about, or has been opened again since.
    """
    public = event.as_public()
    if public is None:
        return ""
    if event.kind is TicketEventKind.COMMENTED:
        return event.note
    ended = event.kind in (TicketEventKind.RESOLVED, TicketEventKind.CLOSED) and not ticket.status.active
    return text(f"mail.news_{event.kind.value}", language, ticket=ticket.ticket_id) if ended else ""


def draft_note(answer: str, citations: Sequence[Citation]) -> str:
    """Return the internal note with the draft of an answer that a person is to review, and where it comes from."""
    sources = [f"[{one.number}] {one.title}, {one.heading}: {one.url or one.source}" for one in citations]
    return "\n".join(
        ["Draft of an answer, for review. The customer has not seen it.", "", answer, "", *sources]
    ).strip()


def open_note(questions: Sequence[str]) -> str:
    """Return the internal note that names what the customer was not told; empty where that is nothing."""
    if not questions:
        return ""
    return "\n".join(["Not answered, because no article answers it:", "", *(f"- {question}" for question in questions)])


def ticket_mail(ticket: Ticket, news: str, *, delivery_id: str, sender: str, first: bool, now: datetime) -> bytes:
    """Return the news of a ticket as an RFC 5322 message to its address; all mails of a ticket are one thread.

    Parameters
    ----------
    first : bool
        The mail that tells of the opening: the one that the others refer to.
    """
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    root = f"<ticket-{ticket.ticket_id}@{domain}>"
    message = EmailMessage(_UNFOLDED)
    message["From"] = sender
    message["To"] = ticket.email
    message["Subject"] = f"[{ticket.ticket_id}] {' '.join(ticket.subject.split())}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = root if first else f"<{delivery_id}@{domain}>"
    if not first:
        message["In-Reply-To"] = message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message[DELIVERY_HEADER] = delivery_id
    message.set_content(f"{news}\n")
    return message.as_bytes()


def team_mail(
    ticket: Ticket, *, delivery_id: str, sender: str, recipients: tuple[str, ...], public_url: str, now: datetime
) -> bytes:
    """Return what people are told of a new ticket of theirs; the customer's words are masked and cut."""
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    message = EmailMessage(_UNFOLDED)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = f"Ticket {ticket.ticket_id} waits for a person: {' '.join(mask(ticket.subject).split())}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{delivery_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message[DELIVERY_HEADER] = delivery_id
    due = ticket.first_response_due_at
    lines = [
        "A new ticket waits for a person.",
        "",
        f"Ticket:   {ticket.ticket_id}",
        f"Priority: {ticket.priority.value}",
        f"Category: {ticket.category.value.replace('_', ' ')}",
        f"Why:      {', '.join(ticket.routing).replace('_', ' ')}",
        *([f"Due:      {due.isoformat()}"] if due else []),
        *([f"Open it:  {public_url}/api/v1/tickets/{ticket.ticket_id}"] if public_url else []),
        "",
        "The customer's words (personal data masked):",
        *(f"> {line}" for line in mask(ticket.description)[:EXCERPT_CHARACTERS].splitlines()),
    ]
    message.set_content("\n".join(lines) + "\n")
    return message.as_bytes()
