"""The open sockets of this process."""

from __future__ import annotations

import threading
from typing import Protocol

from firstline.domain.errors import ConnectionGoneError


class OpenSocket(Protocol):
    """A socket that frames can be handed to from any thread."""

    def send(self, frame: str) -> None:
        """Queue a frame and return at once. Raises ``ConnectionGoneError``."""
        ...

    def close(self) -> None:
        """Close after the frames that are queued."""
        ...


class LocalConnections:
    """Implements ``Connections``; the socket gateway says which are open. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, OpenSocket] = {}

    def register(self, connection_id: str, socket: OpenSocket) -> None:
        """Make a socket known under its connection id."""
        with self._lock:
            self._open[connection_id] = socket

    def unregister(self, connection_id: str) -> None:
        """Forget a socket; one already forgotten is no error."""
        with self._lock:
            self._open.pop(connection_id, None)

    def post(self, connection_id: str, frame: str) -> None:
        """Send one text frame. Raises ``ConnectionGoneError``."""
        socket = self._socket(connection_id)
        if socket is None:
            raise ConnectionGoneError(connection_id)
        socket.send(frame)

    def close(self, connection_id: str) -> None:
        """Close the socket; one already gone is no error."""
        socket = self._socket(connection_id)
        if socket is not None:
            socket.close()

    def close_all(self) -> None:
        """Close everything that is open, because the server stops; what was closed before stays as it is."""
        with self._lock:
            sockets = list(self._open.values())
        for socket in sockets:
            socket.close()

    def _socket(self, connection_id: str) -> OpenSocket | None:
        with self._lock:
            return self._open.get(connection_id)
