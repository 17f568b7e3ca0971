"""The outbox: notices and deliveries of events, written with what they tell of, delivered later, at least once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.notices import Notice, NoticeChannel
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Item, Operation, Put
from firstline.domain.turn import Reason
from firstline.domain.webhooks import Delivery, DeliveryChannel, EventType
from firstline.repositories import keys, visitor_keys
from firstline.repositories.due_items import read_due
from firstline.repositories.schema import Schema

NOTICE = Schema("notice", version=1)
DELIVERY = Schema("delivery", version=1)

LEASE = timedelta(seconds=120)
"""How long one delivery may take; then another sweep tries it."""

Entry = Notice | Delivery
E = TypeVar("E", Notice, Delivery)


@dataclass
class DueNotices:
    """Notices whose time has come."""

    notices: list[Notice] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read."""


@dataclass
class DueDeliveries:
    """Deliveries whose time has come."""

    deliveries: list[Delivery] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DeadLetter:
    """What was given up."""

    entry: Entry
    error: str


@dataclass(frozen=True)
class DeadLetterPage:
    """Newest first; ``cursor`` is None on the last page."""

    letters: list[DeadLetter]
    cursor: str | None


class OutboxRepository:
    """Keys: ``OUT#<id>`` / ``META``; index ``by_due`` holds what is still to be sent, ``by_queue`` what was given up.

    Notices, which call people, and deliveries of events wait in partitions of their own.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, notice: Notice) -> Operation:
        """Return the operation that puts a new notice in line, due at once."""
        item = {
            "pk": keys.notice(notice.notice_id),
            "sk": keys.META,
            **visitor_keys.linked_to(notice.conversation_id, keys.notice(notice.notice_id), keys.META),
            "notice_id": notice.notice_id,
            "channel": notice.channel.value,
            "conversation_id": notice.conversation_id,
            "ticket_id": notice.ticket_id,
            "conversation_version": notice.conversation_version,
            "reason": notice.reason.value,
            "created_at": notice.created_at.isoformat(),
            "n_delivered": 0,
            "attempts": 0,
            "by_due_pk": keys.notice_due(notice.notice_id),
            "by_due_sk": keys.due_at(notice.created_at, notice.notice_id),
            "expires_at": keys.expiry(notice.created_at, self._retention_days),
        }
        if notice.approval_id:
            item["approval_id"] = notice.approval_id
        return Put(NOTICE.stamp(item), if_absent=True)

    def told(self, delivery: Delivery) -> Operation:
        """Return the operation that puts a new delivery of an event in line, due at once."""
        item = {
            "pk": keys.notice(delivery.delivery_id),
            "sk": keys.META,
            **visitor_keys.linked_to(delivery.conversation_id, keys.notice(delivery.delivery_id), keys.META),
            "delivery_id": delivery.delivery_id,
            "event_id": delivery.event_id,
            "channel": delivery.channel.value,
            "event": delivery.event.value,
            "webhook_id": delivery.webhook_id,
            "conversation_id": delivery.conversation_id,
            "ticket_id": delivery.ticket_id,
            "seq": delivery.seq,
            "created_at": delivery.created_at.isoformat(),
            "attempts": 0,
            "by_due_pk": keys.delivery_due(delivery.delivery_id),
            "by_due_sk": keys.due_at(delivery.created_at, delivery.delivery_id),
            "expires_at": keys.expiry(delivery.created_at, self._retention_days),
        }
        return Put(DELIVERY.stamp(item), if_absent=True)

    def due(self, *, now: datetime, limit: int = 500) -> DueNotices:
        """Return notices that are due, oldest first within a shard; about ``limit`` per shard."""
        return DueNotices(*read_due(self._table, "OUTDUE#", _notice, now=now, limit=limit))

    def due_deliveries(self, *, now: datetime, limit: int = 500) -> DueDeliveries:
        """Return deliveries of events that are due, oldest first within a shard; about ``limit`` per shard."""
        return DueDeliveries(*read_due(self._table, "HOOKDUE#", _delivery, now=now, limit=limit))

    def take_up(self, entry: E, *, now: datetime) -> E | None:
        """Lease what is due for one delivery, counting the attempt; None where another sweep has it."""
        item = self._move(entry, now + LEASE, add={"attempts": 1})
        return cast(E, _entry(item)) if item is not None else None

    def delivered(self, notice: Notice, *, again_at: datetime | None) -> None:
        """Note that a leased notice was taken: due again as a reminder, or done with and removed."""
        if again_at is None:
            self.drop(notice)
            return
        self._move(notice, again_at, set_={"attempts": 0}, add={"n_delivered": 1})

    def put_off(self, entry: Entry, *, until: datetime) -> None:
        """Have what was leased tried again at that moment."""
        self._move(entry, until)

    def bury(self, entry: Entry, *, error: str) -> None:
        """Give up what was leased; it stays with the error for people to look at, and to have it sent after all."""
        dead = {"dead": True, "error": error[:500], "by_queue_pk": keys.DEAD_LETTERS, "by_queue_sk": entry.due_key}
        try:
            self._table.update(
                keys.notice(entry.out_id),
                keys.META,
                set=dead,
                remove=("by_due_pk", "by_due_sk"),
                condition=Compare("by_due_sk", "=", entry.due_key),
            )
        except ConditionFailedError:
            # Its lease had ended and another sweep has it: that one's end counts.
            return

    def drop(self, entry: Entry) -> None:
        """Remove what was leased and is done with."""
        try:
            self._table.delete(keys.notice(entry.out_id), keys.META, condition=Compare("by_due_sk", "=", entry.due_key))
        except ConditionFailedError:
            return

    def dead(self, *, limit: int, cursor: str | None = None) -> DeadLetterPage:
        """Return what was given up, the latest first. The index may be stale."""
        page = self._table.query(keys.DEAD_LETTERS, index="by_queue", reverse=True, limit=limit, cursor=cursor)
        return DeadLetterPage([DeadLetter(_entry(item), str(item["error"])) for item in page.items], page.cursor)

    def revive(self, out_id: str, *, now: datetime) -> Entry:
        """Put what was given up in line again, with all its tries. Raises ``NotFoundError``."""
        pk = keys.notice(out_id)
        item = self._table.get(pk, keys.META)
        if item is None or not item.get("dead"):
            raise NotFoundError("nothing of this id was given up")
        partition = keys.delivery_due if item["type"] == DELIVERY.type else keys.notice_due
        due = {"by_due_pk": partition(out_id), "by_due_sk": keys.due_at(now, out_id), "attempts": 0}
        try:
            revived = self._table.update(
                pk,
                keys.META,
                set={**due, "expires_at": keys.expiry(now, self._retention_days)},
                remove=("dead", "error", "by_queue_pk", "by_queue_sk"),
                condition=Compare("dead", "=", True),
            )
        except ConditionFailedError as error:
            raise NotFoundError("nothing of this id was given up") from error
        return _entry(revived)

    def _move(
        self,
        entry: Entry,
        due: datetime,
        *,
        set_: dict[str, Any] | None = None,
        add: dict[str, int] | None = None,
    ) -> Item | None:
        due_key = keys.due_at(due, entry.out_id)
        if due_key == entry.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), entry.out_id)
        try:
            return self._table.update(
                keys.notice(entry.out_id),
                keys.META,
                set={"by_due_sk": due_key, **(set_ or {})},
                add=add or {},
                condition=Compare("by_due_sk", "=", entry.due_key),
            )
        except ConditionFailedError:
            return None


def _entry(item: Item) -> Entry:
    return _delivery(item) if item.get("type") == DELIVERY.type else _notice(item)


def _delivery(item: Item) -> Delivery:
    item = DELIVERY.load(item)
    return Delivery(
        delivery_id=str(item["delivery_id"]),
        event_id=str(item["event_id"]),
        channel=DeliveryChannel(item["channel"]),
        event=EventType(item["event"]),
        webhook_id=str(item["webhook_id"]),
        conversation_id=str(item["conversation_id"]),
        ticket_id=str(item["ticket_id"]),
        seq=int(item["seq"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        attempts=int(item["attempts"]),
        due_key=str(item.get("by_due_sk", "")),
    )


def _notice(item: Item) -> Notice:
    item = NOTICE.load(item)
    return Notice(
        notice_id=str(item["notice_id"]),
        channel=NoticeChannel(item["channel"]),
        conversation_id=str(item["conversation_id"]),
        ticket_id=str(item["ticket_id"]),
        reason=Reason(item["reason"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        n_delivered=int(item["n_delivered"]),
        attempts=int(item["attempts"]),
        due_key=str(item.get("by_due_sk", "")),
        conversation_version=int(item.get("conversation_version", 0)),
        approval_id=str(item.get("approval_id", "")),
    )
