"""Open and close sockets: who may, and how many at once."""

from __future__ import annotations

from firstline.domain.conversation import Conversation
from firstline.domain.errors import NotAuthorizedError, NotPermittedError
from firstline.domain.frames import closing
from firstline.domain.ports import Clock, Connections
from firstline.domain.text import is_id
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import identity_of
from firstline.repositories.sessions import SessionRepository
from firstline.services.broadcast import Broadcast
from firstline.services.manage_sites import ManageSites

TOO_MANY = "too_many_connections"


class ConnectSocket:
    """Binds sockets to conversations."""

    def __init__(
        self,
        sessions: SessionRepository,
        conversations: ConversationRepository,
        broadcast: Broadcast,
        connections: Connections,
        sites: ManageSites,
        *,
        clock: Clock,
        max_connections_per_user: int,
    ) -> None:
        self._sessions = sessions
        self._conversations = conversations
        self._broadcast = broadcast
        self._connections = connections
        self._sites = sites
        self._clock = clock
        self._max_connections = max_connections_per_user

    def connect(
        self,
        connection_id: str,
        session_id: str,
        socket_token: str,
        *,
        origin: str = "",
        host: str = "",
    ) -> str:
        """Let a socket in by its one-time token and return its conversation.

        Over the limit, the user's oldest sockets are told and closed. Each socket is stored before all are read, so of
        those that connect side by side the last to read sees every one: exactly the newest stay.

        Parameters
        ----------
        origin, host : str
            Headers of the handshake; no origin where it is no browser that connects.

        Raises
        ------
        NotAuthorizedError
        NotPermittedError
            The page is not one of the site that the conversation was opened on.
        """
        if origin and not self._sites.allows(origin, host=host):
            raise NotPermittedError("no site allows this page")
        if not is_id(session_id) or not is_id(socket_token):
            raise NotAuthorizedError("no session id or no socket token")
        conversation_id = self._sessions.redeem_socket_token(session_id, socket_token)
        conversation = self._conversations.get(conversation_id)
        if not self._sites.may_use(conversation.site_id, origin, host=host):
            raise NotPermittedError("this page may not use that site")
        user = _user_of(conversation)
        self._conversations.connect(connection_id, conversation_id, session_id, user=user, now=self._clock.now())
        open_sockets = self._conversations.connections_of(user, conversation_id)
        for surplus in open_sockets[: max(0, len(open_sockets) - self._max_connections)]:
            self._broadcast.to_connection(surplus, closing(TOO_MANY))
            self._connections.close(surplus)
            self._conversations.disconnect(surplus)
        return conversation_id

    def disconnect(self, connection_id: str) -> None:
        """Forget a socket; one already forgotten is no error."""
        self._conversations.disconnect(connection_id)


def _user_of(conversation: Conversation) -> str:
    # Known from the start, unlike the customer, who is made by the first turn.
    kind, value = identity_of(conversation.verified_user_id, conversation.conversation_id)
    return f"{kind}#{value}"
