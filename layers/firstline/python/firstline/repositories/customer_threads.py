"""Which conversations a verified customer has lately begun: what another device of theirs can join."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.ports import Table
from firstline.domain.table import Compare, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.customers import VERIFIED
from firstline.repositories.schema import Schema

CUSTOMER_THREADS = Schema("customer_threads", version=1)
_KEPT = 5


@dataclass(frozen=True)
class Threads:
    """The customer's conversations on one site, as they were read."""

    user_id: str
    site_id: str
    conversation_ids: tuple[str, ...] = ()
    """The one begun, or joined by a new session, last comes first; at most five."""
    body: str | None = None
    """As stored; None where nothing is."""


class CustomerThreads:
    """Keys: ``IDENT#verified#<user id>`` / ``THREADS#<site id>``.

    An item that is read consistently and written with each new conversation, unlike the index by customer: of two
    devices that come at once, the second to write learns of the first.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def of(self, user_id: str, site_id: str) -> Threads:
        """Return a verified customer's conversations on a site."""
        item = self._table.get(keys.identity(VERIFIED, user_id), keys.threads(site_id))
        if item is None:
            return Threads(user_id, site_id)
        body = str(CUSTOMER_THREADS.load(item)["body"])
        return Threads(user_id, site_id, tuple(json.loads(body)), body)

    def put_first(self, seen: Threads, conversation_id: str, *, now: datetime) -> Operation:
        """Return the operation that puts a conversation first, unless they have changed since they were read."""
        others = [known for known in seen.conversation_ids if known != conversation_id]
        body = json.dumps([conversation_id, *others[: _KEPT - 1]])
        changes = {"body": body, "expires_at": keys.expiry(now, self._retention_days)}
        pk, sk = keys.identity(VERIFIED, seen.user_id), keys.threads(seen.site_id)
        if seen.body is None:
            return Put(CUSTOMER_THREADS.stamp({"pk": pk, "sk": sk, **changes}), if_absent=True)
        return Update(pk, sk, set=changes, condition=Compare("body", "=", seen.body))

    def remove(self, user_id: str, site_id: str, conversation_id: str) -> None:
        """Take a conversation off the list. Raises ``ConditionFailedError`` where others have just changed it."""
        seen = self.of(user_id, site_id)
        if conversation_id not in seen.conversation_ids:
            return
        body = json.dumps([known for known in seen.conversation_ids if known != conversation_id])
        self._table.update(
            keys.identity(VERIFIED, user_id),
            keys.threads(site_id),
            set={"body": body},
            condition=Compare("body", "=", seen.body),
        )

    def write(self, operation: Operation) -> None:
        """Carry out what ``put_first`` has returned. Raises ``ConditionFailedError``."""
        self._table.transact([operation])
