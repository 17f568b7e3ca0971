"""Token buckets in the store: exact, whichever and however many processes take from one."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime

from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.ports import Table
from firstline.domain.rate_limit import Allowance, Limit, Rate, allowance, implausible_from, is_empty, microseconds
from firstline.domain.table import AllOf, AnyOf, Compare, NotExists
from firstline.repositories import keys
from firstline.repositories.schema import Schema

BUCKET = Schema("rate_bucket", version=1)

_TRIES = 5
_KEPT_S = 120
_MOST_REMEMBERED = 10_000


class RateLimitRepository:
    """Keys: ``RATE#<limit>#<sha256 of whose>`` / ``META``.

    A token is taken by one conditional update that reads nothing first: of a full bucket by setting its TAT, of any
    other by adding to it, and no two updates can take the same token. The last TAT that this process has seen tells
    which of both to try first, and which requests to refuse without asking, because a TAT never goes back. So a
    request that is let in costs one write as a rule, at most two; of those that are refused the first costs up to two
    writes and a read, the others nothing.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, limit: Limit, subject: str, rate: Rate, *, now: datetime) -> Allowance:
        """Take one token of a bucket, if one is there.

        Raises
        ------
        StoreUnavailableError, TransactionConflictError
            Nothing is decided.
        """
        pk = keys.rate_bucket(limit, hashlib.sha256(subject.encode("utf-8", "surrogateescape")).hexdigest()[:32])
        now_us = microseconds(now)
        tat_us = self._seen.get(pk, 0)
        for _ in range(_TRIES):
            if is_empty(rate, tat_us, now_us):
                self._remember(pk, tat_us, now_us)
                return allowance(rate, tat_us, now_us, allowed=False)
            started = tat_us > now_us
            taken = self._try(pk, rate, now_us, started=started) or self._try(pk, rate, now_us, started=not started)
            if taken is not None:
                self._remember(pk, taken, now_us)
                return allowance(rate, taken, now_us, allowed=True)
            item = self._table.get(pk, keys.META)
            tat_us = int(BUCKET.load(item)["tat_us"]) if item is not None else 0
        raise TransactionConflictError(f"{pk}: too many at once")

    def _try(self, pk: str, rate: Rate, now_us: int, *, started: bool) -> int | None:
        """Take a token of a bucket that is full, or has been ``started``; return the TAT, or None where it is not."""
        attributes = BUCKET.stamp({"expires_at": (now_us + rate.window_us) // 1_000_000 + _KEPT_S})
        try:
            if started:
                ahead = (Compare("tat_us", ">", now_us), Compare("tat_us", "<=", now_us + rate.tolerance_us))
                add = {"tat_us": rate.interval_us}
                item = self._table.update(pk, keys.META, set=attributes, add=add, condition=AllOf(ahead))
            else:
                set_ = attributes | {"tat_us": now_us + rate.interval_us}
                broken = Compare("tat_us", ">=", implausible_from(rate, now_us))
                full = AnyOf((NotExists(), Compare("tat_us", "<=", now_us), broken))
                item = self._table.update(pk, keys.META, set=set_, condition=full)
        except (ConditionFailedError, TransactionConflictError):
            # Either way nothing was written, and the next try sees what is there.
            return None
        return int(item["tat_us"])

    def _remember(self, pk: str, tat_us: int, now_us: int) -> None:
        with self._lock:
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen = {key: seen for key, seen in self._seen.items() if seen > now_us}
                if len(self._seen) >= _MOST_REMEMBERED:
                    self._seen = {}
            self._seen[pk] = tat_us
