"""What is asked of a language model and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ModelImage:
    """A picture given to the model."""

    media_type: str
    """``image/png``, ``image/jpeg`` or ``image/webp``."""
    content: bytes


@dataclass(frozen=True)
class ModelMessage:
    """One message of the talk given to the model."""

    role: Literal["user", "assistant"]
    text: str
    images: tuple[ModelImage, ...] = ()
    """Shown before the text."""


@dataclass(frozen=True)
class ModelRequest:
    """A request; ``system`` is the stable prefix."""

    system: str
    messages: tuple[ModelMessage, ...]
    max_tokens: int
    temperature: float
    """In [0, 1]."""


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
    cost_usd: float


ModelEvent = TextDelta | ModelFinished
