"""Bodies of the routes below /api/v1/tickets."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from firstline.domain.ticket import Ticket, TicketPriority, TicketQueue, TicketStatus
from firstline.domain.ticket_changes import (
    MAX_COMMENT,
    MAX_DESCRIPTION,
    MAX_SUBJECT,
    MAX_TAG,
    MAX_TAGS,
    says_something,
)
from firstline.domain.ticket_events import TicketEvent
from firstline.domain.turn import Category

_ALSO = {
    "medium": TicketPriority.NORMAL.value,
    "critical": TicketPriority.URGENT.value,
    "in_progress": TicketStatus.PENDING.value,
    "waiting": TicketStatus.WAITING_FOR_CUSTOMER.value,
    "solved": TicketStatus.RESOLVED.value,
}
_PRIORITIES = {
    "1": TicketPriority.URGENT.value,
    "2": TicketPriority.HIGH.value,
    "3": TicketPriority.NORMAL.value,
    "4": TicketPriority.LOW.value,
    "5": TicketPriority.LOW.value,
    "highest": TicketPriority.URGENT.value,
    "lowest": TicketPriority.LOW.value,
}
_CATEGORIES = {
    "technical": Category.TECHNICAL_SUPPORT,
    "support": Category.TECHNICAL_SUPPORT,
    "incident": Category.TECHNICAL_SUPPORT,
    "problem": Category.TECHNICAL_SUPPORT,
    "billing": Category.BILLING_INQUIRY,
    "payment": Category.BILLING_INQUIRY,
    "payments": Category.BILLING_INQUIRY,
    "invoice": Category.BILLING_INQUIRY,
    "refund": Category.BILLING_INQUIRY,
    "feature": Category.FEATURE_REQUEST,
    "enhancement": Category.FEATURE_REQUEST,
    "bug": Category.BUG_REPORT,
    "defect": Category.BUG_REPORT,
    "account": Category.ACCOUNT_MANAGEMENT,
    "login": Category.ACCOUNT_MANAGEMENT,
    "access": Category.ACCOUNT_MANAGEMENT,
    "general": Category.GENERAL_INQUIRY,
    "question": Category.GENERAL_INQUIRY,
    "inquiry": Category.GENERAL_INQUIRY,
}
"""What other ticket systems call it; what is not known is worked out of the words."""


def _usual(value: Any) -> Any:
    """Return a word of other ticket systems as ours."""
    if not isinstance(value, str):
        return value
    word = _word(value)
    return _ALSO.get(word, word)


def _word(value: str) -> str:
    return value.strip().casefold().replace(" ", "_").replace("-", "_")


def _priority(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        word = _word(value)
        value = _PRIORITIES.get(word[1:] if re.fullmatch(r"p\d", word) else word, value)
    return _usual(value)


def _category(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = _word(value)
    return word if word in set(Category) else _CATEGORIES.get(word)


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Priority = Annotated[TicketPriority, BeforeValidator(_priority)]
Status = Annotated[TicketStatus, BeforeValidator(_usual)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[
    str, BeforeValidator(_id), StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG)]


class CreateTicketRequest(BaseModel):
    """A ticket to open. Fields that are not known are ignored, as callers of other ticket APIs send their own.

    null is the same as a field left out.
    """

    subject: Line = Field(default="", max_length=MAX_SUBJECT, description="Worked out of the description where empty")
    description: str = Field(
        default="", max_length=MAX_DESCRIPTION, validation_alias=AliasChoices("description", "body", "message")
    )
    customer_id: Name | None = Field(
        default=None, description="Your id of the customer, or ours; a customer's own session needs none"
    )
    priority: Priority | None = Field(
        default=None,
        description="`low`, `normal` or `medium`, `high`, `urgent` or `critical`; or 1 to 4, `P1` to `P4`, of which 1 "
        "is the most urgent; without it, from urgency and tier",
    )
    category: Annotated[Category | None, BeforeValidator(_category)] = Field(
        default=None, description="One of ours, or a usual word such as `billing`; without it, from the words"
    )
    channel: Line = Field(default="api", min_length=1, max_length=20, description="How it came, such as `email`")
    tags: list[Tag] = Field(default=[], max_length=MAX_TAGS)
    email: Line | None = Field(
        default=None,
        max_length=254,
        validation_alias=AliasChoices("email", "customer_email"),
        description="Where the customer is told of changes, where `MAIL_FROM` is set",
    )
    assignee: Name | None = Field(default=None, validation_alias=AliasChoices("assignee", "assigned_to"))
    queue: TicketQueue | None = Field(default=None, description="Without it, the rules say who looks first")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _says_something(self) -> CreateTicketRequest:
        if not says_something(self.subject) and not says_something(self.description):
            raise ValueError("give a subject or a description")
        return self


class ChangeTicketRequest(BaseModel):
    """What is to change; customers may resolve, close and reopen."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    priority: Priority | None = None
    subject: Line | None = Field(default=None, min_length=1, max_length=MAX_SUBJECT)
    category: Category | None = None
    queue: TicketQueue | None = None
    assignee: Annotated[str, StringConstraints(max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = Field(
        default=None, validation_alias=AliasChoices("assignee", "assigned_to"), description="Empty for nobody"
    )
    tags: list[Tag] | None = Field(default=None, max_length=MAX_TAGS, description="All of them")


class CommentRequest(BaseModel):
    """A comment; the customer is told of it unless it is internal."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_COMMENT, validation_alias=AliasChoices("text", "body", "comment"))
    internal: bool = Field(default=False, description="For agents alone")


class TicketResponse(BaseModel):
    """A ticket."""

    ticket_id: str = Field(description="Eight digits and letters that cannot be mistaken for one another")
    customer_id: str = Field(description="Your id of the customer where there is one, else ours")
    firstline_customer_id: str = Field(description="Our id, as the routes below `/customers` take it")
    conversation_id: str
    subject: str
    description: str
    category: Category
    priority: TicketPriority
    status: TicketStatus
    queue: TicketQueue
    routing: list[str] = Field(description="Why it went to the queue it was opened in")
    channel: str
    tags: list[str]
    assignee: str
    version: int = Field(description="Its ETag is what `If-Match` takes")
    created_at: datetime
    updated_at: datetime
    first_response_due_at: datetime | None
    first_responded_at: datetime | None
    first_response_overdue: bool
    resolution_due_at: datetime | None = Field(description="Later, when it comes back, while it waits for the customer")
    resolved_at: datetime | None
    resolution_overdue: bool


class TicketListResponse(BaseModel):
    """One page, the newest first; a moment behind what is stored."""

    tickets: list[TicketResponse]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null where this was the last. A page may be short, or empty, before it"
    )


class TicketEventResponse(BaseModel):
    """One entry of a ticket's log."""

    seq: int
    at: datetime
    kind: str
    by: str = Field(description="`customer`, `assistant`, `system`, or who; customers read `agent` for any person")
    note: str = Field(description="What was asked, said or answered")
    internal: bool
    changes: dict[str, Any] = Field(description="By field, its value afterwards")


class TicketEventList(BaseModel):
    """What happened, in order."""

    events: list[TicketEventResponse]
    next_after_seq: int | None = Field(description="`after_seq` of the next part; null where this was the last")


def ticket_response(ticket: Ticket, *, now: datetime, of_company: bool) -> TicketResponse:
    """Return a ticket as it is shown; a customer sees neither assignee nor tags nor why it went where."""
    shown = ticket.model_dump(exclude={"user_id", "email", "told_in", "site_id", "reason", "waiting_since"})
    shown |= {
        "customer_id": ticket.user_id or ticket.customer_id,
        "firstline_customer_id": ticket.customer_id,
        "updated_at": ticket.updated_at or ticket.created_at,
        "first_response_overdue": ticket.first_response_overdue(now),
        "resolution_overdue": ticket.resolution_overdue(now),
    }
    if not of_company:
        shown |= {"assignee": "", "tags": [], "routing": []}
    return TicketResponse.model_validate(shown)


def event_response(event: TicketEvent) -> TicketEventResponse:
    """Return an entry as it is shown."""
    return TicketEventResponse(**event.model_dump(exclude={"turn_id"}))
