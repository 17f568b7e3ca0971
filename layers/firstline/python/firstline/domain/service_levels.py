"""When a ticket's first answer and its resolution are due, in hours in which people are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.business_hours import BusinessHours
from firstline.domain.errors import InvalidInputError
from firstline.domain.ticket import Ticket, TicketPriority, TicketStatus

_LONGEST_HOURS = 10_000.0


@dataclass(frozen=True)
class ServiceLevels:
    """Hours by priority; a priority without hours is never due."""

    first_response: Mapping[TicketPriority, timedelta]
    resolution: Mapping[TicketPriority, timedelta]

    @classmethod
    def parse(cls, first_response: str, resolution: str) -> ServiceLevels:
        """Read hours such as ``urgent=1, high=4, normal=8, low=24``.

        Raises
        ------
        InvalidInputError
            A part names no priority, or no hours above 0.
        """
        return cls(_hours(first_response), _hours(resolution))

    def promised(self, ticket: Ticket, hours: BusinessHours) -> Ticket:
        """Return the ticket with its due times, counted from its creation in business hours."""
        first, last = self.first_response.get(ticket.priority), self.resolution.get(ticket.priority)
        return ticket.model_copy(
            update={
                "first_response_due_at": hours.after(ticket.created_at, first) if first else None,
                "resolution_due_at": hours.after(ticket.created_at, last) if last else None,
            }
        )


def in_state(ticket: Ticket, status: TicketStatus, *, now: datetime, hours: BusinessHours) -> Ticket:
    """Return the ticket in another state, with what follows for its times.

    While it waits for the customer the clock of its resolution stands still; a reopened one is not resolved.
    """
    if status is ticket.status:
        return ticket
    changes: dict[str, object] = {"status": status}
    if ticket.waiting_since is not None:
        changes["waiting_since"] = None
        if ticket.resolution_due_at is not None:
            left = hours.between(ticket.waiting_since, ticket.resolution_due_at)
            changes["resolution_due_at"] = hours.after(now, left) if left else ticket.resolution_due_at
    if status is TicketStatus.WAITING_FOR_CUSTOMER:
        changes["waiting_since"] = now
    if not status.active and ticket.status.active:
        changes["resolved_at"] = now
    if status is TicketStatus.REOPENED:
        changes["resolved_at"] = None
    return ticket.model_copy(update=changes)


def _hours(text: str) -> dict[TicketPriority, timedelta]:
    found = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, _, number = part.partition("=")
        try:
            hours = float(number)
            priority = TicketPriority(name.strip())
        except ValueError as error:
            raise InvalidInputError(f"hours by priority look like urgent=1, high=4, not {part!r:.60}") from error
        if not 0 < hours <= _LONGEST_HOURS:
            raise InvalidInputError(f"hours are above 0 and at most {_LONGEST_HOURS:g}, not {part!r:.60}")
        found[priority] = timedelta(hours=hours)
    return found
