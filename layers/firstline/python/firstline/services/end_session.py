"""End a session: its tokens open nothing any more, and its sockets are closed."""

from __future__ import annotations

from firstline.domain.conversation import Session
from firstline.domain.errors import NotFoundError
from firstline.domain.frames import closing
from firstline.domain.ports import Connections
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.sessions import SessionRepository
from firstline.services.broadcast import Broadcast


class EndSession:
    """The conversation stays as it is; other sessions and devices of the customer go on."""

    def __init__(
        self,
        sessions: SessionRepository,
        conversations: ConversationRepository,
        broadcast: Broadcast,
        connections: Connections,
    ) -> None:
        self._sessions = sessions
        self._conversations = conversations
        self._broadcast = broadcast
        self._connections = connections

    def end(self, session: Session) -> None:
        """End it; one that has ended already is no error. Raises ``StoreUnavailableError``."""
        # Before its sockets, so that none is opened behind our back.
        self._sessions.remove(session.session_id)
        for connection_id in self._conversations.connections(session.conversation_id):
            if self._is_of(session, connection_id):
                self._broadcast.to_connection(connection_id, closing("session_ended"))
                self._connections.close(connection_id)
                self._conversations.disconnect(connection_id)

    def _is_of(self, session: Session, connection_id: str) -> bool:
        try:
            return self._conversations.connected(connection_id)[1] == session.session_id
        except NotFoundError:
            return False
