"""Token buckets: the rule, its writing in the store, and what happens without a store."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstline.adapters.faulty_table import FaultyTable
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.errors import RateLimitedError, StoreUnavailableError
from firstline.domain.ports import Table
from firstline.domain.rate_limit import Limit, Rate, microseconds, next_tat
from firstline.repositories.rate_limits import RateLimitRepository
from firstline.services.limit_rate import LimitRate

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path, clock: Clock) -> SQLiteTable:
    return SQLiteTable(tmp_path / "table.db", clock=clock)


def allowed(take: Callable[[], bool], n: int) -> int:
    return sum(take() for _ in range(n))


@pytest.mark.parametrize("per_minute", [1, 7, 60, 100, 10_000])
def test_a_full_bucket_gives_its_limit_at_once_and_then_one_per_interval(per_minute: int) -> None:
    rate, now, tat = Rate(per_minute), microseconds(START), 0
    for _ in range(per_minute):
        taken = next_tat(rate, tat, now)
        assert taken is not None
        tat = taken
    assert next_tat(rate, tat, now) is None
    assert next_tat(rate, tat, now + rate.interval_us - 1) is None
    assert next_tat(rate, tat, now + rate.interval_us) == tat + rate.interval_us


def test_a_bucket_agrees_with_one_that_counts_tokens_and_refills_them() -> None:
    rate, rng = Rate(30), random.Random(7)
    for _ in range(20):
        now, tat, tokens, last = microseconds(START), 0, 30.0, microseconds(START)
        for _ in range(200):
            now += rng.choice([0, 1000, 500_000, 2_000_000, 2_000_001, 5_000_000])
            tokens = min(30.0, tokens + (now - last) / rate.interval_us)
            last = now
            expected = tokens >= 1 - 1e-9
            taken = next_tat(rate, tat, now)
            assert (taken is not None) == expected
            if taken is not None:
                tat, tokens = taken, tokens - 1


def test_the_store_decides_as_the_rule_does_and_tells_what_is_left(table: SQLiteTable, clock: Clock) -> None:
    buckets, rate, rng, tat = RateLimitRepository(table), Rate(5), random.Random(3), 0
    for _ in range(120):
        clock.forward(rng.choice([0, 0, 0, 1, 5, 12, 70]))
        now_us = microseconds(clock.now())
        expected = next_tat(rate, tat, now_us)
        # Every other request comes to a process that has seen nothing yet.
        asked = buckets if rng.random() < 0.5 else RateLimitRepository(table)
        taken = asked.take(Limit.REQUESTS, "a", rate, now=clock.now())
        assert taken.allowed == (expected is not None)
        tat = expected or tat
        assert taken.remaining == (rate.window_us - max(0, tat - now_us)) // rate.interval_us
        assert taken.reset_s == -(-max(0, tat - now_us) // 1_000_000)
        assert taken.retry_after_s == (0 if taken.allowed else -(-(tat - now_us - rate.tolerance_us) // 1_000_000))


def test_whoever_waits_as_long_as_told_gets_in(table: SQLiteTable, clock: Clock) -> None:
    buckets, rate = RateLimitRepository(table), Rate(7)
    for _ in range(7):
        assert buckets.take(Limit.SESSIONS, "a", rate, now=clock.now()).allowed
    refused = buckets.take(Limit.SESSIONS, "a", rate, now=clock.now())
    assert (refused.allowed, refused.remaining, refused.limit) == (False, 0, 7)
    clock.forward(refused.retry_after_s)
    assert buckets.take(Limit.SESSIONS, "a", rate, now=clock.now()).allowed
    assert buckets.take(Limit.SESSIONS, "b", rate, now=clock.now()).remaining == 6
    assert buckets.take(Limit.MESSAGES, "a", rate, now=clock.now()).remaining == 6


def test_one_write_lets_a_request_in_and_a_flood_costs_no_more(table: SQLiteTable, clock: Clock) -> None:
    counted = FaultyTable(table, rng=random.Random(1))
    buckets, rate = RateLimitRepository(counted), Rate(10)
    for _ in range(10):
        buckets.take(Limit.REQUESTS, "a", rate, now=clock.now())
    assert len(counted.calls) == 10
    for _ in range(500):
        assert not buckets.take(Limit.REQUESTS, "a", rate, now=clock.now()).allowed
    assert len(counted.calls) == 10


def test_a_bucket_left_by_a_clock_that_was_wrong_is_full_again(table: SQLiteTable, clock: Clock) -> None:
    rate = Rate(3)
    RateLimitRepository(table).take(Limit.REQUESTS, "a", rate, now=START + timedelta(days=400))
    buckets = RateLimitRepository(table)
    assert [buckets.take(Limit.REQUESTS, "a", rate, now=START).allowed for _ in range(4)] == [True, True, True, False]


def test_an_unused_bucket_leaves_nothing_behind(table: SQLiteTable, clock: Clock) -> None:
    RateLimitRepository(table).take(Limit.REQUESTS, "a", Rate(60), now=clock.now())
    clock.forward(200)
    assert table.purge_expired() == 1
    assert RateLimitRepository(table).take(Limit.REQUESTS, "a", Rate(60), now=clock.now()).remaining == 59


def test_conflicts_take_no_token_and_cost_none(table: SQLiteTable, clock: Clock) -> None:
    faulty = FaultyTable(table, rng=random.Random(5), conflict_rate=0.2)
    limits = LimitRate(RateLimitRepository(faulty), {Limit.REQUESTS: 30}, clock=clock)
    taken = [limits.take(Limit.REQUESTS, "a") for _ in range(50)]
    assert sum(one.allowed for one in taken if one) == 30
    assert all(one.shared for one in taken if one)


class DeadTable(FaultyTable):
    """Fails while told to, and counts who asks."""

    def __init__(self, inner: Table) -> None:
        super().__init__(inner, rng=random.Random(1))
        self.dead, self.asked = True, 0

    def update(self, *args: object, **kwargs: object) -> dict[str, object]:
        self.asked += 1
        if self.dead:
            raise StoreUnavailableError("no answer")
        return super().update(*args, **kwargs)  # type: ignore[arg-type]


def test_without_a_store_this_process_counts_and_asks_again_after_five_seconds(
    table: SQLiteTable, clock: Clock
) -> None:
    dead = DeadTable(table)
    limits = LimitRate(RateLimitRepository(dead), {Limit.REQUESTS: 3}, clock=clock)
    taken = [limits.take(Limit.REQUESTS, "a") for _ in range(4)]
    assert [(one.allowed, one.shared) for one in taken if one] == [(True, False)] * 3 + [(False, False)]
    assert dead.asked == 1
    dead.dead = False
    clock.forward(5)
    recovered = limits.take(Limit.REQUESTS, "a")
    assert recovered is not None
    assert (recovered.allowed, recovered.shared, recovered.remaining) == (True, True, 2)


def test_a_limit_of_zero_is_off_and_a_refusal_says_when(table: SQLiteTable, clock: Clock) -> None:
    limits = LimitRate(RateLimitRepository(table), {Limit.MESSAGES: 1, Limit.REQUESTS: 0}, clock=clock)
    assert limits.take(Limit.REQUESTS, "a") is None
    limits.require(Limit.MESSAGES, "a")
    with pytest.raises(RateLimitedError) as refused:
        limits.require(Limit.MESSAGES, "a")
    assert (refused.value.limit, refused.value.retry_after_s) == (1, 60)
    assert str(refused.value) == "Too many messages: 1 a minute are allowed. Try again in 60 s."
