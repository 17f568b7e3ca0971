"""Conversations, their events and their open connections."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from firstline.domain.conversation import Author, Conversation, ConversationStatus, Event
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
from firstline.repositories.attachments import ClaimedFiles
from firstline.repositories.customer_places import place_of
from firstline.repositories.open_sockets import OpenSocketRepository
from firstline.repositories.quiet_watch import quiet_watch
from firstline.repositories.schema import Schema

CONVERSATION = Schema("conversation", version=1)
EVENT = Schema("event", version=1)
MARKER = Schema("message_marker", version=1)

_ACCEPT_TRIES = 20


@dataclass(frozen=True)
class AcceptedMessage:
    """A customer message that is in the log."""

    seq: int
    turn_id: str
    duplicate: bool
    """It was accepted before; nothing was written now."""


class ConversationRepository(OpenSocketRepository):
    """Keys: ``CONV#<id>`` with ``META``, ``EVT#<seq>``, ``MSG#<client id>``, those of open sockets; ``by_customer``."""

    def __init__(self, table: Table, *, retention_days: int, timeout_hours: int = 24) -> None:
        super().__init__(table)
        self._retention_days = retention_days
        self._timeout = timedelta(hours=timeout_hours)

    def create(self, conversation: Conversation, greeting: str, *, also: Sequence[Operation] = ()) -> Conversation:
        """Store a new conversation whose first event is the greeting, if there is one; return it as stored.

        Parameters
        ----------
        also : sequence of Operation
            What stands or falls with it; where a condition of it does not hold, ``ConditionFailedError``.
        """
        pk = keys.conversation(conversation.conversation_id)
        expires = keys.expiry(conversation.created_at, self._retention_days)
        first = Event(seq=1, author=Author.BOT, text=greeting, at=conversation.created_at, detail={"greeting": True})
        stored = conversation.model_copy(update={"next_seq": 2, "last_reply_seq": 1}) if greeting else conversation
        self._table.transact(
            [
                Put(CONVERSATION.stamp(_to_item(stored, expires)), if_absent=True),
                *([Put(event_item(pk, first, expires), if_absent=True)] if greeting else []),
                self._watched(conversation.conversation_id, conversation.created_at),
                *also,
            ]
        )
        return stored

    def get(self, conversation_id: str) -> Conversation:
        """Return the conversation, read consistently. Raises ``NotFoundError``."""
        item = self._table.get(keys.conversation(conversation_id), keys.META)
        if item is None:
            raise NotFoundError(f"no conversation {conversation_id}")
        return conversation_of(CONVERSATION.load(item))

    def accept(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        *,
        turn: Item,
        now: datetime,
        file_ids: Sequence[str] = (),
        claim: Callable[[], ClaimedFiles] = ClaimedFiles,
    ) -> AcceptedMessage:
        """Take a customer message into the log once, with the next seq, together with its pending turn.

        Parameters
        ----------
        turn : dict
            The turn's item but for the message's place, which is filled in here.
        file_ids : sequence of str
            Files that it comes with; they belong to what must be the same when it is sent again.
        claim : callable
            Returns those files with the writes that make them the message's own; may refuse.

        Raises
        ------
        NotFoundError
            There is no such conversation.
        MessageIdConflictError
            The message id was used for another text or other files; what came first stays.
        """
        pk = keys.conversation(conversation_id)
        text_sha256 = hashlib.sha256("\0".join((text, *file_ids)).encode()).hexdigest()
        expires = keys.expiry(now, self._retention_days)
        for _ in range(_ACCEPT_TRIES):
            seen = self._table.get(pk, keys.marker(message_id))
            if seen is not None:
                return _already_accepted(MARKER.load(seen), message_id, text_sha256)
            conversation = self.get(conversation_id)
            # Read before, so that what is claimed for a place in the log stands or falls with that place.
            claimed = claim()
            seq = conversation.next_seq
            message = TurnMessage(message_id=message_id, seq=seq, text=text, sent_at=now)
            files = [file.model_dump(mode="json") for file in claimed.attachments]
            detail = {"attachments": files} if files else {}
            event = Event(seq=seq, author=Author.CUSTOMER, text=text, at=now, message_id=message_id, detail=detail)
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
                            set_={"last_customer_seq": seq, "last_turn": turn["turn_id"], **_reopened(conversation)},
                            add={"n_customer_messages": 1},
                            at=now,
                        ),
                        Put(event_item(pk, event, expires)),
                        Put({**turn, "pk": pk, "message": message.model_dump_json(), "expires_at": expires}),
                        *([self._watched(conversation_id, now)] if _reopened(conversation) else []),
                        *claimed.operations,
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
        at: datetime | None = None,
    ) -> Update:
        """Return the operation that takes ``seq`` for the next event, if it is still free.

        Parameters
        ----------
        at : datetime, optional
            When it happens: the conversation then stays at least as long as this event.
        """
        stays = {"expires_at": keys.expiry(at, self._retention_days)} if at else {}
        return Update(
            keys.conversation(conversation_id),
            keys.META,
            set={"next_seq": seq + 1, **stays, **set_},
            add=add or {},
            condition=AllOf((Exists(), Compare("next_seq", "=", seq), *conditions)),
        )

    def put_event(self, conversation_id: str, event: Event) -> Operation:
        """Return the operation that writes an event."""
        pk = keys.conversation(conversation_id)
        return Put(event_item(pk, event, keys.expiry(event.at, self._retention_days)), if_absent=True)

    def append(
        self, seen: Conversation, event: Event, *, changes: dict[str, Any], also: Sequence[Operation] = ()
    ) -> bool:
        """Write an event that no message made, and what stands or falls with it.

        Returns
        -------
        bool
            False where something has happened since ``seen`` was read: nothing was written.
        """
        try:
            self._table.transact(
                [
                    self.next_event(seen.conversation_id, event.seq, set_=changes, at=event.at),
                    self.put_event(seen.conversation_id, event),
                    *also,
                ]
            )
        except ConditionFailedError:
            return False
        return True

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

    def latest_events(self, conversation_id: str, *, limit: int, before_seq: int | None = None) -> list[Event]:
        """Return the last ``limit`` events, or the last before a seq, oldest first."""
        page = self._table.query(
            keys.conversation(conversation_id),
            sk_from=keys.event(0),
            sk_to="EVT#~" if before_seq is None else keys.event(max(0, before_seq - 1)),
            limit=limit,
            reverse=True,
            consistent=True,
        )
        return [_event(EVENT.load(item)) for item in reversed(page.items)]

    def set_customer(self, seen: Conversation, customer_id: str) -> None:
        """Bind a conversation to its customer. Raises ``ConditionFailedError`` where that has changed since."""
        changes = {"customer_id": customer_id, **place_of(seen.model_copy(update={"customer_id": customer_id}))}
        self._table.update(
            keys.conversation(seen.conversation_id),
            keys.META,
            set=changes,
            condition=AllOf((Exists(), Compare("customer_id", "=", seen.customer_id))),
        )

    def _watched(self, conversation_id: str, now: datetime) -> Put:
        expires = keys.expiry(now, self._retention_days)
        return quiet_watch(conversation_id, look_at=now + self._timeout, expires=expires)


