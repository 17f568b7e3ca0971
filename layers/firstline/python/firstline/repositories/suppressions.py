"""Addresses that are sent nothing any more: until a person removes them, whatever becomes of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.mail.suppression import (
    BOUNCES_WITHIN,
    LEFT_ALONE,
    MAX_TEMPORARY_BOUNCES,
    SuppressedBecause,
    Suppression,
    hint_of,
)
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Item
from firstline.repositories import keys, mail_keys
from firstline.repositories.schema import Schema

SUPPRESSION = Schema("mail_suppression", version=1)
TEMPORARY = Schema("mail_temporary_bounces", version=1)

_LIST: Final = "SUPPRESSED"
"""Partition of ``by_queue``."""
_TRIES = 20
_FOR_GOOD = (
    SuppressedBecause.BOUNCED.value,
    SuppressedBecause.COMPLAINED.value,
    SuppressedBecause.BY_PERSON.value,
)


@dataclass(frozen=True)
class SuppressionPage:
    """Newest first; ``cursor`` is None on the last page."""

    suppressions: list[Suppression]
    cursor: str | None


def address_id(address: str) -> str:
    """Return by what an address is kept."""
    return mail_keys.digest(address.strip().lower())


class SuppressionRepository:
    """Keys: ``SUPPRESSED#<address id>`` / ``META``, ``TEMPORARY``; index ``by_queue``, partition ``SUPPRESSED``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, address: str, *, now: datetime) -> Suppression | None:
        """Return why an address is sent nothing now; None where it may be."""
        item = self._table.get(_partition(address_id(address)), keys.META)
        if item is None:
            return None
        found = _suppression(item)
        return found if found.until is None or found.until > now else None

    def suppress(
        self,
        address: str,
        reason: SuppressedBecause,
        *,
        at: datetime,
        until: datetime | None = None,
        conversation_id: str = "",
    ) -> bool:
        """Suppress an address; False where it is so already, for good. Nothing passing takes the place of that."""
        known = address_id(address)
        item: Item = {
            "pk": _partition(known),
            "sk": keys.META,
            "address_id": known,
            "hint": hint_of(address),
            "reason": reason.value,
            "at": at.isoformat(),
            "until": until.isoformat() if until else "",
            "conversation_id": conversation_id,
            "by_queue_pk": _LIST,
            "by_queue_sk": keys.due_at(at, known),
        }
        if until is not None:
            item["expires_at"] = int(until.timestamp())
        own = SUPPRESSION.stamp(item)
        not_for_good = AllOf(tuple(Compare("reason", "<>", word) for word in _FOR_GOOD))
        passing = AnyOf((Absent("reason"), not_for_good))
        try:
            self._table.update(
                str(item["pk"]),
                keys.META,
                set={name: value for name, value in own.items() if name not in ("pk", "sk")},
                remove=() if until is not None else ("expires_at",),
                condition=passing,
            )
        except ConditionFailedError:
            return False
        return True

    def bounced_for_now(self, address: str, message_id: str, *, at: datetime, conversation_id: str = "") -> bool:
        """Count a mail that came back for a reason that may pass, once; return whether the address is left alone now.

        The third within a week suppresses it for a day.
        """
        pk, known = _partition(address_id(address)), mail_keys.digest(message_id)[:16]
        for _ in range(_TRIES):
            item = self._table.get(pk, "TEMPORARY")
            times: dict[str, str] = dict(TEMPORARY.load(item)["times"]) if item is not None else {}
            recent = {one: then for one, then in times.items() if datetime.fromisoformat(then) > at - BOUNCES_WITHIN}
            if known not in recent and not self._counted(pk, item, {**recent, known: at.isoformat()}, at):
                continue
            times = {known: at.isoformat(), **recent}
            if len(times) < MAX_TEMPORARY_BOUNCES:
                return False
            # Also where it was counted before: the process that did may have ended just then.
            began = datetime.fromisoformat(times[known])
            reason = SuppressedBecause.TEMPORARY_BOUNCES
            return self.suppress(address, reason, at=began, until=began + LEFT_ALONE, conversation_id=conversation_id)
        raise TransactionConflictError("too many bounces of one address at once")

    def _counted(self, pk: str, item: Item | None, times: dict[str, str], at: datetime) -> bool:
        version = int(item["version"]) if item is not None else 0
        fields = {"times": times, "version": version + 1, "expires_at": keys.expiry(at, BOUNCES_WITHIN.days)}
        condition = Compare("version", "=", version) if version else Absent("version")
        try:
            self._table.update(pk, "TEMPORARY", set=TEMPORARY.stamp(fields), condition=condition)
        except ConditionFailedError:
            return False
        return True

    def remove(self, address_or_id: str) -> bool:
        """Let an address be sent mail again, by itself or by its id; False where it was not suppressed."""
        known = address_id(address_or_id) if "@" in address_or_id else address_or_id
        found = self._table.get(_partition(known), keys.META) is not None
        self._table.delete(_partition(known), keys.META)
        self._table.delete(_partition(known), "TEMPORARY")
        return found

    def page(self, *, limit: int = 50, cursor: str | None = None) -> SuppressionPage:
        """Return suppressed addresses. Raises ``InvalidCursorError``."""
        page = self._table.query(_LIST, index="by_queue", limit=limit, cursor=cursor, reverse=True)
        return SuppressionPage([_suppression(item) for item in page.items], page.cursor)


def _partition(known: str) -> str:
    return f"SUPPRESSED#{known}"


def _suppression(item: Item) -> Suppression:
    item = SUPPRESSION.load(item)
    return Suppression(
        address_id=str(item["address_id"]),
        hint=str(item["hint"]),
        reason=SuppressedBecause(item["reason"]),
        at=datetime.fromisoformat(item["at"]),
        until=datetime.fromisoformat(item["until"]) if item["until"] else None,
        conversation_id=str(item["conversation_id"]),
    )
