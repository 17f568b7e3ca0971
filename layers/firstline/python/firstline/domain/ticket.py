"""Tickets: what people are asked to look after."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from firstline.domain.turn import Category, Classification, Level, Reason


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class TicketPriority(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Ticket(BaseModel):
    """A request that a person looks after."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    ticket_id: str
    conversation_id: str
    customer_id: str = ""
    subject: str
    category: Category
    priority: TicketPriority
    status: TicketStatus = TicketStatus.OPEN
    queue: str = "people"
    reason: Reason
    created_at: datetime


_PRIORITIES = {
    Level.LOW: TicketPriority.LOW,
    Level.MEDIUM: TicketPriority.NORMAL,
    Level.HIGH: TicketPriority.HIGH,
    Level.CRITICAL: TicketPriority.URGENT,
}


def priority_of(classification: Classification | None, reason: Reason) -> TicketPriority:
    """Return the priority: the urgency's, but at least high where law is named; normal where nothing is known."""
    if classification is None:
        return TicketPriority.NORMAL
    priority = _PRIORITIES[classification.urgency_level]
    if reason is Reason.LEGAL and priority is not TicketPriority.URGENT:
        return TicketPriority.HIGH
    return priority


def subject_of(question: str, *, max_characters: int = 80) -> str:
    """Return the first line of the question, cut at a word, as the ticket's subject."""
    line = next((part.strip() for part in question.splitlines() if part.strip()), "")
    if len(line) <= max_characters:
        return line
    return line[: max_characters - 3].rsplit(" ", 1)[0] + "..."
