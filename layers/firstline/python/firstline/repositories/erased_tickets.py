"""What is left of a ticket once its conversation is forgotten: that there was one."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Exists, Item
from firstline.domain.ticket import TicketStatus
from firstline.repositories import keys
from firstline.repositories.tickets import TICKET, TICKET_EVENT

_KEPT = ("ticket_id", "category", "priority", "queue", "reason", "created_at")
"""Of its body; everything else goes, also what later releases add."""
_TRIES = 20
_TELLING = 12
"""Characters of a text from which it is looked for within others too."""


class ErasedTickets:
    """Keys: ``TICKET#<id>`` / ``META``; the rest of the partition, its log, is removed."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def erase(self, ticket_id: str, subject: str, *, now: datetime) -> None:
        """Resolve a ticket, put a subject in the place of all its words, and have it name nobody. Safe to repeat."""
        pk = keys.ticket(ticket_id)
        item = self._table.get(pk, keys.META)
        if item is None:
            return
        # First the ticket: whoever is about to add to its log has read it as it was, and is refused.
        self._table.put(self._left(TICKET.load(item), subject, now))
        for entry in self._table.query(pk, consistent=True).items:
            if entry["sk"] != keys.META:
                self._table.delete(pk, str(entry["sk"]))

    def erase_words(self, ticket_id: str, texts: Collection[str]) -> None:
        """Take what was said out of a ticket that stays: out of its subject, its description and its log.

        Parameters
        ----------
        texts : collection of str
            What was said; what it is quoted in goes whole.

        Raises
        ------
        TransactionConflictError
            Others change the ticket all the time.
        """
        pk = keys.ticket(ticket_id)
        for entry in self._table.query(pk, sk_prefix="EVT#", consistent=True).items:
            if _says(str(TICKET_EVENT.load(entry).get("note", "")), texts):
                # It may be removed with the whole ticket at this moment.
                with suppress(ConditionFailedError):
                    self._table.update(pk, str(entry["sk"]), set={"note": FORGOTTEN}, condition=Exists())
        for _ in range(_TRIES):
            item = self._table.get(pk, keys.META)
            if item is None:
                return
            item = TICKET.load(item)
            fields = {name: json.loads(item[name]) for name in ("body", "details") if name in item}
            left: dict[str, str] = {name: json.dumps(_without(known, texts)) for name, known in fields.items()}
            if all(left[name] == json.dumps(known) for name, known in fields.items()):
                return
            try:
                same = AllOf(tuple(Compare(name, "=", item[name]) for name in fields))
                self._table.update(pk, keys.META, set=left, condition=same)
            except ConditionFailedError:
                continue
            return
        raise TransactionConflictError(f"ticket {ticket_id}: too many writers at once")

    def _left(self, item: Item, subject: str, now: datetime) -> Item:
        body = json.loads(item["body"])
        left = {name: body[name] for name in _KEPT if name in body}
        status = TicketStatus.RESOLVED.value
        left |= {"conversation_id": "", "customer_id": "", "subject": subject, "status": status}
        return TICKET.stamp(
            {
                "pk": item["pk"],
                "sk": item["sk"],
                "body": json.dumps(left),
                "by_queue_pk": f"QUEUE#{body['queue']}#{status}",
                "by_queue_sk": item["by_queue_sk"],
                "expires_at": keys.expiry(now, self._retention_days),
            }
        )


def _says(told: str, texts: Collection[str]) -> bool:
    """Tell whether a text is one of those that were said, or quotes one, or is the begin of one."""
    told = told.strip().removesuffix("\N{HORIZONTAL ELLIPSIS}")
    said = {text.strip() for text in texts} - {""}
    begins = len(told) >= _TELLING and any(told in text for text in said)
    return told in said or begins or any(len(text) >= _TELLING and text in told for text in said)


def _without(fields: dict[str, object], texts: Collection[str]) -> dict[str, object]:
    words = {name: fields[name] for name in ("subject", "description") if name in fields}
    return fields | {name: FORGOTTEN for name, told in words.items() if _says(str(told), texts)}
