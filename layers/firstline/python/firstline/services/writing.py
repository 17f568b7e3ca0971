"""An answer while the language model writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from firstline.domain.context import Passage
from firstline.domain.language_model import ModelFinished
from firstline.domain.model_spend import WithoutModel
from firstline.domain.tools import ToolOutcome, ToolStatus


@dataclass
class ModelUse:
    """What the model was asked for one answer, in all its requests, by the real usage."""

    model: str = ""
    requests: int = 0
    broken_off: int = 0
    """Requests whose usage was never told; they stay booked at the reserved price."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def spent(self) -> dict[str, Any]:
        """Model, tokens and cost, as a ``Reply`` holds them."""
        names = ("model", "input_tokens", "output_tokens", "cost_usd")
        return {name: getattr(self, name) for name in names}

    def add(self, finished: ModelFinished) -> None:
        """Add the usage of one request."""
        self.model = finished.model
        self.broken_off -= 1
        for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd"):
            setattr(self, name, getattr(self, name) + getattr(finished, name))


@dataclass(frozen=True)
class ToolUse:
    """One call of a tool, for the receipt."""

    name: str
    status: ToolStatus
    elapsed_ms: float


@dataclass
class Writing:
    """An answer while the model writes it, and what is left of it where it fails."""

    sources: list[Passage]
    """By their numbers; what tools find is added."""
    told: list[str] = field(default_factory=list)
    """What may be told without a number: files, and what tools returned."""
    failures_allowed: int = 1
    """Failed calls of tools that the answer can do without; one more ends the turn."""
    text: str = ""
    use: ModelUse = field(default_factory=ModelUse)
    tools: list[ToolUse] = field(default_factory=list)
    outcomes: list[ToolOutcome] = field(default_factory=list)
    ended_by: ToolOutcome | None = None
    """The outcome that ends the turn, if one does."""
    guard: list[Any] = field(default_factory=list)
    """Results of the checks, one for each request."""
    rejections: list[str] = field(default_factory=list)
    without: WithoutModel | None = None
    """Why the model was not asked, or asked no further."""


def flat(content: str) -> str:
    """Return JSON as one line for each value, so that it can be held against sentences."""

    def lines(name: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from lines(str(key).replace("_", " "), inner)
        elif isinstance(value, list):
            for inner in value:
                yield from lines(name, inner)
        elif value not in (None, ""):
            yield f"{name}: {str(value).replace('_', ' ')}" if name else str(value)

    try:
        return "\n".join(lines("", json.loads(content)))
    except json.JSONDecodeError:
        return content
