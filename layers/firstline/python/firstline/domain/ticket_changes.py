"""What may be asked of a ticket: opened, changed, found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firstline.domain.business_hours import BusinessHours
from firstline.domain.errors import InvalidInputError
from firstline.domain.service_levels import ServiceLevels, in_state
from firstline.domain.ticket import Ticket, TicketPriority, TicketQueue, TicketStatus, check_transition
from firstline.domain.ticket_events import CUSTOMER, TicketEvent, TicketEventKind
from firstline.domain.turn import Category, Classification, Reason

MAX_SUBJECT, MAX_DESCRIPTION, MAX_COMMENT, MAX_TAGS, MAX_TAG = 200, 20_000, 8_000, 20, 40
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs without anything to see."""
_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,190}[A-Za-z0-9])?")


@dataclass(frozen=True)
class NewTicket:
    """A ticket to open; what is empty is worked out."""

    subject: str = ""
    description: str = ""
    customer_id: str = ""
    """Ours."""
    conversation_id: str = ""
    """Where it comes from; empty for a ticket without a conversation."""
    priority: TicketPriority | None = None
    """As wished; a customer's own wish reaches no higher than ``high``."""
    category: Category | None = None
    channel: str = "api"
    tags: tuple[str, ...] = ()
    assignee: str = ""
    queue: TicketQueue | None = None
    email: str = ""
    """Where the customer is told of changes."""
    reason: Reason = Reason.EXPLICIT_REQUEST
    internal_note: str = ""
    """A comment for people of the company alone, by whoever opens it."""
    classification: Classification | None = None
    """What the customer's turn was judged to be, where one opens it; else its text is judged by words and rules."""

    @property
    def text(self) -> str:
        """All that is said: the subject, and the description where it says more."""
        parts = [says_something(self.subject), says_something(self.description)]
        return parts[1] if parts[1].startswith(parts[0]) else "\n\n".join(part for part in parts if part)


@dataclass(frozen=True)
class TicketChanges:
    """Changes of a ticket; None leaves a field as it is."""

    status: TicketStatus | None = None
    priority: TicketPriority | None = None
    subject: str | None = None
    category: Category | None = None
    queue: TicketQueue | None = None
    assignee: str | None = None
    """Empty for nobody."""
    tags: tuple[str, ...] | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What is asked for, by field."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets are meant; what is None or empty restricts nothing."""

    status: frozenset[TicketStatus] = frozenset()
    priority: frozenset[TicketPriority] = frozenset()
    category: Category | None = None
    queue: TicketQueue | None = None
    assignee: str | None = None
    """Empty for those of nobody."""
    tag: str = ""
    customer_id: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def holds(self, ticket: Ticket) -> bool:
        """Tell whether a ticket is meant, but for when it was opened."""
        return (
            (not self.status or ticket.status in self.status)
            and (not self.priority or ticket.priority in self.priority)
            and (self.category is None or ticket.category is self.category)
            and (self.queue is None or ticket.queue is self.queue)
            and (self.assignee is None or ticket.assignee == self.assignee)
            and (not self.tag or self.tag in ticket.tags)
            and (self.customer_id is None or ticket.customer_id == self.customer_id)
        )


def apply_changes(
    ticket: Ticket, changes: TicketChanges, *, by: str, now: datetime, hours: BusinessHours, levels: ServiceLevels
) -> tuple[Ticket, TicketEvent] | None:
    """Return the changed ticket and the entry that says what has changed; None where nothing has.

    Raises
    ------
    IllegalTransitionError
        It cannot go to that state from where it is.
    InvalidInputError
    """
    asked = changes.fields
    if "subject" in asked:
        asked["subject"] = checked_line("subject", asked["subject"], longest=MAX_SUBJECT)
    if "tags" in asked:
        asked["tags"] = checked_tags(asked["tags"])
    if asked.get("assignee"):
        asked["assignee"] = checked_line("assignee", asked["assignee"], longest=128)
    changed = {name: value for name, value in asked.items() if value != getattr(ticket, name)}
    if not changed:
        return None
    after = ticket.model_copy(update={name: value for name, value in changed.items() if name != "status"})
    if "priority" in changed:
        promised = levels.promised(after, hours)
        after = after.model_copy(
            update={
                "first_response_due_at": promised.first_response_due_at,
                "resolution_due_at": promised.resolution_due_at,
            }
        )
    kind = TicketEventKind.UPDATED
    if "status" in changed:
        status: TicketStatus = changed["status"]
        check_transition(ticket.status, status)
        after = in_state(after, status, now=now, hours=hours)
        if status.value in (TicketEventKind.RESOLVED, TicketEventKind.CLOSED, TicketEventKind.REOPENED):
            kind = TicketEventKind(status.value)
    told = {name: list(value) if isinstance(value, tuple) else str(value) for name, value in changed.items()}
    return after, TicketEvent(at=now, kind=kind, by=by, changes=told)


def commented(
    ticket: Ticket, text: str, *, by: str, internal: bool, now: datetime, hours: BusinessHours
) -> tuple[Ticket, TicketEvent]:
    """Return a ticket after a comment, and the comment's entry.

    What the customer says to a ticket that waits for them opens it again, and so it does where it was resolved or
    closed; the first public word of anybody else is its first answer.
    """
    event = TicketEvent(at=now, kind=TicketEventKind.COMMENTED, by=by, note=text, internal=internal)
    if internal:
        return ticket, event
    if by != CUSTOMER:
        return ticket.model_copy(update={"first_responded_at": ticket.first_responded_at or now}), event
    status = ticket.status
    if status is TicketStatus.WAITING_FOR_CUSTOMER:
        status = TicketStatus.OPEN
    elif not status.active:
        status = TicketStatus.REOPENED
    after = in_state(ticket, status, now=now, hours=hours)
    changes = {} if status is ticket.status else {"status": status.value}
    return after, event.model_copy(update={"changes": changes})


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags in small letters, each once, in order. Raises ``InvalidInputError``."""
    found = tuple(dict.fromkeys(checked_line("tag", tag, longest=MAX_TAG).casefold() for tag in tags))
    if len(found) > MAX_TAGS:
        raise InvalidInputError(f"a ticket has at most {MAX_TAGS} tags")
    return found


def checked_line(name: str, text: str, *, longest: int) -> str:
    """Return one line of text without white space around it. Raises ``InvalidInputError``."""
    line = says_something(" ".join(text.split()))
    if not 1 <= len(line) <= longest:
        raise InvalidInputError(f"{name} has 1 to {longest} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise InvalidInputError(f"{name} holds a character that is none to be read")
    return line


def says_something(text: str) -> str:
    """Return a text without white space around it; empty where nothing of it can be seen."""
    plain = text.strip()
    seen = any(unicodedata.category(one)[0] in "LNPS" and one not in _FILLERS for one in plain)
    return plain if seen else ""


def checked_email(text: str) -> str:
    """Return a plain address, such as ``ada@mail.example``. Raises ``InvalidInputError``."""
    if not _EMAIL.fullmatch(text) or ".." in text or not text.isascii():
        raise InvalidInputError("email is one plain address, such as ada@mail.example")
    return text
