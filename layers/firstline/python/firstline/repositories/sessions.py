"""Sessions: a visitor's access to a conversation, and the one-time tokens that open sockets."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from firstline.domain.conversation import Session
from firstline.domain.errors import ConditionFailedError, NotAuthorizedError
from firstline.domain.ports import Table
from firstline.domain.table import Check, Compare, Delete, Exists, Item
from firstline.repositories import keys, visitor_keys
from firstline.repositories.schema import Schema

SESSION = Schema("session", version=1)
SOCKET_TOKEN = Schema("socket_token", version=1)

SOCKET_TOKEN_LIFE_S = 60


def token_sha256(token: str) -> str:
    """Return what is stored of a socket token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionRepository:
    """Keys: ``SESS#<id>`` with ``META`` and ``SOCK#<sha256 of a socket token>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session: Session) -> None:
        """Store a new session."""
        fields = session.model_dump(mode="json")
        fields["expires_at"] = int(session.expires_at.timestamp())
        pk = keys.session(session.session_id)
        item = {"pk": pk, "sk": keys.META, **fields, **visitor_keys.linked_to(session.conversation_id, pk, keys.META)}
        self._table.put(SESSION.stamp(item), if_absent=True)

    def get(self, session_id: str) -> Session:
        """Return the session, read consistently. Raises ``NotAuthorizedError`` where there is none, or no more."""
        item = self._table.get(keys.session(session_id), keys.META)
        if item is None:
            raise NotAuthorizedError("no session that this token opens")
        return _session(item)

    def keep(self, session: Session, *, until: datetime) -> Session:
        """Have a session stay until then. Raises ``NotAuthorizedError`` where it is gone."""
        pk, expires_at = keys.session(session.session_id), int(until.timestamp())
        try:
            return _session(self._table.update(pk, keys.META, set={"expires_at": expires_at}, condition=Exists()))
        except ConditionFailedError as error:
            raise NotAuthorizedError("no session that this token opens") from error

    def remove(self, session_id: str) -> None:
        """Forget a session: none of its tokens opens anything any more. One already gone is no error."""
        self._table.delete(keys.session(session_id), keys.META)

    def add_socket_token(self, session: Session, token: str, *, now: datetime) -> None:
        """Store a token that opens one socket within the next 60 seconds."""
        expires = now + timedelta(seconds=SOCKET_TOKEN_LIFE_S)
        pk, sk = keys.session(session.session_id), f"SOCK#{token_sha256(token)}"
        item = {
            "pk": pk,
            "sk": sk,
            **visitor_keys.linked_to(session.conversation_id, pk, sk),
            "conversation_id": session.conversation_id,
            "expires_at": int(expires.timestamp()),
        }
        self._table.put(SOCKET_TOKEN.stamp(item))

    def redeem_socket_token(self, session_id: str, token: str) -> str:
        """Use up a socket token and return the conversation that it opens.

        Raises
        ------
        NotAuthorizedError
            Unknown, used before or expired, or its session is gone.
        """
        pk, sk = keys.session(session_id), f"SOCK#{token_sha256(token)}"
        item = self._table.get(pk, sk) if session_id and token else None
        if item is None:
            raise NotAuthorizedError("this socket token is unknown, used or expired")
        conversation_id = str(SOCKET_TOKEN.load(item)["conversation_id"])
        try:
            self._table.transact(
                [
                    Delete(pk, sk, condition=Compare("conversation_id", "=", conversation_id)),
                    Check(pk, keys.META, Exists()),
                ]
            )
        except ConditionFailedError as error:
            raise NotAuthorizedError(
                "this socket token was used by another connection, or its session ended"
            ) from error
        return conversation_id


def _session(item: Item) -> Session:
    item = SESSION.load(item)
    return Session.model_validate({name: item[name] for name in Session.model_fields})
