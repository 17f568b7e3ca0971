"""Tokens of visitors' sessions: signed, short-lived, renewed, and void once the session is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.conversation import Session
from firstline.domain.errors import NotAuthorizedError
from firstline.domain.identity_ports import OwnTokens
from firstline.domain.ports import Clock
from firstline.repositories.sessions import SessionRepository

SESSION_AUDIENCE = "session"


@dataclass(frozen=True)
class SessionToken:
    """A token, and until when it is good."""

    token: str
    expires_at: datetime


class SessionTokens:
    """Issues, checks and renews.

    Parameters
    ----------
    life : timedelta
        How long a token opens its session.
    session_life : timedelta
        How long after its last renewal a session stays; so long an expired token may still be renewed.
    """

    def __init__(
        self, sessions: SessionRepository, tokens: OwnTokens, *, clock: Clock, life: timedelta, session_life: timedelta
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock
        self._life = life
        self._session_life = session_life

    def issue(self, session: Session) -> SessionToken:
        """Return a token for a session. Raises ``SigningKeyUnavailableError``."""
        now = self._clock.now()
        expires_at = min(now + self._life, session.expires_at).replace(microsecond=0)
        claims = {
            "aud": SESSION_AUDIENCE,
            "sub": session.session_id,
            "thread": session.conversation_id,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return SessionToken(self._tokens.sign(claims), expires_at)

    def authorize(self, session_id: str | None, token: str, *, renewing: bool = False) -> Session:
        """Return the session that this token opens.

        Parameters
        ----------
        session_id : str or None
            None: whichever session the token is of.
        renewing : bool
            Take a token that has expired as well, as long as its session is there.

        Raises
        ------
        NotAuthorizedError
            Not a token of this session, expired, or the session is gone; which one is not told.
        SigningKeyUnavailableError, StoreUnavailableError
        """
        claims = self._tokens.read(token, audience=SESSION_AUDIENCE)
        now = self._clock.now().timestamp()
        good_until = float(claims["exp"]) + (self._session_life.total_seconds() if renewing else 0)
        if session_id not in (None, claims["sub"]) or now >= good_until:
            raise NotAuthorizedError("no session that this token opens")
        session = self._sessions.get(str(claims["sub"]))
        if session.conversation_id != claims.get("thread"):
            raise NotAuthorizedError("no session that this token opens")
        return session

    def renew(self, session: Session) -> SessionToken:
        """Keep a session for its full life from now on, and return a new token; the old one stays good for its time.

        Raises
        ------
        NotAuthorizedError
            The session is gone.
        """
        return self.issue(self._sessions.keep(session, until=self._clock.now() + self._session_life))
