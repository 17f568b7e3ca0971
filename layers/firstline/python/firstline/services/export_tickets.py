"""A customer's tickets with all that was said in them, for the customer."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.domain.errors import InvalidCursorError
from firstline.domain.ticket_changes import TicketFilter
from firstline.repositories.ticket_lists import TicketLists, cursor_after
from firstline.repositories.tickets import TicketRepository
from firstline.services.export_pieces import PIECE_BYTES, Piece, fitting

_READ_AHEAD = 50


class ExportTickets:
    """The newest first; one with a long log comes in several pieces, one after the other."""

    def __init__(self, tickets: TicketRepository, lists: TicketLists) -> None:
        self._tickets = tickets
        self._lists = lists

    def pieces(self, customer_id: str, begin: str) -> Iterator[Piece]:
        """Yield the tickets from a place in the list on; empty for all.

        Raises
        ------
        InvalidCursorError
        """
        after, broken_off, after_seq = _opened(begin)
        cursor: str | None = after or None
        while True:
            page = self._lists.page(TicketFilter(customer_id=customer_id), limit=_READ_AHEAD, cursor=cursor)
            for ticket in page.tickets:
                known, following = ticket.model_dump(mode="json"), cursor_after(ticket)
                seq = after_seq if ticket.ticket_id == broken_off else 0
                events = self._tickets.events(ticket.ticket_id, after_seq=seq)
                rows = [event.model_dump(mode="json") for event in events]
                while True:
                    n_rows, _ = fitting(rows, PIECE_BYTES)
                    entry = {**known, "events": rows[:n_rows]}
                    if n_rows == len(rows):
                        yield Piece(entry, following)
                        break
                    yield Piece(entry, f"{after}@{ticket.ticket_id}@{events[-len(rows) + n_rows - 1].seq}")
                    rows = rows[n_rows:]
                after = following
            cursor = page.cursor
            if cursor is None:
                return


def _opened(begin: str) -> tuple[str, str, int]:
    if "@" not in begin:
        return begin, "", 0
    parts = begin.split("@")
    if len(parts) != 3 or not (parts[2].isascii() and parts[2].isdecimal() and len(parts[2]) <= 12):
        raise InvalidCursorError("the cursor is broken")
    return parts[0], parts[1], int(parts[2])
