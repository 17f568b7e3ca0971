"""Counters of the whole system: by the hour, and running totals that never go back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from firstline.domain.counters import ERRORS, series_key
from firstline.domain.errors import StoreError
from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.table import Item, Operation, Put, Update
from firstline.repositories import keys, visitor_keys
from firstline.repositories.schema import Schema

COUNTS = Schema("counts", version=1)
ACTIVE = Schema("active_conversation", version=1)

N_SHARDS = 8
ACTIVE_S = 1800
"""Seconds after its last message for which a session counts as active."""

_TOTAL = "total"
_NOT_COUNTED = frozenset({"pk", "sk", "type", "schema", "expires_at"})


class Counters:
    """Keys: ``STAT#<hour>#<shard>`` and ``STAT#total#<shard>`` / ``META``, ``ACTIVE#<shard>`` / ``<conversation>``.

    One attribute per series, so that whatever is counted together is one write; sharded, so that writers seldom meet.
    Hours expire, totals do not.
    """

    def __init__(self, table: Table, *, clock: Clock, ids: Ids, retention_days: int) -> None:
        self._table = table
        self._clock = clock
        self._ids = ids
        self._retention_days = retention_days

    def add(self, name: str, amount: int = 1, **labels: str) -> None:
        """Count one thing. Raises ``StoreError``."""
        self.add_all({series_key(name, labels): amount})

    def add_all(self, counts: Mapping[str, int], *, conversation_id: str = "") -> None:
        """Count several things in one transaction.

        Parameters
        ----------
        counts : mapping of str to int
            Amounts by ``series_key``, each >= 0, at most some 100 series.
        conversation_id : str
            Where somebody has just written; empty for none.

        Raises
        ------
        StoreError
        """
        now = self._clock.now()
        shard = _shard(conversation_id or self._ids.new())
        expires = keys.expiry(now, self._retention_days)
        operations: list[Operation] = []
        if counts:
            hour = keys.counters(_hour(now), shard)
            operations += [
                Update(hour, keys.META, set=COUNTS.stamp({"expires_at": expires}), add=counts),
                Update(keys.counters(_TOTAL, shard), keys.META, set=COUNTS.stamp({}), add=counts),
            ]
        if conversation_id:
            until = int(now.timestamp()) + ACTIVE_S
            item = {"pk": keys.active(shard), "sk": conversation_id, "expires_at": until}
            item |= visitor_keys.linked_to(conversation_id, keys.active(shard), conversation_id)
            operations.append(Put(ACTIVE.stamp(item)))
        self._table.transact(operations)

    def add_if_possible(
        self, counts: Mapping[str, int], *, on_failure: Callable[[StoreError], None], conversation_id: str = ""
    ) -> None:
        """Count as ``add_all`` does, on the way to something that matters more: a failure is told, not raised."""
        try:
            self.add_all(counts, conversation_id=conversation_id)
        except StoreError as error:
            on_failure(error)

    def add_error(self, kind: str, *, on_failure: Callable[[StoreError], None]) -> None:
        """Count a failure by the name of its class, as ``add_if_possible`` does."""
        self.add_if_possible({series_key(ERRORS, {"kind": kind}): 1}, on_failure=on_failure)

    def totals(self) -> dict[str, int]:
        """Return what was counted since the beginning, by ``series_key``."""
        return self._summed(_TOTAL)

    def of_hour(self, moment: datetime) -> dict[str, int]:
        """Return what was counted in the hour, in UTC, that this moment lies in."""
        return self._summed(_hour(moment))

    def n_active(self) -> int:
        """Return in how many conversations somebody has written in the last half hour."""
        return sum(len(self._table.query(keys.active(shard)).items) for shard in range(N_SHARDS))

    def _summed(self, period: str) -> dict[str, int]:
        summed: Counter[str] = Counter()
        for shard in range(N_SHARDS):
            item = self._table.get(keys.counters(period, shard), keys.META)
            if item is not None:
                summed.update(_counts(COUNTS.load(item)))
        return dict(summed)


def _counts(item: Item) -> dict[str, int]:
    return {name: int(value) for name, value in item.items() if name not in _NOT_COUNTED}


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}"


def _shard(value: str) -> int:
    return int(hashlib.sha256(value.encode()).hexdigest()[:8], 16) % N_SHARDS
