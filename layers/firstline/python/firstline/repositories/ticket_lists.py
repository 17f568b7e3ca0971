"""Lists of tickets, the newest first, over all queues or of one customer; and how many wait in each queue."""

from __future__ import annotations

import base64
import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from firstline.domain.errors import InvalidCursorError
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.domain.ticket import Ticket, TicketQueue, TicketStatus
from firstline.domain.ticket_changes import TicketFilter
from firstline.repositories import keys
from firstline.repositories.tickets import TICKET, place_of, ticket_of

_READ_AHEAD = 50
_MOST_READ = 1_000
_PLACE = re.compile(r"\d{15}#[0-9A-Z]{1,64}")
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TicketPage:
    """Tickets, the newest first; ``cursor`` is None on the last page, and only there.

    A page is shorter than asked for, or empty, where few of many tickets are meant: the cursor then goes on.
    """

    tickets: list[Ticket]
    cursor: str | None


class TicketLists:
    """Reads the indexes ``by_queue`` and ``by_customer``, which may be a moment behind."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, wanted: TicketFilter, *, limit: int, cursor: str | None = None) -> TicketPage:
        """Return one page.

        Parameters
        ----------
        limit : int
            Most tickets, >= 1.

        Raises
        ------
        InvalidCursorError
            Not a cursor of such a list.
        """
        last = _opened(cursor) if cursor else None
        low = place_of(wanted.created_from, "") if wanted.created_from else "0"
        high = last or place_of(wanted.created_before or _EVER, "")
        if high <= low:
            return TicketPage([], None)
        runs = [self._run(index, partition, low, high) for index, partition in _partitions(wanted)]
        found: list[Ticket] = []
        merged = heapq.merge(*runs, key=lambda pair: pair[0], reverse=True)
        for n_read, (place, item) in enumerate(merged, start=1):
            ticket = ticket_of(item) if item.get("type") == TICKET.type else None
            if ticket is not None and wanted.holds(ticket):
                found.append(ticket)
            if len(found) == limit or n_read == _MOST_READ:
                return TicketPage(found, _closed(place))
        return TicketPage(found, None)

    def waiting(self, queue: TicketQueue) -> int:
        """Return how many tickets of a queue still are to be looked after; no ticket is read."""
        return self._table.count(keys.ticket_queue(queue.value, TicketStatus.OPEN.value), index="by_queue")

    def _run(self, index: str, partition: str, low: str, high: str) -> Iterator[tuple[str, Item]]:
        cursor = None
        while True:
            page = self._table.query(
                partition, index=index, sk_from=low, sk_to=high, reverse=True, limit=_READ_AHEAD, cursor=cursor
            )
            for item in page.items:
                place = str(item[f"{index}_sk"])
                # The bound itself is the last one that was shown.
                if place < high:
                    yield place, item
            cursor = page.cursor
            if cursor is None:
                return


def _partitions(wanted: TicketFilter) -> list[tuple[str, str]]:
    if wanted.customer_id is not None:
        return [("by_customer", keys.customer(wanted.customer_id))]
    queues = [wanted.queue] if wanted.queue else list(TicketQueue)
    states = {"open" if status.active else "resolved" for status in (wanted.status or set(TicketStatus))}
    return [("by_queue", keys.ticket_queue(queue.value, state)) for queue in queues for state in sorted(states)]


def cursor_after(ticket: Ticket) -> str:
    """Return the cursor of a page that begins after this ticket."""
    return _closed(place_of(ticket.created_at, ticket.ticket_id))


def _closed(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise InvalidCursorError("the cursor is broken") from error
    if not _PLACE.fullmatch(place):
        raise InvalidCursorError("the cursor is broken")
    return place
