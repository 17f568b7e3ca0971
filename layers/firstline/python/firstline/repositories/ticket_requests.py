"""Requests that were carried out: what they made of which ticket, so that a repeated one makes nothing new."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.ports import Table
from firstline.domain.table import Operation, Put
from firstline.repositories import keys
from firstline.repositories.schema import Schema

TICKET_REQUEST = Schema("ticket_request", version=1)

_KEPT_DAYS = 7


@dataclass(frozen=True)
class DoneRequest:
    """What came of a request."""

    ticket_id: str
    seq: int
    """Of the entry that it wrote."""


class TicketRequests:
    """Keys: ``TICKETREQ#<sha256 of the request's id>`` / ``META``; items live 7 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def done(self, request_id: str) -> DoneRequest | None:
        """Return what came of a request, None where it was not carried out; an empty id is none."""
        item = self._table.get(_partition(request_id), keys.META) if request_id else None
        if item is None:
            return None
        item = TICKET_REQUEST.load(item)
        return DoneRequest(str(item["ticket_id"]), int(item["seq"]))

    def marked(self, request_id: str, ticket_id: str, seq: int, *, now: datetime) -> list[Operation]:
        """Return the operations that mark a request as carried out, once; none for an empty id."""
        if not request_id:
            return []
        item = {
            "pk": _partition(request_id),
            "sk": keys.META,
            "ticket_id": ticket_id,
            "seq": seq,
            "expires_at": keys.expiry(now, _KEPT_DAYS),
        }
        return [Put(TICKET_REQUEST.stamp(item), if_absent=True)]


def _partition(request_id: str) -> str:
    return keys.ticket_request(hashlib.sha256(request_id.encode()).hexdigest())
