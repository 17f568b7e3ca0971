"""Counters, buckets and sites mean the same on both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from firstline.adapters.system import SystemIds
from firstline.domain.counters import duration_counts, series_key
from firstline.domain.ports import Table
from firstline.domain.rate_limit import Limit, Rate
from firstline.domain.sites import Site, SiteChangedError
from firstline.repositories.counters import Counters
from firstline.repositories.rate_limits import RateLimitRepository
from firstline.repositories.sites import SiteRepository
from tests.contract.conftest import SettableClock


def test_what_threads_count_together_sums_exactly(table: Table, clock: SettableClock) -> None:
    counters = Counters(table, clock=clock, ids=SystemIds(), retention_days=90)
    counts = {series_key("errors_total", {"kind": "States.Timeout", "at": "x+y"}): 2} | duration_counts(0.3)

    def count(number: int) -> None:
        counters.add_all(counts, conversation_id=f"c{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(12)))
    expected = {name: 12 * amount for name, amount in counts.items()}
    assert counters.totals() == expected
    assert counters.of_hour(clock.now()) == expected
    assert counters.n_active() == 12
    clock.advance(1800)
    assert counters.n_active() == 0


def test_a_bucket_empties_fills_and_expires(table: Table, clock: SettableClock) -> None:
    rate = Rate(3)

    def take() -> tuple[bool, int, int]:
        taken = RateLimitRepository(table).take(Limit.MESSAGES, "c", rate, now=clock.now())
        return taken.allowed, taken.remaining, taken.retry_after_s

    assert [take() for _ in range(4)] == [(True, 2, 0), (True, 1, 0), (True, 0, 0), (False, 0, 20)]
    clock.advance(20)
    assert [take() for _ in range(2)] == [(True, 0, 0), (False, 0, 20)]
    clock.advance(300)
    assert take() == (True, 2, 0)


def test_a_bucket_of_a_clock_that_ran_ahead_is_full(table: Table) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    RateLimitRepository(table).take(Limit.MESSAGES, "c", Rate(3), now=datetime(2031, 1, 1, tzinfo=UTC))
    assert RateLimitRepository(table).take(Limit.MESSAGES, "c", Rate(3), now=now).remaining == 2


def test_a_site_is_replaced_under_the_version_that_was_read(table: Table) -> None:
    sites = SiteRepository(table)
    site = Site(site_id="shop", version=1, greeting="Grüß Gott")
    sites.put(site, replaces=0)
    for stale in (0, 2):
        with pytest.raises(SiteChangedError):
            sites.put(site, replaces=stale)
    sites.put(site.model_copy(update={"version": 2}), replaces=1)
    assert sites.get("shop") == site.model_copy(update={"version": 2})
    assert sites.all() == [site.model_copy(update={"version": 2})]
    with pytest.raises(SiteChangedError):
        sites.delete("shop", version=1)
    sites.delete("shop", version=2)
    assert sites.get("shop") is None
