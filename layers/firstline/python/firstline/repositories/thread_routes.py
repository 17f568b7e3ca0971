"""Which thread a mail goes to after people have merged threads, or split one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from firstline.domain.mail.routes import ClosedTicket, PutInQueue, ThreadMovedError, ThreadRoute
from firstline.domain.ports import Table
from firstline.domain.table import Check, Compare, Item, NotExists, Operation, Put, Update
from firstline.repositories import keys, mail_keys
from firstline.repositories.schema import Schema

THREAD_ROUTE = Schema("mail_thread_route", version=1)
MOVED_ID = Schema("mail_moved_id", version=1)

_ROUTE = "MAILROUTE"
_MOVED = "MAILMOVED#"
_NEWEST_REFERENCES = 30


@dataclass(frozen=True)
class StoredReference:
    """Ids of one mail of a thread, as they are stored."""

    sk: str
    message_ids: tuple[str, ...]
    item: Item


class ThreadRoutes:
    """Keys: ``CONV#<id>`` with ``MAILROUTE``, and ``MAILMOVED#<digest>`` per id of a mail that was split off.

    A mark that an id has moved counts once the route names the thread that it moved to.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def get(self, conversation_id: str) -> ThreadRoute:
        """Return the route of a thread; one that nobody has touched goes nowhere else."""
        item = self._table.get(keys.conversation(conversation_id), _ROUTE)
        if item is None:
            return ThreadRoute()
        item = THREAD_ROUTE.load(item)
        return ThreadRoute(
            into=str(item["into"]),
            merged=tuple(map(str, item["merged"])),
            splits=tuple(map(str, item["splits"])),
            origin=str(item["origin"]),
            from_seq=int(item["from_seq"]),
            up_to_seq=int(item["up_to_seq"]),
            joined=tuple(map(str, item["joined"])),
            copied=tuple(map(str, item["copied"])),
            closed=_closed_of(item.get("closed")),
            # Routes of earlier releases have none of these.
            told_in=str(item.get("told_in", "")),
            wanted=bool(item.get("wanted", False)),
            queued=_queued_of(item.get("queued")),
            version=int(item["version"]),
        )

    def where(self, conversation_id: str, references: Sequence[str] = ()) -> str:
        """Return the thread that a mail of this thread goes to now.

        Parameters
        ----------
        references : sequence of str
            Ids of mails that it refers to, oldest first, without angle brackets: the newest that we know decides
            between a thread and what was split off it.
        """
        here, visited = conversation_id, {conversation_id}
        while True:
            route = self.get(here)
            there = route.into or self._split_off(here, route, references)
            if there in visited:
                # What was split off has been merged back.
                return there if route.into else here
            if not there:
                return here
            visited.add(there)
            here = there

    def stays(self, conversation_id: str, references: Sequence[str] = ()) -> list[Operation]:
        """Return the check that a mail of this thread goes there still, to stand in the mail's own transaction.

        Raises
        ------
        ThreadMovedError
            It does not any more.
        """
        route = self.get(conversation_id)
        if self.where(conversation_id, references) != conversation_id:
            raise ThreadMovedError(f"the mails of {conversation_id} go elsewhere by now")
        return [Check(keys.conversation(conversation_id), _ROUTE, _unchanged(route))]

    def stored(self, conversation_id: str, seen: ThreadRoute, route: ThreadRoute, *, at: datetime) -> list[Operation]:
        """Return the operation that stores a route; it fails where another has stored one since ``seen`` was read."""
        item = {
            "pk": keys.conversation(conversation_id),
            "sk": _ROUTE,
            "into": route.into,
            "merged": list(route.merged),
            "splits": list(route.splits),
            "origin": route.origin,
            "from_seq": route.from_seq,
            "up_to_seq": route.up_to_seq,
            "joined": list(route.joined),
            "copied": list(route.copied),
            "closed": asdict(route.closed) if route.closed else None,
            "told_in": route.told_in,
            "wanted": route.wanted,
            "queued": asdict(route.queued) if route.queued else None,
            "version": seen.version + 1,
            "expires_at": keys.expiry(at, self._retention_days),
        }
        return [_put(THREAD_ROUTE.stamp(item), seen)]

    def moved(self, conversation_id: str, message_ids: Sequence[str], into: str, *, expires: int) -> list[Operation]:
        """Return the operations that mark ids of mails as moved to another thread, until the moment they expire."""
        return [
            Put(
                MOVED_ID.stamp(
                    {
                        "pk": keys.conversation(conversation_id),
                        "sk": _moved_key(message_id),
                        "into": into,
                        "expires_at": expires,
                    }
                )
            )
            for message_id in dict.fromkeys(message_ids)
        ]

    def references(self, conversation_id: str) -> Iterator[StoredReference]:
        """Yield the ids of a thread's mails as they are stored, in the order of time."""
        cursor: str | None = None
        while True:
            page = self._table.query(
                keys.conversation(conversation_id), sk_prefix=mail_keys.REFERENCES, cursor=cursor, consistent=True
            )
            for item in page.items:
                yield StoredReference(str(item["sk"]), tuple(map(str, item["message_ids"])), item)
            cursor = page.cursor
            if cursor is None:
                return

    def _split_off(self, here: str, route: ThreadRoute, references: Sequence[str]) -> str:
        if not route.splits:
            return ""
        for message_id in reversed(references[-_NEWEST_REFERENCES:]):
            moved = self._table.get(keys.conversation(here), _moved_key(message_id))
            if moved is not None and moved["into"] in route.splits:
                return str(MOVED_ID.load(moved)["into"])
            if self._is_known(message_id, here):
                return ""
        return ""

    def _is_known(self, message_id: str, conversation_id: str) -> bool:
        known = self._table.get(mail_keys.message(message_id), keys.META)
        return known is not None and known["conversation_id"] == conversation_id


def _moved_key(message_id: str) -> str:
    return f"{_MOVED}{mail_keys.digest(message_id)[:32]}"


def _closed_of(stored: Any) -> ClosedTicket | None:
    return ClosedTicket(**{**stored, "seq": int(stored["seq"])}) if stored else None


def _queued_of(stored: Any) -> PutInQueue | None:
    return PutInQueue(int(stored["seq"]), str(stored["status"])) if stored else None


def _unchanged(seen: ThreadRoute) -> Compare | NotExists:
    return Compare("version", "=", seen.version) if seen.version else NotExists()


def _put(item: Item, seen: ThreadRoute) -> Operation:
    if not seen.version:
        return Put(item, if_absent=True)
    attributes = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Update(item["pk"], item["sk"], set=attributes, condition=_unchanged(seen))
