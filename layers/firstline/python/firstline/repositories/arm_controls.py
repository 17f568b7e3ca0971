"""What holds for single arms beside what was learned: paused, capped, frozen, and how much is explored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, NotExists
from firstline.domain.turn import Strategy
from firstline.repositories import learning_keys
from firstline.repositories.schema import Schema

CONTROL = Schema("arm_control", version=1)
EVERYWHERE = "all"
"""Segment of a control that holds in all of them."""


class ArmControl(BaseModel):
    """One arm in one segment (a category, or ``all``)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    segment: str
    arm: Strategy
    paused: bool = False
    """Set by a person: the arm is not chosen."""
    cap: float = Field(default=1.0, ge=0.0, le=1.0)
    """Set by a person: largest probability with which it is chosen."""
    least: float = Field(default=0.0, ge=0.0, le=0.2)
    """Set by a person: least probability with which it is chosen where it may be, whatever was learned."""
    frozen: bool = False
    """Set by the guard: its figures went beyond their bound."""
    reason: str = ""
    by: str = ""
    at: datetime
    lifted: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By policy version, the guard's counts when a person lifted a freeze: only what came after them counts."""
    version: int = Field(default=1, ge=1)


class ArmControlRepository:
    """Keys: ``LEARN#CONTROLS`` / ``<segment>#<arm>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, *, consistent: bool = False) -> list[ArmControl]:
        """Return every control, by segment and arm."""
        page = self._table.query(learning_keys.ARM_CONTROLS, consistent=consistent)
        return [ArmControl.model_validate_json(CONTROL.load(item)["body"]) for item in page.items]

    def get(self, segment: str, arm: Strategy) -> ArmControl | None:
        """Return the control of one arm, read consistently; None where there is none."""
        item = self._table.get(learning_keys.ARM_CONTROLS, f"{segment}#{arm.value}")
        return ArmControl.model_validate_json(CONTROL.load(item)["body"]) if item else None

    def put(self, control: ArmControl, *, seen: ArmControl | None) -> bool:
        """Store a control in the place of the one seen; False where another has come in between."""
        version = seen.version + 1 if seen else 1
        body = control.model_copy(update={"version": version}).model_dump_json()
        try:
            self._table.update(
                learning_keys.ARM_CONTROLS,
                f"{control.segment}#{control.arm.value}",
                set=CONTROL.stamp({"body": body, "version": version}),
                condition=Compare("version", "=", seen.version) if seen else NotExists(),
            )
        except ConditionFailedError:
            return False
        return True


def of_segment(controls: Sequence[ArmControl], segment: str, parent: str) -> dict[Strategy, list[ArmControl]]:
    """Return the controls that hold in a segment, by arm: its own, its parent's and those of everywhere."""
    found: dict[Strategy, list[ArmControl]] = {arm: [] for arm in Strategy}
    for control in controls:
        if control.segment in (segment, parent, EVERYWHERE):
            found[control.arm].append(control)
    return found
