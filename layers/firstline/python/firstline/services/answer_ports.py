"""What writing an answer needs of tools and checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from firstline.domain.context import Passage
from firstline.domain.language_model import ToolCall, ToolDefinition
from firstline.domain.tools import ToolOutcome
from firstline.domain.turn import Strategy, Turn


class Tools(Protocol):
    """``UseTools``."""

    def definitions(self, turn: Turn) -> tuple[ToolDefinition, ...]:
        """Return what the model may ask for in this turn, always in the same order."""
        ...

    def call(self, turn: Turn, call: ToolCall, *, before: Sequence[ToolCall] = ()) -> ToolOutcome:
        """Carry out a call, once per turn, after those that were done before for the same answer."""
        ...


class ToolsWithoutModel(Protocol):
    """``ActWithoutModel``."""

    def act(self, turn: Turn) -> ToolOutcome | None:
        """Do what the customer asks for; None where that cannot be told without a model."""
        ...


class Stream(Protocol):
    """``StreamReply``: what the customer sees while an answer is written."""

    def push(self, text: str) -> None:
        """Add text."""
        ...

    def flush(self) -> None:
        """Send what waits."""
        ...

    def withdraw(self) -> None:
        """Take back what was streamed."""
        ...


class Check(Protocol):
    """One answer under check."""

    def push(self, text: str) -> str:
        """Add text and return what may leave now: whole checked sentences. Raises ``AnswerRejectedError``."""
        ...

    def finish(self) -> str:
        """Return the rest. Raises ``AnswerRejectedError``."""
        ...

    @property
    def result(self) -> BaseModel | Any:
        """What was found, for the receipt."""
        ...


class Checks(Protocol):
    """``CheckAnswer``."""

    def begin(self, turn: Turn, sources: Sequence[Passage], strategy: Strategy, *, told: Sequence[str] = ()) -> Check:
        """Begin the check of one answer; ``told`` is what it may be taken from without a number."""
        ...
