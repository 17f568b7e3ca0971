"""All that is kept of a customer, for the customer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import InvalidCursorError
from firstline.domain.ports import Clock
from firstline.services.export_pieces import Piece, size_of

Part = Callable[[str], Any]
"""Returns one part of the export by the customer's id, as JSON values; raises ``NotFoundError`` for nobody's id."""

ListedPart = Callable[[str, str], Iterator[Piece]]
"""Returns the entries of a part that may be long, by the customer's id and from where on, empty for the beginning;
raises ``InvalidCursorError``."""

_MOST_BYTES = 4 * 1024 * 1024
"""A function's answer has 6 MB at most, with its headers, and one entry may be larger than what is left."""
_MOST_ENTRIES = 200
"""Of all lists in one answer, so that it is there before a gateway gives up."""


class CustomerExport(BaseModel):
    """What is kept, by part."""

    model_config = ConfigDict(frozen=True)

    customer_id: str
    exported_at: datetime
    parts: dict[str, Any] = Field(
        description="`profile`, `memory`, `account`, and as many of `tickets` and `conversations` as fit; an entry of "
        "these that is very long comes in several, one after the other, with the same id"
    )
    next_cursor: str | None = Field(
        description="`cursor` of the next page, which has more of `tickets` and `conversations`; null: this is all"
    )


class ExportCustomer:
    """Joins the parts; what keeps something of customers adds a part of its own.

    Parameters
    ----------
    parts : mapping of str to callable
        In the order of the export; each page has them.
    lists : mapping of str to callable
        What comes after them, over as many pages as it takes.
    """

    def __init__(self, parts: Mapping[str, Part], lists: Mapping[str, ListedPart], clock: Clock) -> None:
        self._parts = dict(parts)
        self._lists = dict(lists)
        self._clock = clock

    def export(self, customer_id: str, *, cursor: str | None = None, most_bytes: int = _MOST_BYTES) -> CustomerExport:
        """Return everything, or one page of it.

        Parameters
        ----------
        cursor : str, optional
            Of the page before.
        most_bytes : int
            Of what an answer holds; one entry may exceed it by ``PIECE_BYTES`` and its longest message or mail.

        Raises
        ------
        NotFoundError, InvalidCursorError
        """
        name, begin = self._opened(cursor)
        parts = {one: part(customer_id) for one, part in self._parts.items()}
        room, n_entries, following = most_bytes - size_of(parts), 0, None
        names = list(self._lists)
        for one in names[names.index(name) :] if name else ():
            parts[one] = []
            for piece in self._lists[one](customer_id, begin):
                if n_entries and (room <= 0 or n_entries == _MOST_ENTRIES):
                    following = _closed(one, begin)
                    break
                parts[one].append(piece.entry)
                begin, n_entries, room = piece.after, n_entries + 1, room - size_of(piece.entry)
            if following:
                break
            begin = ""
        return CustomerExport(
            customer_id=customer_id, exported_at=self._clock.now(), parts=parts, next_cursor=following
        )

    def _opened(self, cursor: str | None) -> tuple[str, str]:
        if not cursor:
            return next(iter(self._lists), ""), ""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, _, begin = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
        except ValueError as error:
            raise InvalidCursorError("the cursor is broken") from error
        if name not in self._lists:
            raise InvalidCursorError("the cursor is broken")
        return name, begin


def _closed(name: str, begin: str) -> str:
    return base64.urlsafe_b64encode(f"{name}:{begin}".encode()).decode().rstrip("=")
