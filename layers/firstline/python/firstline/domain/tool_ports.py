"""What a company's own tools need from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from firstline.domain.public_address import Network


@dataclass(frozen=True)
class OutgoingRequest:
    """One HTTP request of a tool."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_s: float
    """For all of it, from the name's resolution to the last byte, > 0."""
    allowed: Sequence[Network]
    """Private networks that may be called."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


class ToolHttp(Protocol):
    """Calls a company's systems."""

    def send(self, request: OutgoingRequest) -> Answer:
        """Send, and return the whole answer, whatever its status; redirects are not followed.

        Raises
        ------
        PrivateAddressError
            The host leads to an address that may not be called; nothing was sent.
        ToolFailedError
            Nothing was sent.
        ToolUncertainError
            It was sent, and no whole answer came in time, or it was too large.
        """
        ...


class ToolSecrets(Protocol):
    """Secrets by name."""

    def get(self, name: str) -> str:
        """Return the secret. Raises ``ToolFailedError``."""
        ...


ArgumentCheck = Callable[[Mapping[str, Any]], str]
"""Returns what is wrong with arguments, without their values; empty where nothing is."""


class ArgumentSchemas(Protocol):
    """JSON Schema."""

    def compiled(self, schema: Mapping[str, Any]) -> ArgumentCheck:
        """Return the check of a schema. Raises ``InvalidCustomToolsError`` where it is none."""
        ...


@dataclass(frozen=True)
class CustomToolPorts:
    """The adapters of custom tools."""

    http: ToolHttp
    secrets: ToolSecrets
    schemas: ArgumentSchemas
