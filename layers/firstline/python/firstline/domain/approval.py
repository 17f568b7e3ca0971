"""What waits for a person's approval, and what becomes of it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MAX_PENDING = 5
"""Most that may wait in one conversation at once."""


class ApprovalStatus(StrEnum):
    """Where it stands."""

    PENDING = "pending"
    APPROVED = "approved"
    """Decided, and about to be carried out."""
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED = "failed"
    """Approved, but it is not known that it was carried out: people have a ticket."""


class Approval(BaseModel):
    """A call of a tool that a person has to approve."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    approval_id: str
    """``<conversation id>-<16 hex digits of turn and call>``."""
    conversation_id: str
    turn_id: str
    customer_id: str
    user_id: str = ""
    """The customer's id at the company, where it is proven; else empty."""
    tool: str
    arguments: dict[str, Any]
    """As they will be carried out: what was asked for, or what the person has made of it."""
    digest: str
    """Of tool and arguments as they were asked for."""
    asked: str = ""
    """The customer's own words."""
    status: ApprovalStatus = ApprovalStatus.PENDING
    version: int = Field(default=1, ge=1)
    """Goes up with every change."""
    requested_at: datetime
    decide_by: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    seen_version: int = 0
    """The version that was decided on."""
    note: str = ""
    """Of the person who decided; a rejected customer is told it."""
    edited: bool = False
    """The arguments are not those that were asked for."""
    attempts: int = Field(default=0, ge=0)
    """How often it was begun to be carried out."""
    lease_until: datetime | None = None
    """Until when whoever has begun it is left to it."""
    ticket_id: str = ""
    """Where people see to it, once it is approved."""

    @property
    def place(self) -> tuple[str, str]:
        """Conversation and id."""
        return self.conversation_id, self.approval_id


def approval_id_of(conversation_id: str, turn_id: str, digest: str) -> str:
    """Return the id: the same for the same call of the same turn."""
    return f"{conversation_id}-{hashlib.sha256(f'{turn_id} {digest}'.encode()).hexdigest()[:16]}"


def conversation_of_approval(approval_id: str) -> str:
    """Return the conversation that an approval's id names; empty where it is no such id."""
    return approval_id.rpartition("-")[0]
