"""Who looks after a new ticket first: the assistant or people. Decided in code, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firstline.domain.ticket import TicketPriority, TicketQueue
from firstline.domain.turn import Classification, Intent


class RoutingReason(StrEnum):
    """Why a ticket went to a queue."""

    ROUTINE = "routine"
    """Nothing speaks against the assistant."""
    QUEUE_NAMED = "queue_named"
    """Who opened it has said which queue."""
    SWITCHED_OFF = "switched_off"
    BOT_PAUSED = "bot_paused"
    ASSIGNED = "assigned"
    """A person was named with it."""
    TOO_LONG = "too_long"
    """Longer than any message that the assistant takes."""
    MANY_TICKETS = "many_tickets"
    """A visitor whom nobody vouches for has several already: each ticket of the assistant's costs."""
    LEGAL = "legal"
    EXPLICIT_REQUEST = "explicit_request"
    """It asks for a person."""
    URGENT = "urgent"
    HIGH_FRUSTRATION = "high_frustration"
    NEGATIVE_SENTIMENT = "negative_sentiment"


@dataclass(frozen=True)
class RoutingLimits:
    """What the assistant may look after."""

    on: bool = True
    bot_paused: bool = False
    frustration: float = 0.8
    """In [0, 1]; from this on people look."""
    sentiment: float = -0.5
    """In [-1, 1]; below this, where the sentiment is sure, people look."""
    max_characters: int = 4000


@dataclass(frozen=True)
class Routing:
    """Where a ticket goes, and everything that led there."""

    queue: TicketQueue
    reasons: tuple[RoutingReason, ...]


MOST_OF_A_VISITOR = 3
"""Tickets of a visitor after which people look first."""

_SURE_SENTIMENT = 0.6


def should_auto_handle(
    text: str,
    classification: Classification,
    priority: TicketPriority,
    limits: RoutingLimits,
    *,
    assignee: str = "",
    many: bool = False,
    wanted: TicketQueue | None = None,
) -> Routing:
    """Return the queue of a new ticket.

    Parameters
    ----------
    text : str
        Subject and description.
    assignee : str
        Id of a person who was named with it; empty for nobody.
    many : bool
        A visitor has as many tickets as the assistant looks after for one.
    wanted : TicketQueue, optional
        What somebody of the company asked for; the assistant then looks at whatever it can.
    """
    if wanted is TicketQueue.PEOPLE:
        return Routing(TicketQueue.PEOPLE, (RoutingReason.QUEUE_NAMED,))
    cannot = {
        RoutingReason.BOT_PAUSED: limits.bot_paused,
        RoutingReason.TOO_LONG: len(text) > limits.max_characters,
    }
    should_not = {
        RoutingReason.SWITCHED_OFF: not limits.on,
        RoutingReason.ASSIGNED: bool(assignee),
        RoutingReason.MANY_TICKETS: many,
        RoutingReason.LEGAL: classification.legal,
        RoutingReason.EXPLICIT_REQUEST: classification.intent is Intent.HUMAN_REQUEST,
        RoutingReason.URGENT: priority is TicketPriority.URGENT,
        RoutingReason.HIGH_FRUSTRATION: classification.frustration >= limits.frustration,
        RoutingReason.NEGATIVE_SENTIMENT: classification.sentiment < limits.sentiment
        and classification.sentiment_confidence >= _SURE_SENTIMENT,
    }
    against = cannot if wanted is TicketQueue.ASSISTANT else {**cannot, **should_not}
    reasons = tuple(reason for reason, holds in against.items() if holds)
    if reasons:
        return Routing(TicketQueue.PEOPLE, reasons)
    named = wanted is TicketQueue.ASSISTANT
    return Routing(TicketQueue.ASSISTANT, (RoutingReason.QUEUE_NAMED if named else RoutingReason.ROUTINE,))
