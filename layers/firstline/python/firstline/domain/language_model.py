"""What is asked of a language model and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class ModelImage:
    """A picture given to the model."""

    media_type: str
    """``image/png``, ``image/jpeg`` or ``image/webp``."""
    content: bytes


@dataclass(frozen=True)
class ToolDefinition:
    """A tool that the model may ask for."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    """JSON schema of the arguments, an object."""


@dataclass(frozen=True)
class ToolCall:
    """The model asks for a tool; its arguments are data and checked by whoever carries it out."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave, for the model."""

    call_id: str
    content: str
    is_error: bool = False


@dataclass(frozen=True)
class ModelMessage:
    """One message of the talk given to the model."""

    role: Literal["user", "assistant"]
    text: str
    images: tuple[ModelImage, ...] = ()
    """Shown before the text."""
    tool_calls: tuple[ToolCall, ...] = ()
    """Of an assistant message, after its text."""
    tool_results: tuple[ToolResult, ...] = ()
    """Of a user message, before its text; one for each call of the message before it."""


@dataclass(frozen=True)
class ModelRequest:
    """A request; ``system`` is the stable prefix."""

    system: str
    messages: tuple[ModelMessage, ...]
    max_tokens: int
    temperature: float
    """In [0, 1]."""
    tools: tuple[ToolDefinition, ...] = ()
    """Part of the stable prefix: always in the same order."""
    within_s: float | None = None
    """Seconds that are left for the whole answer, > 0; None for what the model allows itself."""
    may_begin_anew: bool = False
    """Whether who asks knows what ``BeginAnew`` means; without that, a stream that breaks off half-way raises."""


@dataclass(frozen=True)
class TextDelta:
    """Text that the model has just written."""

    text: str


@dataclass(frozen=True)
class ModelFinished:
    """The end of a stream, with the real usage."""

    model: str
    input_tokens: int
    output_tokens: int
    stop_reason: str
    """``end_turn``, ``tool_use``, ``max_tokens`` and the like."""
    cost_usd: float
    cache_read_tokens: int = 0
    """Of the input tokens, those that came from the prefix cache."""
    cache_write_tokens: int = 0
    """Of the input tokens, those that were put into it."""


@dataclass(frozen=True)
class BeginAnew:
    """The model broke off half-way and another begins the same answer anew.

    All text and tool calls that this stream has given so far are void: withdraw what was shown of them, and carry
    none of the calls out. Comes only where the request says ``may_begin_anew``.
    """

    model: str
    """The model that broke off."""


ModelEvent = TextDelta | ToolCall | BeginAnew | ModelFinished
"""A stream is text and tool calls in the order they were written, each call whole, then one ``ModelFinished``."""
