"""Tickets and their logs; whatever is written of them brings its own entries of the outbox along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Condition, Item, Operation, Put, Update
from firstline.domain.ticket import Ticket, TicketStatus
from firstline.domain.ticket_events import TicketEvent, TicketEventKind
from firstline.domain.turn import Reason
from firstline.repositories import keys
from firstline.repositories.schema import Schema

TICKET = Schema("ticket", version=1)
TICKET_EVENT = Schema("ticket_event", version=1)

Publish = Callable[[Ticket, TicketEvent], list[Operation]]
"""Returns the operations that tell of an entry; they stand or fall with it."""

_BODY = frozenset({"ticket_id", "conversation_id", "customer_id", "subject", "category", "priority", "created_at"})
"""With status, queue and reason what the release before this one reads, and writes back without anything else."""
_REASONS_OF_BODY = frozenset(
    {
        "explicit_request", "high_frustration", "negative_sentiment", "legal", "no_progress", "still_nothing_found",
        "failure", "bot_paused", "attachment",
    }
)  # fmt: skip


@dataclass(frozen=True)
class StoredTicket:
    """A ticket as it was read; changes are refused where it is not so any more."""

    ticket: Ticket
    body: str
    last_seq: int
    """Of its log."""


class TicketRepository:
    """Keys: ``TICKET#<id>`` / ``META``, ``EVT#<seq>``; indexes ``by_customer``, ``by_queue``, ``by_conversation``.

    ``body`` is what the first release knew, with two states of its own, ``open`` and ``resolved``; the rest lies in
    ``details``, which that release leaves as it is. Where the two disagree on whether there is still something to do,
    it has changed the ticket since, and ``body`` is right.

    Parameters
    ----------
    publish : callable
        Told of every entry that is written.
    """

    def __init__(self, table: Table, *, retention_days: int, publish: Publish = lambda ticket, event: []) -> None:
        self._table = table
        self._retention_days = retention_days
        self._publish = publish

    def opened(self, ticket: Ticket, note: str, *, by: str = "", internal_note: str = "") -> list[Operation]:
        """Return the operations that store a new ticket and its first event; both expire by the retention rule.

        An internal note is an entry of its own after it.
        """
        expires = keys.expiry(ticket.created_at, self._retention_days)
        place = place_of(ticket.created_at, ticket.ticket_id)
        item: Item = {
            "pk": keys.ticket(ticket.ticket_id),
            "sk": keys.META,
            **_written(ticket),
            "by_queue_sk": place,
            "expires_at": expires,
        }
        if ticket.conversation_id:
            item["by_conversation_pk"] = keys.conversation(ticket.conversation_id)
            item["by_conversation_sk"] = place
        if ticket.customer_id:
            item |= {"by_customer_pk": keys.customer(ticket.customer_id), "by_customer_sk": place}
        event = TicketEvent(at=ticket.created_at, kind=TicketEventKind.OPENED, by=by, note=note)
        operations = [Put(TICKET.stamp(item), if_absent=True), *self._event(ticket, event)]
        return [*operations, *self._noted(ticket, internal_note, event, seq=2)]

    def changed(
        self, seen: StoredTicket, after: Ticket, event: TicketEvent, *, mailed: bool = True, internal_note: str = ""
    ) -> list[Operation]:
        """Return the operations that write a changed ticket and the entry that says so; its version goes up by one.

        Where the ticket has changed since it was read, the whole transaction is refused.

        Parameters
        ----------
        mailed : bool
            Whether its address, or the thread of mails that it is about, is told by mail.
        internal_note : str
            An entry of its own after it.
        """
        ticket = after.model_copy(update={"version": seen.ticket.version + 1, "updated_at": event.at})
        same_version: Condition = Compare("version", "=", seen.ticket.version)
        if seen.ticket.version == 1:
            same_version = AnyOf((Absent("version"), same_version))
        update = Update(
            keys.ticket(ticket.ticket_id),
            keys.META,
            set={**_written(ticket), "expires_at": keys.expiry(event.at, self._retention_days)},
            condition=AllOf((Compare("body", "=", seen.body), same_version)),
        )
        told = ticket if mailed else ticket.model_copy(update={"email": "", "channel": ""})
        operations = [update, *self._event(told, event.model_copy(update={"seq": seen.last_seq + 1}))]
        return [*operations, *self._noted(ticket, internal_note, event, seq=seen.last_seq + 2)]

    def read(self, ticket_id: str) -> StoredTicket:
        """Return the ticket to change it, read consistently. Raises ``NotFoundError``."""
        pk = keys.ticket(ticket_id)
        item = self._table.get(pk, keys.META)
        if item is None:
            raise NotFoundError(f"no ticket {ticket_id}")
        last = self._table.query(pk, sk_prefix="EVT#", limit=1, reverse=True, consistent=True).items
        last_seq = int(str(last[0]["sk"]).removeprefix("EVT#")) if last else 0
        return StoredTicket(ticket_of(item), str(item["body"]), last_seq)

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket. Raises ``NotFoundError``."""
        item = self._table.get(keys.ticket(ticket_id), keys.META)
        if item is None:
            raise NotFoundError(f"no ticket {ticket_id}")
        return ticket_of(item)

    def events(self, ticket_id: str, *, after_seq: int = 0, limit: int | None = None) -> list[TicketEvent]:
        """Return the log in order, read consistently."""
        page = self._table.query(
            keys.ticket(ticket_id),
            sk_from=keys.event(after_seq + 1),
            sk_to="EVT#~",
            limit=limit,
            consistent=True,
        )
        return [event_of(item) for item in page.items]

    def _noted(self, ticket: Ticket, note: str, beside: TicketEvent, *, seq: int) -> list[Operation]:
        kind = TicketEventKind.COMMENTED
        comment = TicketEvent(seq=seq, at=beside.at, kind=kind, by=beside.by, note=note, internal=True)
        return self._event(ticket, comment) if note else []

    def _event(self, ticket: Ticket, event: TicketEvent) -> list[Operation]:
        item: Item = {
            "pk": keys.ticket(ticket.ticket_id),
            "sk": keys.event(event.seq),
            "at": event.at.isoformat(),
            "kind": event.kind.value,
            "expires_at": keys.expiry(event.at, self._retention_days),
        }
        for name in ("note", "by", "turn_id"):
            if getattr(event, name) or (name == "note" and event.kind is TicketEventKind.OPENED):
                item[name] = getattr(event, name)
        if event.internal:
            item["internal"] = True
        if event.changes:
            item["changes"] = json.dumps(event.changes)
        return [Put(TICKET_EVENT.stamp(item), if_absent=True), *self._publish(ticket, event)]


