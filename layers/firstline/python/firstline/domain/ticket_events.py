"""What happens to a ticket, entry by entry, and which of it the customer may know."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

CUSTOMER, ASSISTANT, SYSTEM = "customer", "assistant", "system"
"""Who does something, where it is no person of the company with an id."""


class TicketEventKind(StrEnum):
    """What happened."""

    OPENED = "opened"
    HANDED_OVER = "handed_over"
    """The assistant has passed it on to people."""
    HANDED_OVER_AGAIN = "handed_over_again"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    UPDATED = "updated"
    COMMENTED = "commented"
    ANSWERED = "answered"
    """The assistant has answered."""


PUBLIC_FIELDS = frozenset({"status", "priority", "subject", "category"})
"""Fields whose changes the customer may know."""


class TicketEvent(BaseModel):
    """One entry of a ticket's log."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    seq: int = Field(default=1, ge=1)
    at: datetime
    kind: TicketEventKind
    by: str = ""
    """``customer``, ``assistant``, ``system``, or the id of the person; empty in entries of old."""
    note: str = ""
    """What was asked, said or answered."""
    internal: bool = False
    """For people of the company alone."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """By field, its value afterwards."""
    turn_id: str = ""
    """The turn that gave the answer."""

    def as_public(self) -> TicketEvent | None:
        """Return the entry as the customer may see it: no internal note, no person's id; None where nothing is left."""
        if self.internal:
            return None
        changes = {name: value for name, value in self.changes.items() if name in PUBLIC_FIELDS}
        if self.changes and not changes and not self.note:
            return None
        by = self.by if self.by in ("", CUSTOMER, ASSISTANT, SYSTEM) else "agent"
        return self.model_copy(update={"changes": changes, "by": by})
