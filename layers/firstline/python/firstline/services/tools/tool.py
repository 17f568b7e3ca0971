"""What every support tool is to the one that calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from firstline.domain.approval import Approval
from firstline.domain.language_model import ToolDefinition
from firstline.domain.table import Operation
from firstline.domain.tool_arguments import ToolArguments, require_text
from firstline.domain.tool_catalogue import ToolSpecification
from firstline.domain.tool_errors import InvalidToolArgumentsError
from firstline.domain.tools import RiskClass, ToolOutcome
from firstline.domain.turn import Turn

Write = Callable[[tuple[Operation, ...]], None]
"""Carries out a tool's writes and the given operations in one transaction, or none of them."""


@dataclass(frozen=True)
class Effect:
    """What a tool would answer, and the writes that make it true."""

    outcome: ToolOutcome
    write: Write | None = None
    """None where nothing is changed; raises ``ConditionFailedError`` where something has moved on since it was read."""


class Tool(Protocol):
    """A support tool. Whatever its arguments say, it serves the customer of the turn alone."""

    @property
    def name(self) -> str:
        """What a model calls it by."""
        ...

    @property
    def definition(self) -> ToolDefinition:
        """What a model is told of it."""
        ...

    @property
    def risk(self) -> RiskClass:
        """What it may do without a person."""
        ...

    @property
    def outside(self) -> bool:
        """Whether it calls a system that no transaction of ours reaches."""
        ...

    @property
    def timeout_s(self) -> float | None:
        """Seconds after which a call has failed, > 0; None: as for every tool."""
        ...

    def offered(self, turn: Turn) -> bool:
        """Tell whether it serves this customer at all."""
        ...

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as they are carried out. Raises ``InvalidToolArgumentsError``."""
        ...

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Work out the effect; nothing of ours is written yet.

        Parameters
        ----------
        arguments : mapping
            From ``checked``.
        key : str
            The same for the same call of the same turn, for a system outside to drop repeats by.

        Raises
        ------
        ToolFailedError, NotFoundError, ConflictError, StoreError
        """
        ...


class BuiltInTool:
    """What Firstline's own tools share: they serve everybody, and change nothing outside."""

    specification: ToolSpecification
    outside = False
    timeout_s: float | None = None

    @property
    def name(self) -> str:
        """What a model calls it by."""
        return self.specification.name

    @property
    def definition(self) -> ToolDefinition:
        """What a model is told of it."""
        return self.specification.definition

    @property
    def risk(self) -> RiskClass:
        """What it may do without a person."""
        return self.specification.risk

    def offered(self, turn: Turn) -> bool:
        """Serve everybody."""
        return True

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as they are carried out. Raises ``InvalidToolArgumentsError``."""
        return validated(self.specification.arguments, arguments)


class ApprovableTool(Protocol):
    """A tool that is carried out once a person has approved it."""

    @property
    def outside(self) -> bool:
        """Whether it calls a system that no transaction of ours reaches, and must not be asked twice."""
        ...

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as they are carried out. Raises ``InvalidToolArgumentsError``."""
        ...

    def carry_out(self, approval: Approval) -> Approved:
        """Work out what the approved call does. Raises ``ToolFailedError``, ``StoreError``."""
        ...


@dataclass(frozen=True)
class Approved:
    """What an approved call does, and what the customer is told."""

    text: str
    operations: tuple[Operation, ...] = ()
    """Its writes, for the transaction that ends the approval."""
    ticket_id: str = ""


def validated(model: type[ToolArguments], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as their model has them. Raises ``InvalidToolArgumentsError``, whose message holds no value."""
    require_text(arguments)
    try:
        return model.model_validate(dict(arguments)).model_dump(mode="json")
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[:3]
        raise InvalidToolArgumentsError(
            "; ".join(f"{_place(entry['loc'])}: {entry['msg']}" for entry in found)
        ) from error


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in parts)[:80] or "arguments"
