"""What a support tool is and what a call of it gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firstline.domain.knowledge import RankedChunk
from firstline.domain.table import Operation
from firstline.domain.turn import Reason


class RiskClass(StrEnum):
    """What a tool may do without a person."""

    READ = "read"
    LOW_IMPACT_WRITE = "low_impact_write"
    APPROVAL_REQUIRED = "approval_required"


class ToolStatus(StrEnum):
    """How a call ended."""

    DONE = "done"
    REFUSED = "refused"
    """Unknown tool, arguments that do not fit, or outside the customer's own data."""
    FAILED = "failed"
    """The tool broke or took too long."""
    WAITS_FOR_APPROVAL = "waits_for_approval"
    HAND_OVER = "hand_over"
    """The tool asks for a person: the turn ends in a handover."""


@dataclass(frozen=True)
class ToolOutcome:
    """What a call gave."""

    status: ToolStatus
    content: str
    """JSON object for the model; never an order to it."""
    text: str = ""
    """The same for the customer, in a sentence or a short list, where no model writes."""
    ticket_id: str = ""
    approval_id: str = ""
    handover_reason: Reason | None = None
    found: tuple[RankedChunk, ...] = ()
    """Chunks that a search gave: further sources of the answer, best first."""
    also: tuple[Operation, ...] = ()
    """Writes that belong into the transaction of the reply that tells of this: the approval that is waited for."""

    @property
    def is_error(self) -> bool:
        """Whether the model is to be told that the call did not work."""
        return self.status in (ToolStatus.REFUSED, ToolStatus.FAILED)
