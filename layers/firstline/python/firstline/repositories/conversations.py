"""Conversations, their events and their open connections."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.errors import (
    ConditionFailedError,
    MessageIdConflictError,
    NotFoundError,
    TransactionConflictError,
)
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Condition, Exists, Item, Operation, Put, Update
from firstline.domain.turn import TurnMessage
from firstline.repositories import keys
from firstline.repositories.schema import Schema

CONVERSATION = Schema("conversation", version=1)
EVENT = Schema("event", version=1)
MARKER = Schema("message_marker", version=1)
CONNECTION = Schema("connection", version=1)

_ACCEPT_TRIES = 20


@dataclass(frozen=True)
class AcceptedMessage:
    """A customer message that is in the log."""

    seq: int
    turn_id: str
    duplicate: bool
    """It was accepted before; nothing was written now."""


class ConversationRepository:
    """Keys: ``CONV#<id>`` with ``META``, ``EVT#<seq>``, ``MSG#<client id>``, ``CONN#<connection id>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def create(self, conversation: Conversation, greeting: str) -> Conversation:
        """Store a new conversation whose first event is the greeting; return it as stored."""
        pk = keys.conversation(conversation.conversation_id)
        expires = keys.expiry(conversation.created_at, self._retention_days)
        first = Event(seq=1, author=Author.BOT, text=greeting, at=conversation.created_at, detail={"greeting": True})
        stored = conversation.model_copy(update={"next_seq": 2, "last_reply_seq": 1})
        self._table.transact(
            [
                Put(CONVERSATION.stamp(_to_item(stored, expires)), if_absent=True),
                Put(event_item(pk, first, expires), if_absent=True),
            ]
        )
        return stored

    def get(self, conversation_id: str) -> Conversation:
        """Return the conversation, read consistently. Raises ``NotFoundError``."""
        item = self._table.get(keys.conversation(conversation_id), keys.META)
        if item is None:
            raise NotFoundError(f"no conversation {conversation_id}")
        return _from_item(CONVERSATION.load(item))

    def accept(self, conversation_id: str, message_id: str, text: str, *, turn: Item, now: datetime) -> AcceptedMessage:
        """Take a customer message into the log once, with the next seq, together with its pending turn.

        Parameters
        ----------
        turn : dict
            The turn's item but for the message's place, which is filled in here.

        Raises
        ------
        NotFoundError
            There is no such conversation.
        MessageIdConflictError
            The message id was used for another text, which stays.
        """
        pk = keys.conversation(conversation_id)
        text_sha256 = hashlib.sha256(text.encode()).hexdigest()
        expires = keys.expiry(now, self._retention_days)
        for _ in range(_ACCEPT_TRIES):
            seen = self._table.get(pk, keys.marker(message_id))
            if seen is not None:
                return _already_accepted(MARKER.load(seen), message_id, text_sha256)
            seq = self.get(conversation_id).next_seq
            message = TurnMessage(message_id=message_id, seq=seq, text=text, sent_at=now)
            event = Event(seq=seq, author=Author.CUSTOMER, text=text, at=now, message_id=message_id)
            marker = {
                "pk": pk,
                "sk": keys.marker(message_id),
                "text_sha256": text_sha256,
                "seq": seq,
                "turn_id": turn["turn_id"],
                "expires_at": expires,
            }
            try:
                self._table.transact(
                    [
                        Put(MARKER.stamp(marker), if_absent=True),
                        self.next_event(
                            conversation_id,
                            seq,
                            set_={"last_customer_seq": seq, "expires_at": expires},
                            add={"n_customer_messages": 1},
                        ),
                        Put(event_item(pk, event, expires)),
                        Put({**turn, "pk": pk, "message": message.model_dump_json(), "expires_at": expires}),
                    ]
                )
            except ConditionFailedError:
                continue
            return AcceptedMessage(seq=seq, turn_id=str(turn["turn_id"]), duplicate=False)
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")

    def next_event(
        self,
        conversation_id: str,
        seq: int,
        *,
        set_: dict[str, Any],
        add: dict[str, int] | None = None,
        conditions: Sequence[Condition] = (),
    ) -> Update:
        """Return the operation that takes ``seq`` for the next event, if it is still free."""
        return Update(
            keys.conversation(conversation_id),
            keys.META,
            set={"next_seq": seq + 1, **set_},
            add=add or {},
            condition=AllOf((Exists(), Compare("next_seq", "=", seq), *conditions)),
        )

    def put_event(self, conversation_id: str, event: Event) -> Operation:
        """Return the operation that writes an event."""
        pk = keys.conversation(conversation_id)
        return Put(event_item(pk, event, keys.expiry(event.at, self._retention_days)), if_absent=True)

    def events(self, conversation_id: str, *, after_seq: int = 0, limit: int | None = None) -> list[Event]:
        """Return events in order, read consistently.

        Parameters
        ----------
        after_seq : int
            Only events with a higher seq.
        limit : int, optional
            Most events, >= 1; without it, all.
        """
        page = self._table.query(
            keys.conversation(conversation_id),
            sk_from=keys.event(after_seq + 1),
            sk_to="EVT#~",
            limit=limit,
            consistent=True,
        )
        return [_event(EVENT.load(item)) for item in page.items]

    def latest_events(self, conversation_id: str, *, limit: int) -> list[Event]:
        """Return the last ``limit`` events, oldest first."""
        page = self._table.query(
            keys.conversation(conversation_id), sk_prefix="EVT#", limit=limit, reverse=True, consistent=True
        )
        return [_event(EVENT.load(item)) for item in reversed(page.items)]

    def connect(self, connection_id: str, conversation_id: str, session_id: str, *, now: datetime) -> None:
        """Remember an open socket."""
        body = {
            "connection_id": connection_id,
            "conversation_id": conversation_id,
            "session_id": session_id,
            "connected_at": now.isoformat(),
            "expires_at": keys.expiry(now, 1),
        }
        own = {"pk": keys.connection(connection_id), "sk": keys.META, **body}
        listed = {"pk": keys.conversation(conversation_id), "sk": keys.connection(connection_id), **body}
        self._table.transact([Put(CONNECTION.stamp(own)), Put(CONNECTION.stamp(listed))])

    def connected(self, connection_id: str) -> tuple[str, str]:
        """Return conversation id and session id of an open socket. Raises ``NotFoundError``."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is None:
            raise NotFoundError("this connection is not known")
        item = CONNECTION.load(item)
        return str(item["conversation_id"]), str(item["session_id"])

    def disconnect(self, connection_id: str) -> None:
        """Forget a socket; one already forgotten is no error."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is None:
            return
        self._table.delete(keys.conversation(str(item["conversation_id"])), keys.connection(connection_id))
        self._table.delete(keys.connection(connection_id), keys.META)

    def forget_gone(self, connection_id: str, *, connected_before: datetime) -> None:
        """Forget a socket that could not be reached, unless it is so young that it may still be connecting."""
        item = self._table.get(keys.connection(connection_id), keys.META)
        if item is not None and _connected_at(item) < connected_before:
            self.disconnect(connection_id)

    def connections(self, conversation_id: str) -> list[str]:
        """Return the ids of the conversation's open sockets, oldest first, read consistently."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix="CONN#", consistent=True)
        return [str(item["connection_id"]) for item in sorted(page.items, key=_connected_at)]

    def set_customer(self, conversation_id: str, customer_id: str) -> None:
        """Bind the conversation to its customer, once."""
        self._table.update(
            keys.conversation(conversation_id),
            keys.META,
            set={"customer_id": customer_id},
            condition=AllOf((Exists(), Compare("customer_id", "=", ""))),
        )


def event_item(pk: str, event: Event, expires: int) -> Item:
    """Return an event as an item."""
    return EVENT.stamp(
        {
            "pk": pk,
            "sk": keys.event(event.seq),
            "seq": event.seq,
            "body": event.model_dump_json(),
            "expires_at": expires,
        }
    )


def _connected_at(item: Item) -> datetime:
    # Sockets that connected before this was stored are old.
    return datetime.fromisoformat(item.get("connected_at", "2000-01-01T00:00:00+00:00"))


def _event(item: Item) -> Event:
    return Event.model_validate_json(item["body"])


def _already_accepted(marker: Item, message_id: str, text_sha256: str) -> AcceptedMessage:
    if marker["text_sha256"] != text_sha256:
        raise MessageIdConflictError(f"message id {message_id} was used for another text")
    return AcceptedMessage(seq=int(marker["seq"]), turn_id=str(marker["turn_id"]), duplicate=True)


def _to_item(conversation: Conversation, expires: int) -> Item:
    fields = conversation.model_dump(mode="json")
    return {"pk": keys.conversation(conversation.conversation_id), "sk": keys.META, **fields, "expires_at": expires}


def _from_item(item: Item) -> Conversation:
    return Conversation.model_validate({name: item[name] for name in Conversation.model_fields if name in item})


def may_answer(version: int, up_to_seq: int) -> tuple[Condition, ...]:
    """Conditions under which the bot may answer all up to a customer message: still its owner, nothing newer."""
    return (
        Compare("owner", "=", "bot"),
        Compare("version", "=", version),
        Compare("last_customer_seq", "=", up_to_seq),
    )
