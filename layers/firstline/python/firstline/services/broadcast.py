"""Send frames to every open socket of a conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from firstline.domain.errors import ConnectionGoneError
from firstline.domain.frames import encode
from firstline.domain.ports import Clock, Connections
from firstline.repositories.conversations import ConversationRepository

CONNECTING = timedelta(seconds=10)
"""How long a socket may take to be reachable: API Gateway answers 410 until ``$connect`` has come back."""


class Broadcast:
    """A dead socket is forgotten and never stops the others; one that still connects gets what it missed by resume."""

    def __init__(self, conversations: ConversationRepository, connections: Connections, *, clock: Clock) -> None:
        self._conversations = conversations
        self._connections = connections
        self._clock = clock

    def to_conversation(self, conversation_id: str, frame: dict[str, Any]) -> int:
        """Send to all open sockets; return how many took it."""
        text = encode(frame)
        return sum(
            self._post(connection_id, text) for connection_id in self._conversations.connections(conversation_id)
        )

    def to_connection(self, connection_id: str, frame: dict[str, Any]) -> bool:
        """Send to one socket; return whether it took it."""
        return self._post(connection_id, encode(frame))

    def _post(self, connection_id: str, text: str) -> bool:
        try:
            self._connections.post(connection_id, text)
        except ConnectionGoneError:
            self._conversations.forget_gone(connection_id, connected_before=self._clock.now() - CONNECTING)
            return False
        return True
