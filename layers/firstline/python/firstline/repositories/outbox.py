"""The outbox: notices written with what they tell of, delivered later, at least once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from firstline.domain.errors import ConditionFailedError, InvalidItemError, SchemaVersionError
from firstline.domain.notices import Notice, NoticeChannel
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Item, Operation, Put
from firstline.domain.turn import Reason
from firstline.repositories import keys
from firstline.repositories.schema import Schema

NOTICE = Schema("notice", version=1)

LEASE = timedelta(seconds=120)
"""How long one delivery may take; then another sweep tries it."""

_PAGE = 100


@dataclass
class DueNotices:
    """Notices whose time has come."""

    notices: list[Notice] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read."""


class OutboxRepository:
    """Keys: ``OUT#<notice id>`` / ``META``; index ``by_due`` holds those that are still to be sent.

    A dead notice stays, with its last error, but is no longer due.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, notice: Notice) -> Operation:
        """Return the operation that puts a new notice in line, due at once."""
        item = {
            "pk": keys.notice(notice.notice_id),
            "sk": keys.META,
            **keys.linked_to(notice.conversation_id, keys.notice(notice.notice_id), keys.META),
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
        return Put(NOTICE.stamp(item), if_absent=True)

    def due(self, *, now: datetime, limit: int = 500) -> DueNotices:
        """Return what is due, oldest first within a shard; at most ``limit`` per shard. The index may be stale."""
        found = DueNotices()
        for shard in range(keys.N_DUE_SHARDS):
            cursor, n_read = None, 0
            while n_read < limit:
                page = self._table.query(
                    f"OUTDUE#{shard}",
                    index="by_due",
                    sk_from="0",
                    sk_to=keys.due_at(now, "~"),
                    limit=_PAGE,
                    cursor=cursor,
                )
                for item in page.items:
                    try:
                        found.notices.append(_notice(item))
                    except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                        found.unreadable.append(f"{item['pk']} / {item['sk']}")
                n_read, cursor = n_read + len(page.items), page.cursor
                if cursor is None:
                    break
        return found

    def take_up(self, notice: Notice, *, now: datetime) -> Notice | None:
        """Lease a due notice for one delivery, counting the attempt; None where another sweep has it."""
        return self._move(notice, now + LEASE, add={"attempts": 1})

    def delivered(self, notice: Notice, *, again_at: datetime | None) -> None:
        """Note that a leased notice was taken: due again as a reminder, or done with and removed."""
        if again_at is None:
            self.drop(notice)
            return
        self._move(notice, again_at, set_={"attempts": 0}, add={"n_delivered": 1})

    def put_off(self, notice: Notice, *, until: datetime) -> None:
        """Have a leased notice tried again at that moment."""
        self._move(notice, until)

    def bury(self, notice: Notice, *, error: str) -> None:
        """Give a leased notice up; it stays with the error for people to look at."""
        try:
            self._table.update(
                keys.notice(notice.notice_id),
                keys.META,
                set={"dead": True, "error": error[:500]},
                remove=("by_due_pk", "by_due_sk"),
                condition=Compare("by_due_sk", "=", notice.due_key),
            )
        except ConditionFailedError:
            # Its lease had ended and another sweep has it: that one's end counts.
            return

    def drop(self, notice: Notice) -> None:
        """Remove a leased notice that is done with."""
        try:
            self._table.delete(
                keys.notice(notice.notice_id), keys.META, condition=Compare("by_due_sk", "=", notice.due_key)
            )
        except ConditionFailedError:
            return

    def _move(
        self,
        notice: Notice,
        due: datetime,
        *,
        set_: dict[str, Any] | None = None,
        add: dict[str, int] | None = None,
    ) -> Notice | None:
        due_key = keys.due_at(due, notice.notice_id)
        if due_key == notice.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), notice.notice_id)
        try:
            item = self._table.update(
                keys.notice(notice.notice_id),
                keys.META,
                set={"by_due_sk": due_key, **(set_ or {})},
                add=add or {},
                condition=Compare("by_due_sk", "=", notice.due_key),
            )
        except ConditionFailedError:
            return None
        return _notice(item)


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
        due_key=str(item["by_due_sk"]),
        conversation_version=int(item.get("conversation_version", 0)),
    )
