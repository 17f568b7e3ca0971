"""Events that the company's own systems subscribe to, and the deliveries that tell them, or a customer, of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import ConflictError, InvalidInputError
from firstline.domain.ticket_events import TicketEventKind

MAX_SUBSCRIPTIONS = 20
"""Each adds an operation to the transaction of every event that it is told of."""

EVENT_HEADER = "Firstline-Event"


class EventType(StrEnum):
    """What may be subscribed to."""

    TICKET_CREATED = "ticket.created"
    TICKET_UPDATED = "ticket.updated"
    TICKET_COMMENTED = "ticket.commented"
    TICKET_ANSWERED = "ticket.answered"
    TICKET_HANDED_OVER = "ticket.handed_over"
    TICKET_RESOLVED = "ticket.resolved"
    TICKET_CLOSED = "ticket.closed"
    TICKET_REOPENED = "ticket.reopened"
    CONVERSATION_REPLIED = "conversation.replied"
    CONVERSATION_HANDED_OVER = "conversation.handed_over"
    CONVERSATION_TAKEN = "conversation.taken"
    CONVERSATION_TRANSFERRED = "conversation.transferred"
    CONVERSATION_HANDED_BACK = "conversation.handed_back"
    CONVERSATION_CLOSED = "conversation.closed"


TYPE_OF: Mapping[TicketEventKind, EventType] = {
    TicketEventKind.OPENED: EventType.TICKET_CREATED,
    TicketEventKind.HANDED_OVER: EventType.TICKET_HANDED_OVER,
    TicketEventKind.HANDED_OVER_AGAIN: EventType.TICKET_HANDED_OVER,
    TicketEventKind.RESOLVED: EventType.TICKET_RESOLVED,
    TicketEventKind.CLOSED: EventType.TICKET_CLOSED,
    TicketEventKind.REOPENED: EventType.TICKET_REOPENED,
    TicketEventKind.UPDATED: EventType.TICKET_UPDATED,
    TicketEventKind.COMMENTED: EventType.TICKET_COMMENTED,
    TicketEventKind.ANSWERED: EventType.TICKET_ANSWERED,
}

_GROUPS = ("*", "ticket.*", "conversation.*")


class SubscriptionChangedError(ConflictError):
    """The subscription has changed since the version that the caller has read."""


class Subscription(BaseModel):
    """Where events go."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    webhook_id: str
    url: str
    events: tuple[str, ...]
    """Types, or groups of them: ``*``, ``ticket.*``, ``conversation.*``."""
    secret: str
    active: bool = True
    description: str = ""
    version: int = Field(default=1, ge=1)
    created_at: datetime
    created_by: str = ""

    def wants(self, kind: EventType) -> bool:
        """Tell whether it is told of events of this type."""
        group = f"{kind.value.partition('.')[0]}.*"
        return self.active and any(name in self.events for name in ("*", group, kind.value))


def checked_events(events: list[str]) -> tuple[str, ...]:
    """Return the names in order, each once.

    Raises
    ------
    InvalidInputError
        There is none, or one that is no event.
    """
    known = {*EventType, *_GROUPS}
    unknown = [name for name in events if name not in known]
    if unknown or not events:
        raise InvalidInputError(f"events are {', '.join([*_GROUPS, *EventType])}")
    return tuple(dict.fromkeys(events))


class DeliveryChannel(StrEnum):
    """How an event is told."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    """To the customer, at the ticket's address."""
    TEAM = "team"
    """By mail to the people who are told of handovers."""


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one receiver.

    It holds ids alone; what it says is read when it is sent, so that an erased customer is in no delivery.
    """

    delivery_id: str
    """The same in every try, so that receivers can drop what comes twice."""
    event_id: str
    """The same for every receiver."""
    channel: DeliveryChannel
    event: EventType
    webhook_id: str
    """Empty for mail."""
    conversation_id: str
    ticket_id: str
    seq: int
    """Place of what happened in the ticket's log, or in the conversation's where no ticket is named."""
    created_at: datetime
    attempts: int = 0
    due_key: str = ""
    """Its place among what is due; changes whenever somebody takes it up."""

    @property
    def out_id(self) -> str:
        """Its id in the outbox."""
        return self.delivery_id

    @property
    def receiver(self) -> str:
        """Who is left alone for a while after failures: the webhook, or all mail."""
        return self.webhook_id or DeliveryChannel.MAIL.value


def delivery_json(delivery: Delivery, data: Mapping[str, Any]) -> bytes:
    """Return the body of a webhook.

    Parameters
    ----------
    data : mapping
        ``ticket`` with ``event``, or ``conversation`` with ``event``; JSON values.
    """
    content = {
        "id": delivery.event_id,
        "delivery_id": delivery.delivery_id,
        "type": delivery.event.value,
        "created_at": delivery.created_at.isoformat(),
        "data": dict(data),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
