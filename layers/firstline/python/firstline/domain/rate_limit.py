"""Token buckets kept as one integer each: what is still allowed, and when the next is.

A bucket is the theoretical arrival time (TAT) of the Generic Cell Rate Algorithm in its virtual-scheduling form
(ITU-T Recommendation I.371, annex A): the moment at which the bucket is full again, in microseconds since the epoch.
Taking one token moves it by one interval; it may run ahead of the present by no more than a full bucket. That is a
token bucket of ``per_minute`` tokens, refilled evenly, without a count and a time that would have to change together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US


class Limit(StrEnum):
    """What is limited."""

    REQUESTS = "requests"
    """Requests of one client: an address, or a caller of the API who has signed in."""
    CUSTOMER = "customer"
    """Requests and messages of one customer, from wherever they come."""
    MESSAGES = "messages"
    """Messages of one session."""
    SESSIONS = "sessions"
    """New sessions of one address."""
    FRAMES = "frames"
    """Frames of one socket, whatever is in them."""
    TRANSCRIPTS = "transcripts"
    """Conversations mailed to one address."""
    SIGN_INS = "sign_ins"
    """Passwords tried for one account from one address, whether there is one of that name or not."""
    ACCOUNT = "account"
    """Passwords tried for one account from wherever."""


@dataclass(frozen=True)
class Rate:
    """So many in a minute, and as many at once after a pause.

    Parameters
    ----------
    per_minute : int
        Tokens of a full bucket, >= 1.
    """

    per_minute: int

    @property
    def interval_us(self) -> int:
        """Microseconds in which one token comes back, rounded up."""
        return -(-_MINUTE_US // self.per_minute)

    @property
    def window_us(self) -> int:
        """Microseconds in which an empty bucket fills."""
        return self.interval_us * self.per_minute

    @property
    def tolerance_us(self) -> int:
        """How far the TAT may be ahead of the present for one more token to be there."""
        return self.window_us - self.interval_us


@dataclass(frozen=True)
class Allowance:
    """What was decided, and what is left."""

    allowed: bool
    limit: int
    remaining: int
    """Tokens left, >= 0."""
    reset_s: int
    """Seconds until the bucket is full, rounded up."""
    retry_after_s: int
    """Seconds until the next token, rounded up, at least 1, where it was refused; else 0."""
    shared: bool = True
    """False where the store did not answer, and this process alone has counted."""


def microseconds(moment: datetime) -> int:
    """Return whole microseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def implausible_from(rate: Rate, now_us: int) -> int:
    """Return the TAT from which on a bucket cannot have come to it by itself.

    A clock that was wrong for a while leaves such a bucket; it counts as full, or it would refuse until that clock is
    right. A minute of disagreement between two machines' clocks is allowed for.
    """
    return now_us + rate.window_us + _MINUTE_US


def is_empty(rate: Rate, tat_us: int, now_us: int) -> bool:
    """Tell whether a bucket has no token."""
    return now_us + rate.tolerance_us < tat_us < implausible_from(rate, now_us)


def next_tat(rate: Rate, tat_us: int, now_us: int) -> int | None:
    """Return the TAT after one more token, or None where there is none to take."""
    if is_empty(rate, tat_us, now_us):
        return None
    started = now_us < tat_us < implausible_from(rate, now_us)
    return (tat_us if started else now_us) + rate.interval_us


def allowance(rate: Rate, tat_us: int, now_us: int, *, allowed: bool, shared: bool = True) -> Allowance:
    """Return what a bucket says once its TAT is known: after the token was taken, or was refused."""
    ahead_us = max(0, tat_us - now_us)
    return Allowance(
        allowed=allowed,
        limit=rate.per_minute,
        remaining=max(0, (rate.window_us - ahead_us) // rate.interval_us),
        reset_s=-(-ahead_us // _SECOND_US),
        retry_after_s=0 if allowed else max(1, -(-(ahead_us - rate.tolerance_us) // _SECOND_US)),
        shared=shared,
    )
