"""Do what a customer asks for without a model: the request is read by rules, and the tool's own words are the reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firstline.domain.language_model import ToolCall
from firstline.domain.mail.own_words import said
from firstline.domain.slots import ToolRequest, read_request
from firstline.domain.ticket_codes import named_code, resolve_code, ticket_codes
from firstline.domain.tool_catalogue import bounded
from firstline.domain.tool_texts import TICKET_TEXT_MISSING, WHICH_TICKET
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.services.use_tools import UseTools

_OF_A_TICKET = ("get_ticket_status", "update_ticket")

TicketIds = Callable[[Turn], list[str]]
"""Returns the ids of the tickets that the customer of a turn may see, those with something left to do first."""


class ActWithoutModel:
    """Parameters: the tools, and what tells which tickets a customer has."""

    def __init__(self, tools: UseTools, ticket_ids: TicketIds) -> None:
        self._tools = tools
        self._ticket_ids = ticket_ids

    def can_act(self, turn: Turn) -> bool:
        """Tell whether the customer asks for something that ``act`` would do; for the policy."""
        return read_request(said(turn), turn.identified.history) is not None

    def act(self, turn: Turn) -> ToolOutcome | None:
        """Do what is asked for; None where the customer asks to be told something. Raises as ``UseTools.call``."""
        request = read_request(said(turn), turn.identified.history)
        if request is None:
            return None
        if request.missing:
            return _said({"missing": request.missing}, TICKET_TEXT_MISSING)
        arguments: dict[str, Any] = dict(request.arguments)
        if request.tool in _OF_A_TICKET:
            found = self._ticket(turn, request)
            if isinstance(found, ToolOutcome):
                return found
            arguments["ticket_id"] = found
        return self._tools.call_as_asked(turn, ToolCall(f"asked-{turn.turn_id}", request.tool, arguments))

    def _ticket(self, turn: Turn, request: ToolRequest) -> str | ToolOutcome:
        """Return the id of the ticket that is meant, or what there is to say where none is."""
        own = self._ticket_ids(turn)
        codes = ticket_codes(said(turn))
        found = resolve_code(codes, own, near=request.tool == "get_ticket_status")
        if found:
            return found
        named = named_code(said(turn))
        if named:
            return named
        if len(own) == 1:
            return own[0]
        listed = self._tools.call_as_asked(turn, ToolCall(f"asked-{turn.turn_id}", "get_user_tickets", {}))
        if not own:
            return listed
        return _said({"error": "which ticket"}, f"{WHICH_TICKET}\n\n{listed.text}")


def _said(content: dict[str, Any], text: str) -> ToolOutcome:
    return ToolOutcome(ToolStatus.DONE, bounded(content), text)
