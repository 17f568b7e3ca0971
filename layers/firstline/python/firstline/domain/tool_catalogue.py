"""The tools that Firstline brings along: name, risk, arguments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from firstline.domain.language_model import ToolDefinition
from firstline.domain.ticket_codes import normalised_code
from firstline.domain.tool_arguments import (
    CreateTicket,
    EscalateToHuman,
    GetTicketStatus,
    GetUserTickets,
    LookupAccount,
    RememberFact,
    SearchFaq,
    ToolArguments,
    UpdateAccount,
    UpdateTicket,
    schema_of,
)
from firstline.domain.tools import RiskClass

_FREE_TEXT = ("subject", "description", "comment", "detail")

MAX_RESULT_CHARACTERS = 6_000
"""Most characters of a result that a model is given."""


@dataclass(frozen=True)
class ToolSpecification:
    """One tool."""

    name: str
    risk: RiskClass
    arguments: type[ToolArguments]

    @cached_property
    def definition(self) -> ToolDefinition:
        """What a language model is told of it; the description is that of its arguments."""
        text = " ".join((self.arguments.__doc__ or "").split())
        return ToolDefinition(self.name, text, schema_of(self.arguments))


CATALOGUE = (
    ToolSpecification("search_faq", RiskClass.READ, SearchFaq),
    ToolSpecification("create_ticket", RiskClass.LOW_IMPACT_WRITE, CreateTicket),
    ToolSpecification("get_ticket_status", RiskClass.READ, GetTicketStatus),
    ToolSpecification("update_ticket", RiskClass.LOW_IMPACT_WRITE, UpdateTicket),
    ToolSpecification("get_user_tickets", RiskClass.READ, GetUserTickets),
    ToolSpecification("lookup_account", RiskClass.READ, LookupAccount),
    ToolSpecification("escalate_to_human", RiskClass.LOW_IMPACT_WRITE, EscalateToHuman),
    ToolSpecification("remember_fact", RiskClass.LOW_IMPACT_WRITE, RememberFact),
    ToolSpecification("update_account", RiskClass.APPROVAL_REQUIRED, UpdateAccount),
)
"""In the order in which a model is told of them: part of the stable prefix of every request."""

BY_NAME: Mapping[str, ToolSpecification] = {tool.name: tool for tool in CATALOGUE}


def call_digest(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return 16 hex digits that are the same for the same tool with the same arguments, in any order."""
    canonical = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def call_place(tool: str, arguments: Mapping[str, Any], nth: int, *, outside: bool) -> str:
    """Return which of a turn's calls one is, the same in whatever words another attempt makes it.

    Parameters
    ----------
    nth : int
        How many calls of the same kind the answer has made before it, >= 0.
    outside : bool
        Of a company's own tool: any of its arguments may be worded otherwise.
    """
    fixed = {} if outside else {name: value for name, value in arguments.items() if value and name not in _FREE_TEXT}
    if "ticket_id" in fixed:
        fixed["ticket_id"] = normalised_code(str(fixed["ticket_id"]))
    return f"{call_digest(tool, fixed)}-{nth}"


def bounded(result: Mapping[str, Any], *, most: int = MAX_RESULT_CHARACTERS) -> str:
    """Return a result as JSON of at most so many characters, >= 18.

    What is longest loses its end until everything fits: a list its last entries, anything else the end of its text;
    ``truncated`` tells of it.
    """
    text = _json(result)
    if len(text) <= most:
        return text
    kept: dict[str, Any] = {**result, "truncated": True}
    while len(text := _json(kept)) > most:
        name = max((key for key in kept if key != "truncated"), key=lambda key: len(_json(kept[key])))
        value = kept[name]
        plain = value if isinstance(value, str) else _json(value)
        if isinstance(value, list) and len(value) > 1:
            kept[name] = value[: -max(1, len(value) // 8)]
        elif plain:
            kept[name] = plain[: -min(len(plain), len(text) - most)]
        else:
            del kept[name]
    return text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
