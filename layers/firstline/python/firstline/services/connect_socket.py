"""Open and close sockets: who may, and how many at once."""

from __future__ import annotations

from firstline.domain.errors import NotAuthorizedError
from firstline.domain.frames import closing
from firstline.domain.ports import Clock, Connections
from firstline.domain.text import is_id
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.sessions import SessionRepository
from firstline.services.broadcast import Broadcast


class ConnectSocket:
    """Binds sockets to conversations."""

    def __init__(
        self,
        sessions: SessionRepository,
        conversations: ConversationRepository,
        broadcast: Broadcast,
        connections: Connections,
        *,
        clock: Clock,
        max_connections: int,
    ) -> None:
        self._sessions = sessions
        self._conversations = conversations
        self._broadcast = broadcast
        self._connections = connections
        self._clock = clock
        self._max_connections = max_connections

    def connect(self, connection_id: str, session_id: str, socket_token: str) -> str:
        """Let a socket in by its one-time token and return its conversation. Raises ``NotAuthorizedError``.

        Over the limit, the oldest sockets are told and closed.
        """
        if not is_id(session_id) or not is_id(socket_token):
            raise NotAuthorizedError("no session id or no socket token")
        conversation_id = self._sessions.redeem_socket_token(session_id, socket_token)
        others = self._conversations.connections(conversation_id)
        for surplus in others[: max(0, len(others) + 1 - self._max_connections)]:
            self._broadcast.to_connection(surplus, closing("too_many_connections"))
            self._connections.close(surplus)
            self._conversations.disconnect(surplus)
        self._conversations.connect(connection_id, conversation_id, session_id, now=self._clock.now())
        return conversation_id

    def disconnect(self, connection_id: str) -> None:
        """Forget a socket; one already forgotten is no error."""
        self._conversations.disconnect(connection_id)
