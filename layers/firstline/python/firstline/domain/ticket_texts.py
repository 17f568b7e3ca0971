"""What customers are told of their tickets."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from firstline.domain.masking import mask
from firstline.domain.notices import DELIVERY_HEADER, EXCERPT_CHARACTERS
from firstline.domain.ticket import Ticket, TicketStatus
from firstline.domain.ticket_events import TicketEvent, TicketEventKind

_UNFOLDED = SMTP.clone(max_line_length=400)

_STATES = {
    TicketStatus.OPEN: "is open",
    TicketStatus.PENDING: "is being worked on",
    TicketStatus.WAITING_FOR_CUSTOMER: "waits for your answer",
    TicketStatus.RESOLVED: "was resolved",
    TicketStatus.CLOSED: "was closed",
    TicketStatus.REOPENED: "is open again",
}


def ticket_news(ticket: Ticket, event: TicketEvent) -> str:
    """Return what has happened, for the customer; empty where it is no news to them."""
    public = event.as_public()
    if public is None:
        return ""
    about = f"Your ticket {ticket.ticket_id}"
    if event.kind is TicketEventKind.OPENED:
        return f"{about} was opened: {ticket.subject}"
    if event.kind is TicketEventKind.HANDED_OVER:
        return f"{about} is now with our team; a person will answer it."
    if event.kind is TicketEventKind.COMMENTED:
        return f"New on your ticket {ticket.ticket_id}:\n\n{event.note}"
    if event.kind is TicketEventKind.ANSWERED:
        return f"The answer to your ticket {ticket.ticket_id}:\n\n{event.note}"
    parts = []
    if "status" in public.changes:
        parts.append(_STATES[ticket.status])
    if "priority" in public.changes:
        parts.append(f"now has the priority {ticket.priority.value}")
    if "subject" in public.changes:
        parts.append(f"is now called: {ticket.subject}")
    if "category" in public.changes:
        parts.append(f"was filed under {ticket.category.value.replace('_', ' ')}")
    return f"{about} {', and '.join(parts)}." if parts else ""


def ticket_mail(ticket: Ticket, text: str, *, delivery_id: str, sender: str, first: bool, now: datetime) -> bytes:
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
    message.set_content(f"{text}\n")
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