def _reopened(conversation: Conversation) -> dict[str, str]:
    """Return what a customer's message changes in a closed conversation: it is open again, with all that was said."""
    return {"status": ConversationStatus.OPEN.value} if conversation.status is ConversationStatus.CLOSED else {}


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


def _event(item: Item) -> Event:
    return Event.model_validate_json(item["body"])


def _already_accepted(marker: Item, message_id: str, text_sha256: str) -> AcceptedMessage:
    if marker["text_sha256"] != text_sha256:
        raise MessageIdConflictError(f"message id {message_id} was used for another text or other files")
    return AcceptedMessage(seq=int(marker["seq"]), turn_id=str(marker["turn_id"]), duplicate=True)


def _to_item(conversation: Conversation, expires: int) -> Item:
    fields = {**conversation.model_dump(mode="json"), **place_of(conversation)}
    return {"pk": keys.conversation(conversation.conversation_id), "sk": keys.META, **fields, "expires_at": expires}


def conversation_of(item: Item) -> Conversation:
    """Return the conversation of a loaded item."""
    return Conversation.model_validate({name: item[name] for name in Conversation.model_fields if name in item})


def may_answer(version: int, up_to_seq: int) -> tuple[Condition, ...]:
    """Conditions under which the bot may answer up to a customer message: still its owner, nothing newer, no answer."""
    return (
        Compare("owner", "=", "bot"),
        Compare("version", "=", version),
        Compare("last_customer_seq", "=", up_to_seq),
        Compare("last_reply_seq", "<", up_to_seq),
    )
