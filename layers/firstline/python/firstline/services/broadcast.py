"""Send frames to every open socket of a conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from firstline.domain.errors import ConnectionGoneError
from firstline.domain.frame_size import encoded
from firstline.domain.ports import Clock, Connections
from firstline.repositories.conversations import ConversationRepository

CONNECTING = timedelta(seconds=10)
"""How long a socket may take to be reachable: API Gateway answers 410 until ``$connect`` has come back."""


class Broadcast:
    """A dead socket is forgotten and never stops the others; one that still connects gets what it missed by resume.

    A post is bounded: locally it only queues, on AWS the client has timeouts, and a socket that cost one is forgotten.
    """

    def __init__(self, conversations: ConversationRepository, connections: Connections, *, clock: Clock) -> None:
        self._conversations = conversations
        self._connections = connections
        self._clock = clock

    def open_sockets(self, conversation_id: str) -> list[str]:
        """Return the connection ids of the conversation's open sockets, oldest first, read consistently."""
        return self._conversations.connections(conversation_id)

    def to_conversation(self, conversation_id: str, frame: dict[str, Any], *, but: str = "") -> int:
        """Send to all open sockets but one; return how many took it."""
        texts = encoded(frame)
        sockets = [socket for socket in self.open_sockets(conversation_id) if socket != but]
        return sum(self._post(connection_id, texts) for connection_id in sockets)

    def to_connection(self, connection_id: str, frame: dict[str, Any]) -> bool:
        """Send to one socket; return whether it took it."""
        return self._post(connection_id, encoded(frame))

    def _post(self, connection_id: str, texts: list[str]) -> bool:
        try:
            for text in texts:
                self._connections.post(connection_id, text)
        except ConnectionGoneError:
            self._conversations.forget_gone(connection_id, connected_before=self._clock.now() - CONNECTING)
            return False
        return True
