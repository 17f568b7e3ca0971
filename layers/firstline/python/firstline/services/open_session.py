"""Open a session: a conversation and the visitor's access to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.conversation import Channel, Conversation, Session
from firstline.domain.ports import Clock, Ids
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.sessions import SessionRepository, token_sha256

GREETING = "Hello! I am the automated assistant. Ask me anything, and I will bring in a person when I cannot help."


@dataclass(frozen=True)
class OpenedSession:
    """What a client needs to talk."""

    session: Session
    token: str
    socket_token: str
    greeting: str


class OpenSession:
    """Opens sessions and hands out one-time socket tokens."""

    def __init__(
        self,
        sessions: SessionRepository,
        conversations: ConversationRepository,
        *,
        clock: Clock,
        ids: Ids,
        timeout_hours: int,
    ) -> None:
        self._sessions = sessions
        self._conversations = conversations
        self._clock = clock
        self._ids = ids
        self._timeout = timedelta(hours=timeout_hours)

    def open(self, *, channel: Channel, user_id: str = "") -> OpenedSession:
        """Start a conversation; ``user_id`` is the integrator's name for the customer, or empty for a visitor."""
        now = self._clock.now()
        conversation = self._conversations.create(
            Conversation(conversation_id=self._ids.new(), channel=channel, user_id=user_id, created_at=now), GREETING
        )
        token = self._ids.secret()
        session = Session(
            session_id=self._ids.new(),
            conversation_id=conversation.conversation_id,
            token_sha256=token_sha256(token),
            expires_at=now + self._timeout,
        )
        self._sessions.add(session)
        return OpenedSession(session=session, token=token, socket_token=self.socket_token(session), greeting=GREETING)

    def socket_token(self, session: Session) -> str:
        """Return a fresh token that opens one socket within 60 seconds."""
        token = self._ids.secret()
        self._sessions.add_socket_token(session, token, now=self._clock.now())
        return token
