"""Open sockets: which belong to a conversation, and which to a user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Exists, Item, Put
from firstline.repositories import keys, visitor_keys
from firstline.repositories.schema import Schema

CONNECTION = Schema("connection", version=1)

_KEPT_DAYS = 1


@dataclass(frozen=True)
class OpenSocket:
    """A socket as the store knows it."""

    connection_id: str
    conversation_id: str
    session_id: str
    greeted: bool
    """Its client has been told ``connected``."""


class OpenSocketRepository:
    """Keys: ``CONN#<id>`` / ``META``, and ``CONN#<id>`` below ``CONV#<conversation>`` and ``USER#<user>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def connect(
        self, connection_id: str, conversation_id: str, session_id: str, *, user: str = "", now: datetime
    ) -> None:
        """Remember an open socket.

        Parameters
        ----------
        user : str
            Whose it is, where one user's sockets are to be found over several conversations.
        """
        body = {
            "connection_id": connection_id,
            "conversation_id": conversation_id,
            "session_id": session_id,
            "user": user,
            "connected_at": now.isoformat(),
            "expires_at": keys.expiry(now, _KEPT_DAYS),
        }
        own = keys.connection(connection_id)
        linked = visitor_keys.linked_to(conversation_id, own, keys.META)
        listed = [{"pk": pk, "sk": sk} for pk, sk in _listed(connection_id, conversation_id, user)]
        places = [{"pk": own, "sk": keys.META, **linked}, *listed]
        self._table.transact([Put(CONNECTION.stamp({**place, **body})) for place in places])

    def connected(self, connection_id: str) -> tuple[str, str]:
        """Return conversation id and session id of an open socket. Raises ``NotFoundError``."""
        socket = self.socket(connection_id)
        return socket.conversation_id, socket.session_id

    def socket(self, connection_id: str) -> OpenSocket:
        """Return an open socket, read consistently. Raises ``NotFoundError``."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is None:
            raise NotFoundError("this connection is not known")
        item = CONNECTION.load(item)
        return OpenSocket(
            connection_id=connection_id,
            conversation_id=str(item["conversation_id"]),
            session_id=str(item["session_id"]),
            greeted=bool(item.get("greeted", False)),
        )

    def greeted(self, connection_id: str) -> None:
        """Note that a socket's client has been told ``connected``; one already noted, or forgotten, is no error."""
        self._mark(connection_id, "greeted", True, Absent("greeted"))

    def may_type(self, connection_id: str, *, now: datetime, every: timedelta) -> bool:
        """Tell whether it is time to say again that this client's user is writing, and note that it was said."""
        now_ms = int(now.timestamp() * 1000)
        next_ms = now_ms + int(every.total_seconds() * 1000)
        free = AnyOf((Absent("typing_until"), Compare("typing_until", "<=", now_ms)))
        return self._mark(connection_id, "typing_until", next_ms, free)

    def may_type_again_at(self, conversation_id: str) -> datetime | None:
        """Return the latest moment that ``may_type`` has put off to on any open socket; None where nobody has typed."""
        items = (self._table.get(keys.connection(socket), keys.META) for socket in self.connections(conversation_id))
        moments = [int(item["typing_until"]) for item in items if item is not None and "typing_until" in item]
        return datetime.fromtimestamp(max(moments) / 1000, UTC) if moments else None

    def disconnect(self, connection_id: str) -> None:
        """Forget a socket; one already forgotten is no error."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is None:
            return
        for pk, sk in _listed(connection_id, str(item["conversation_id"]), str(item.get("user", ""))):
            self._table.delete(pk, sk)
        self._table.delete(keys.connection(connection_id), keys.META)

    def remove_listed(self, user: str, conversation_id: str) -> None:
        """Remove what is still said of a conversation's sockets below a user, as where a socket itself has expired."""
        for item in self._table.query(keys.sockets_of(user), sk_prefix="CONN#", consistent=True).items:
            if item["conversation_id"] == conversation_id:
                self._table.delete(str(item["pk"]), str(item["sk"]))
                self._table.delete(str(item["sk"]), keys.META)

    def forget_gone(self, connection_id: str, *, connected_before: datetime) -> None:
        """Forget a socket that could not be reached, unless it is so young that it may still be connecting."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is not None and _connected_at(item) < connected_before:
            self.disconnect(connection_id)

    def connections(self, conversation_id: str) -> list[str]:
        """Return the ids of the conversation's open sockets, oldest first, read consistently."""
        return [str(item["connection_id"]) for item in self._in_order(keys.conversation(conversation_id))]

    def connections_of(self, user: str, conversation_id: str) -> list[str]:
        """Return the ids of a user's open sockets and of all in this conversation, oldest first, read consistently.

        The order is the same for everybody who reads it, also among sockets that connected in the same moment.
        """
        found = self._in_order(keys.sockets_of(user), keys.conversation(conversation_id))
        return list(dict.fromkeys(str(item["connection_id"]) for item in found))

    def _in_order(self, *partitions: str) -> list[Item]:
        items = [item for pk in partitions for item in self._table.query(pk, sk_prefix="CONN#", consistent=True).items]
        return sorted(items, key=lambda item: (_connected_at(item), item["connection_id"]))

    def _mark(self, connection_id: str, name: str, value: int | bool, condition: Absent | AnyOf) -> bool:
        try:
            self._table.update(
                keys.connection(connection_id), keys.META, set={name: value}, condition=AllOf((Exists(), condition))
            )
        except ConditionFailedError:
            return False
        return True


def _listed(connection_id: str, conversation_id: str, user: str) -> list[tuple[str, str]]:
    partitions = [keys.conversation(conversation_id), *([keys.sockets_of(user)] if user else [])]
    return [(pk, keys.connection(connection_id)) for pk in partitions]


def _connected_at(item: Item) -> datetime:
    # Sockets that connected before this was stored are old.
    return datetime.fromisoformat(item.get("connected_at", "2000-01-01T00:00:00+00:00"))