def place_of(moment: datetime, ticket_id: str) -> str:
    """Sort key, in every index, of a ticket that was opened then."""
    return f"{int(moment.timestamp() * 1000):015d}#{ticket_id}"


def ticket_of(item: Item) -> Ticket:
    """Return the ticket of a stored item, of this release or the one before it."""
    item = TICKET.load(item)
    body: dict[str, Any] = json.loads(item["body"])
    details: dict[str, Any] = json.loads(item.get("details", "{}"))
    fields = {**body, **details, "version": int(item.get("version", 1))}
    state = TicketStatus(details.get("status", body["status"]))
    if _status_of_body(state) is not TicketStatus(body["status"]):
        fields["status"] = body["status"]
    if details and body["queue"] != details["queue"]:
        fields["queue"] = body["queue"]
    return Ticket.model_validate(fields)


def event_of(item: Item) -> TicketEvent:
    """Return the entry of a stored item."""
    item = TICKET_EVENT.load(item)
    return TicketEvent(
        seq=int(str(item["sk"]).removeprefix("EVT#")),
        at=datetime.fromisoformat(item["at"]),
        kind=TicketEventKind(item["kind"]),
        by=item.get("by", ""),
        note=item.get("note", ""),
        internal=bool(item.get("internal", False)),
        changes=json.loads(item.get("changes", "{}")),
        turn_id=item.get("turn_id", ""),
    )


def _written(ticket: Ticket) -> dict[str, Any]:
    fields = ticket.model_dump(mode="json")
    reason = fields["reason"] if fields["reason"] in _REASONS_OF_BODY else Reason.EXPLICIT_REQUEST.value
    status = _status_of_body(ticket.status).value
    body = {name: fields[name] for name in fields if name in _BODY}
    details = {name: fields[name] for name in fields if name not in _BODY and name != "version"}
    return {
        "body": json.dumps({**body, "status": status, "queue": fields["queue"], "reason": reason}),
        "details": json.dumps(details),
        "version": ticket.version,
        "by_queue_pk": keys.ticket_queue(ticket.queue.value, status),
    }


def _status_of_body(status: TicketStatus) -> TicketStatus:
    return TicketStatus.OPEN if status.active else TicketStatus.RESOLVED
