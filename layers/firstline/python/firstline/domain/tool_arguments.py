"""What may be asked of each tool; the JSON schemas that a language model is given come from here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from firstline.domain.tool_errors import InvalidToolArgumentsError

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[A-Za-z]{2,63}")
_PHONE = re.compile(r"\+?[\d ()/.-]{6,24}")

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=4_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]
TicketCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=32)]


class ToolArguments(BaseModel):
    """Arguments of a tool; what is not named here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class SearchFaq(ToolArguments):
    """Search the help articles and FAQs."""

    query: Annotated[Line, Field(min_length=1, description="What to search for, in a few words")]
    limit: Annotated[int, Field(ge=1, le=5, description="Most articles that come back")] = 3


class CreateTicket(ToolArguments):
    """Open a ticket for the customer of this conversation."""

    description: Annotated[Words, Field(min_length=1, description="The problem, in the customer's words")]
    subject: Annotated[Line, Field(description="One line; empty: the description's first")] = ""


class GetTicketStatus(ToolArguments):
    """Look up one of the customer's tickets."""

    ticket_id: Annotated[TicketCode, Field(description="Id of the ticket, as the customer wrote it")]


class UpdateTicket(ToolArguments):
    """Comment on, close or reopen one of the customer's tickets."""

    ticket_id: Annotated[TicketCode, Field(description="Id of the ticket, as the customer wrote it")]
    comment: Annotated[Words, Field(description="What the customer adds")] = ""
    status: Annotated[Literal["", "closed", "reopened"], Field(description="Empty: unchanged")] = ""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if bool(self.comment) == bool(self.status):
            raise ValueError("give either a comment or a status")
        return self


class GetUserTickets(ToolArguments):
    """List the customer's tickets, newest first."""

    only_open: Annotated[bool, Field(description="Leave out those that are resolved or closed")] = True


class LookupAccount(ToolArguments):
    """Look up what is known of the customer of this conversation."""


class EscalateToHuman(ToolArguments):
    """Hand the conversation over to a person."""

    reason: Annotated[
        Literal["asked", "frustrated", "legal", "high_stakes", "not_solved"],
        Field(description="Why a person"),
    ] = "asked"


class RememberFact(ToolArguments):
    """Keep something that the customer has just stated of themselves, for later conversations."""

    kind: Annotated[Literal["name", "product", "plan", "language", "tone"], Field(description="What it is about")]
    value: Annotated[
        Line,
        Field(
            min_length=1,
            description="As stated; an ISO 639-1 code for language; concise, detailed, simple, "
            "technical, formal or casual for tone",
        ),
    ]


class UpdateAccount(ToolArguments):
    """Change the customer's account, refund, close it or delete their data; a person has to approve it first."""

    action: Annotated[Literal["change", "refund", "close_account", "delete_data"], Field(description="What to do")]
    field: Annotated[
        Literal["", "email", "phone", "address", "company", "plan", "name"], Field(description="Of a change: what")
    ] = ""
    value: Annotated[Line, Field(description="Of a change: the new value")] = ""
    detail: Annotated[Words, Field(description="What the person who approves should know")] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.action != "change":
            if self.field or self.value:
                raise ValueError("field and value belong to a change only")
            return self
        if not self.field or not self.value:
            raise ValueError("a change needs field and value")
        if self.field == "email" and not _EMAIL.fullmatch(self.value):
            raise ValueError("this is no e-mail address")
        if self.field == "phone" and not _PHONE.fullmatch(self.value):
            raise ValueError("this is no phone number")
        return self


def require_text(arguments: Mapping[str, Any]) -> None:
    """Refuse what no text can hold: halves of surrogate pairs, which no store and no system takes.

    Raises
    ------
    InvalidToolArgumentsError
    """
    try:
        json.dumps(arguments, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise InvalidToolArgumentsError("the arguments hold what is no text") from error


def schema_of(arguments: type[ToolArguments]) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments, without the titles and the model's own description."""
    schema: dict[str, Any] = _without_titles(arguments.model_json_schema())
    schema.pop("description", None)
    return {"type": "object", **schema, "properties": schema.get("properties", {})}


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
        return {key: _without_titles(value) for key, value in kept.items()}
    return [_without_titles(entry) for entry in schema] if isinstance(schema, list) else schema
