"""An answer, and all that it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from firstline.domain.model_spend import WithoutModel
from firstline.domain.table import Operation
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Action, Citation, Reason, ResolutionMethod
from firstline.services.cache import CacheUse
from firstline.services.writing import ModelUse, ToolUse, Writing


@dataclass(frozen=True)
class Making:
    """How an answer came about; goes into the receipt."""

    prompt_sha256: str = ""
    prompt_version: int = 0
    context: tuple[str, ...] = ()
    """Ids of the chunks that the model was given, in order; neighbours of those that were found are among them."""
    left_out: tuple[str, ...] = ()
    """Ids of the chunks that the model was not given, because they carry orders."""
    use: ModelUse = field(default_factory=ModelUse)
    tools: tuple[ToolUse, ...] = ()
    guard: tuple[Any, ...] = ()
    """Results of the checks, the last one that of the answer."""
    rejections: tuple[str, ...] = ()
    """Why drafts were held back, in order."""
    without_model: WithoutModel | None = None
    """Why no model wrote this."""
    cache: CacheUse = CacheUse.OFF
    """Whether the answer itself was written before."""
    masked: bool = False
    """The model was given placeholders in the place of personal data."""


@dataclass(frozen=True)
class Written:
    """An answer, or why a person is needed instead."""

    text: str
    citations: list[Citation]
    method: ResolutionMethod
    making: Making = field(default_factory=Making)
    action: Action | None = None
    """What was done, where that is not what was decided."""
    reason: Reason | None = None
    also: tuple[Operation, ...] = ()
    """Writes that belong into the reply's transaction."""
    person_for: Reason | None = None
    """Nothing can be told: a person is asked, for this reason."""


def needs_person(reason: Reason, making: Making) -> Written:
    """Return what asks for a person."""
    return Written("", [], ResolutionMethod.HANDOVER, making, person_for=reason)


def of_outcome(outcome: ToolOutcome, making: Making, *, before: str = "") -> Written:
    """Return the answer that a tool's own words are, after what was said ``before``."""
    if outcome.status is ToolStatus.HAND_OVER:
        return needs_person(outcome.handover_reason or Reason.EXPLICIT_REQUEST, making)
    if outcome.status is ToolStatus.FAILED:
        return needs_person(Reason.TOOL_FAILURE, making)
    text = "\n\n".join(filter(None, (before.strip(), outcome.text)))
    if not text:
        return needs_person(Reason.TOOL_FAILURE, making)
    if outcome.status is ToolStatus.WAITS_FOR_APPROVAL:
        action, reason = Action.AWAIT_APPROVAL, Reason.APPROVAL_NEEDED
    else:
        action, reason = Action.USE_TOOL, Reason.ACTION_REQUESTED
    return Written(text, [], ResolutionMethod.TOOL, making, action, reason, outcome.also)


def making_of(writing: Writing, *, checks: Sequence[Any] = (), **others: Any) -> Making:
    """Return how an answer came about that the model has written, or begun to."""
    return Making(
        use=writing.use,
        tools=tuple(writing.tools),
        guard=tuple(guard_result(check) for check in (*writing.guard, *checks)),
        rejections=tuple(writing.rejections),
        **others,
    )


def guard_result(check: Any) -> Any:
    """Return the result of a check as JSON can hold it."""
    result = check.result
    return result.model_dump(mode="json") if isinstance(result, BaseModel) else result
