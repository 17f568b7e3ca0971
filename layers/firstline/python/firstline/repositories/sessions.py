"""Sessions: a visitor's access to a conversation, and the one-time tokens that open sockets."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from firstline.domain.conversation import Session
from firstline.domain.errors import ConditionFailedError, NotAuthorizedError
from firstline.domain.ports import Table
from firstline.domain.table import Compare
from firstline.repositories import keys
from firstline.repositories.schema import Schema

SESSION = Schema("session", version=1)
SOCKET_TOKEN = Schema("socket_token", version=1)

SOCKET_TOKEN_LIFE_S = 60


def token_sha256(token: str) -> str:
    """Return what is stored of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionRepository:
    """Keys: ``SESS#<id>`` with ``META`` and ``SOCK#<sha256 of a socket token>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session: Session) -> None:
        """Store a new session."""
        fields = session.model_dump(mode="json")
        fields["expires_at"] = int(session.expires_at.timestamp())
        item = {"pk": keys.session(session.session_id), "sk": keys.META, **fields}
        self._table.put(SESSION.stamp(item), if_absent=True)

    def authorize(self, session_id: str, token: str) -> Session:
        """Return the session that this token opens.

        Raises
        ------
        NotAuthorizedError
            No such session, a wrong token, or expired; which one is not told.
        """
        item = self._table.get(keys.session(session_id), keys.META) if session_id else None
        if item is None or not hmac.compare_digest(str(item["token_sha256"]), token_sha256(token)):
            raise NotAuthorizedError("no session that this token opens")
        item = SESSION.load(item)
        return Session.model_validate({name: item[name] for name in Session.model_fields})

    def add_socket_token(self, session: Session, token: str, *, now: datetime) -> None:
        """Store a token that opens one socket within the next 60 seconds."""
        expires = now + timedelta(seconds=SOCKET_TOKEN_LIFE_S)
        item = {
            "pk": keys.session(session.session_id),
            "sk": f"SOCK#{token_sha256(token)}",
            "conversation_id": session.conversation_id,
            "expires_at": int(expires.timestamp()),
        }
        self._table.put(SOCKET_TOKEN.stamp(item))

    def redeem_socket_token(self, session_id: str, token: str) -> str:
        """Use up a socket token and return the conversation that it opens.

        Raises
        ------
        NotAuthorizedError
            Unknown, used before or expired.
        """
        pk, sk = keys.session(session_id), f"SOCK#{token_sha256(token)}"
        item = self._table.get(pk, sk) if session_id and token else None
        if item is None:
            raise NotAuthorizedError("this socket token is unknown, used or expired")
        conversation_id = str(SOCKET_TOKEN.load(item)["conversation_id"])
        try:
            self._table.delete(pk, sk, condition=Compare("conversation_id", "=", conversation_id))
        except ConditionFailedError as error:
            raise NotAuthorizedError("this socket token was used by another connection") from error
        return conversation_id
