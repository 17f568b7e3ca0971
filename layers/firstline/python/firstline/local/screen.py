"""Where a chat client shows what happens."""

from __future__ import annotations

from typing import Any, Protocol


class Screen(Protocol):
    """Called from the client's own thread, and from the caller's where a message is refused at once."""

    def frame(self, frame: dict[str, Any]) -> None:
        """Show a frame; replayed and repeated ones have been dropped."""
        ...

    def connection(self, state: str) -> None:
        """Show that the connection is ``connected``, ``lost``, ``ended``, or ``replaced`` by newer ones."""
        ...
