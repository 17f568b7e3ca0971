"""Limit how often clients, customers and sessions may ask."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from firstline.domain.errors import RateLimitedError, StoreUnavailableError, TransactionConflictError
from firstline.domain.ports import Clock
from firstline.domain.rate_limit import Allowance, Limit, Rate, allowance, microseconds, next_tat
from firstline.repositories.rate_limits import RateLimitRepository

NAMES: Mapping[Limit, str] = {
    Limit.CUSTOMER: "requests of this customer",
    Limit.SESSIONS: "new sessions",
    Limit.SIGN_INS: "attempts to sign in",
    Limit.ACCOUNT: "attempts to sign in",
    Limit.FRAMES: "frames of this connection",
}
"""What people read; where there is none, the limit's own name says it."""

_REST = timedelta(seconds=5)
_MOST_COUNTED = 10_000


class LimitRate:
    """Token buckets in the store; while that does not answer, of this process alone.

    A store that fails must not take the service down with it, and must not open it to a flood either. It is asked
    again after five seconds.

    Parameters
    ----------
    per_minute : mapping of Limit to int
        0 turns a limit off.
    """

    def __init__(self, buckets: RateLimitRepository, per_minute: Mapping[Limit, int], *, clock: Clock) -> None:
        self._buckets = buckets
        self._rates = {limit: Rate(number) for limit, number in per_minute.items() if number > 0}
        self._clock = clock
        self._ask_again: datetime | None = None
        self._own: dict[tuple[Limit, str], int] = {}
        self._lock = threading.Lock()

    def take(self, limit: Limit, subject: str) -> Allowance | None:
        """Take a token, if there is one, and return what is left; None where this limit is off."""
        rate = self._rates.get(limit)
        if rate is None:
            return None
        now = self._clock.now()
        if self._ask_again is not None and now < self._ask_again:
            return self._take_of_own(limit, subject, rate, now)
        try:
            taken = self._buckets.take(limit, subject, rate, now=now)
        except TransactionConflictError:
            return self._take_of_own(limit, subject, rate, now)
        except StoreUnavailableError:
            self._ask_again = now + _REST
            return self._take_of_own(limit, subject, rate, now)
        self._ask_again = None
        return taken

    def limits(self, limit: Limit) -> bool:
        """Tell whether a limit is on."""
        return limit in self._rates

    def require(self, limit: Limit, subject: str) -> None:
        """Take a token. Raises ``RateLimitedError`` where there is none."""
        taken = self.take(limit, subject)
        if taken is not None and not taken.allowed:
            raise _refusal(limit, taken)

    def require_here(self, limit: Limit, subject: str) -> None:
        """Take a token of a bucket of this process alone, which costs nothing. Raises ``RateLimitedError``."""
        rate = self._rates.get(limit)
        if rate is None:
            return
        taken = self._take_of_own(limit, subject, rate, self._clock.now())
        if not taken.allowed:
            raise _refusal(limit, taken)

    def _take_of_own(self, limit: Limit, subject: str, rate: Rate, now: datetime) -> Allowance:
        now_us, key = microseconds(now), (limit, subject)
        with self._lock:
            tat_us = self._own.get(key, 0)
            taken = next_tat(rate, tat_us, now_us)
            if taken is None:
                return allowance(rate, tat_us, now_us, allowed=False, shared=False)
            if len(self._own) >= _MOST_COUNTED:
                self._own = {known: tat for known, tat in self._own.items() if tat > now_us}
            self._own[key] = taken
        return allowance(rate, taken, now_us, allowed=True, shared=False)


def _refusal(limit: Limit, taken: Allowance) -> RateLimitedError:
    return RateLimitedError(NAMES.get(limit, limit.value), taken.limit, taken.retry_after_s, taken.reset_s)
