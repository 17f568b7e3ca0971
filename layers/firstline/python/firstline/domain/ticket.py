"""Tickets: what people and the assistant are asked to look after, and which states follow which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.conversation import Tier
from firstline.domain.errors import ConflictError
from firstline.domain.mail.thread import SUBJECT_MARK
from firstline.domain.turn import Category, Classification, Level, Reason


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    PENDING = "pending"
    """Somebody works on it, or waits for somebody else on our side."""
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def active(self) -> bool:
        """Whether there is still something to do."""
        return self not in (TicketStatus.RESOLVED, TicketStatus.CLOSED)


_ENDS = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
TRANSITIONS: Mapping[TicketStatus, tuple[TicketStatus, ...]] = {
    TicketStatus.OPEN: (TicketStatus.PENDING, TicketStatus.WAITING_FOR_CUSTOMER, *_ENDS),
    TicketStatus.PENDING: (TicketStatus.OPEN, TicketStatus.WAITING_FOR_CUSTOMER, *_ENDS),
    TicketStatus.WAITING_FOR_CUSTOMER: (TicketStatus.OPEN, TicketStatus.PENDING, *_ENDS),
    TicketStatus.RESOLVED: (TicketStatus.CLOSED, TicketStatus.REOPENED),
    TicketStatus.CLOSED: (TicketStatus.REOPENED,),
    TicketStatus.REOPENED: (TicketStatus.PENDING, TicketStatus.WAITING_FOR_CUSTOMER, *_ENDS),
}
"""Which states may follow a state."""


class TicketPriority(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketQueue(StrEnum):
    """Who looks after it."""

    ASSISTANT = "assistant"
    PEOPLE = "people"


class IllegalTransitionError(ConflictError):
    """A ticket cannot go from the state it is in to the state that was asked for."""


class TicketChangedError(ConflictError):
    """The ticket has changed since the version that the caller has read."""


class Ticket(BaseModel):
    """A request that somebody looks after."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    ticket_id: str
    conversation_id: str
    """Where it is talked about; empty for a ticket without a conversation."""
    customer_id: str = ""
    """Empty where nobody knows whose it is."""
    subject: str
    category: Category
    priority: TicketPriority
    status: TicketStatus = TicketStatus.OPEN
    queue: TicketQueue = TicketQueue.PEOPLE
    reason: Reason
    """Why it was opened: that of a handover, else an explicit request."""
    created_at: datetime
    version: int = Field(default=1, ge=1)
    """Goes up with every change and comment."""
    user_id: str = ""
    """The customer's id at the company."""
    email: str = ""
    """Where the customer is told of changes."""
    description: str = ""
    channel: str = ""
    """How it came, such as ``chat``, ``email``, ``phone``, ``web``."""
    tags: tuple[str, ...] = ()
    assignee: str = ""
    """Id of the person who works on it."""
    routing: tuple[str, ...] = ()
    """Why it went to the queue that it was opened in."""
    site_id: str = ""
    """Whose business hours count; empty: those of the settings."""
    told_in: str = ""
    """Conversation in which the customer hears of changes, where that is not the ticket's own."""
    updated_at: datetime | None = None
    """None where nothing has changed yet."""
    first_response_due_at: datetime | None = None
    resolution_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    resolved_at: datetime | None = None
    waiting_since: datetime | None = None
    """From when it waits for the customer: meanwhile nobody is late with it."""

    def first_response_overdue(self, now: datetime) -> bool:
        """Tell whether the first answer came, or still stays away, after it was due."""
        due, came = self.first_response_due_at, self.first_responded_at
        return due is not None and (came or (now if self.status.active else due)) > due

    def resolution_overdue(self, now: datetime) -> bool:
        """Tell whether it was, or still is to be, resolved after it was due; never while it waits for the customer."""
        due = self.resolution_due_at
        if due is None or (self.status.active and self.waiting_since is not None):
            return False
        return (now if self.status.active else self.resolved_at or due) > due


def check_transition(before: TicketStatus, after: TicketStatus) -> None:
    """Let a change of state pass.

    Raises
    ------
    IllegalTransitionError
        The one does not follow the other; the message names what does.
    """
    if after is not before and after not in TRANSITIONS[before]:
        allowed = ", ".join(TRANSITIONS[before])
        raise IllegalTransitionError(f"a ticket that is {before} cannot become {after}; it can become: {allowed}")


_PRIORITIES = {
    Level.LOW: TicketPriority.LOW,
    Level.MEDIUM: TicketPriority.NORMAL,
    Level.HIGH: TicketPriority.HIGH,
    Level.CRITICAL: TicketPriority.URGENT,
}
_RAISED = {
    TicketPriority.LOW: TicketPriority.NORMAL,
    TicketPriority.NORMAL: TicketPriority.HIGH,
    TicketPriority.HIGH: TicketPriority.URGENT,
    TicketPriority.URGENT: TicketPriority.URGENT,
}
_URGENCY = list(TicketPriority)


def priority_of(classification: Classification | None, reason: Reason, tier: Tier = Tier.FREE) -> TicketPriority:
    """Return the priority: the urgency's, at least high where law is named; normal where nothing is known.

    What premium customers pay for raises it by one step up to high, what enterprise customers pay for up to urgent.
    """
    priority = TicketPriority.NORMAL if classification is None else _PRIORITIES[classification.urgency_level]
    if reason is Reason.LEGAL or (classification is not None and classification.legal):
        priority = most_urgent(priority, TicketPriority.HIGH)
    if tier is Tier.ENTERPRISE or (tier is Tier.PREMIUM and priority in (TicketPriority.LOW, TicketPriority.NORMAL)):
        return _RAISED[priority]
    return priority


def most_urgent(*priorities: TicketPriority) -> TicketPriority:
    """Return the most urgent one."""
    return max(priorities, key=_URGENCY.index)


def wished_priority(wish: TicketPriority | None, computed: TicketPriority) -> TicketPriority:
    """Return the priority that a customer's own wish leads to: what is urgent is not for them alone to say."""
    if wish is None:
        return computed
    return (
        computed
        if wish is TicketPriority.URGENT and computed is TicketPriority.URGENT
        else min(wish, TicketPriority.HIGH, key=_URGENCY.index)
    )


def subject_of(question: str, *, max_characters: int = 80) -> str:
    """Return the first line of the question, cut at a word, as the ticket's subject; of a mail its subject."""
    lines = question.removeprefix(SUBJECT_MARK).splitlines()
    line = next((part.strip() for part in lines if part.strip()), "")
    if len(line) <= max_characters:
        return line
    return line[: max_characters - 3].rsplit(" ", 1)[0] + "..."


_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_TICKET_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")


def canonical_ticket_id(text: str) -> str:
    """Return a ticket's id as people type or say it: any case, O for 0, I and L for 1, spaces, hyphens, ``#``.

    Returns
    -------
    str
        Eight characters, or empty where the text is no id.
    """
    plain = re.sub(r"[\s#-]", "", text).upper().translate(_LOOK_ALIKES)
    return plain if _TICKET_ID.fullmatch(plain) else ""
