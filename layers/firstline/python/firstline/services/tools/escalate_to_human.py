"""Tool ``escalate_to_human``: ends the turn in a handover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.domain.tool_catalogue import BY_NAME, bounded
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Reason, Turn
from firstline.services.tools.tool import BuiltInTool, Effect

_REASONS = {
    "asked": Reason.EXPLICIT_REQUEST,
    "frustrated": Reason.HIGH_FRUSTRATION,
    "legal": Reason.LEGAL,
    "high_stakes": Reason.HIGH_STAKES,
    "not_solved": Reason.NO_PROGRESS,
}


class EscalateToHumanTool(BuiltInTool):
    """The handover itself is committed with the reply."""

    specification = BY_NAME["escalate_to_human"]

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Ask for a person."""
        reason = _REASONS[str(arguments["reason"])]
        return Effect(ToolOutcome(ToolStatus.HAND_OVER, bounded({"handed_over": True}), handover_reason=reason))
