"""Send frames to every open socket of a conversation."""

from __future__ import annotations

from typing import Any

from firstline.domain.errors import ConnectionGoneError
from firstline.domain.frames import encode
from firstline.domain.ports import Connections
from firstline.repositories.conversations import ConversationRepository


class Broadcast:
    """A dead socket is forgotten and never stops the others."""

    def __init__(self, conversations: ConversationRepository, connections: Connections) -> None:
        self._conversations = conversations
        self._connections = connections

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
            self._conversations.disconnect(connection_id)
            return False
        return True
