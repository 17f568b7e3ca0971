"""Money spent on the language model, receipts and caches, alike on both tables."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from firstline.adapters.system import SystemIds
from firstline.domain.errors import NotFoundError
from firstline.domain.model_spend import BudgetAlert
from firstline.domain.notices import NoticeChannel
from firstline.domain.table import Put
from firstline.repositories.budget_alerts import BudgetAlertRepository
from firstline.repositories.cache_entries import CacheEntryRepository
from firstline.repositories.model_spend import ModelSpendRepository
from firstline.repositories.receipts import ReceiptRepository, day_of
from tests.contract.conftest import SettableClock

DAY = date(2030, 6, 30)


def test_bookings_side_by_side_stop_exactly_at_the_cap(table: Any) -> None:
    spend = ModelSpendRepository(table)
    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(lambda _: spend.add_to_day(DAY, 10, daily_cap=105, monthly_cap=1_000), range(40)))
    assert sum(entry is not None for entry in booked) == 10
    assert (spend.of_day(DAY).day, spend.of_day(DAY).month) == (100, 100)


def test_the_months_cap_holds_across_its_days_and_no_further(table: Any) -> None:
    spend = ModelSpendRepository(table)
    assert spend.add_to_day(DAY, 60, daily_cap=60, monthly_cap=100)
    assert spend.add_to_day(DAY - timedelta(1), 50, daily_cap=60, monthly_cap=100) is None
    assert spend.add_to_day(DAY - timedelta(1), 40, daily_cap=60, monthly_cap=100)
    assert spend.add_to_day(DAY + timedelta(1), 60, daily_cap=60, monthly_cap=100)
    assert spend.add_to_day(DAY, 101, monthly_cap=100) is None
    spend.add_to_day(DAY, -20)
    assert (spend.of_day(DAY).day, spend.of_day(DAY).month, spend.of_day(DAY - timedelta(1)).day) == (40, 80, 40)


def test_settlements_side_by_side_add_up_for_the_customers_day(table: Any) -> None:
    spend = ModelSpendRepository(table)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: spend.add_to_customer("c1", DAY, n), range(50)))
    assert spend.of_customer("c1", DAY) == sum(range(50))
    assert (spend.of_customer("c2", DAY), spend.of_customer("c1", DAY + timedelta(1))) == (0, 0)


def test_of_alerts_at_once_one_is_given_with_its_notices(table: Any) -> None:
    spend = ModelSpendRepository(table)
    spend.add_to_day(DAY, 1)

    def alert(n: int) -> bool:
        return spend.alert_once(DAY, "2026-06_80", also=[Put({"pk": "notice", "sk": str(n)})])

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(alert, range(12)))
    assert (sum(given), len(table.query("notice").items)) == (1, 1)
    assert spend.of_day(DAY).alerted == {"2026-06_80"}


def test_an_alert_is_delivered_by_one_sweep_at_a_time(table: Any, clock: SettableClock) -> None:
    alerts, now = BudgetAlertRepository(table), clock.now()
    alert = BudgetAlert("2026-06", 80, 100.0, 81.5)
    table.transact([alerts.added(alert, channel, now=now) for channel in NoticeChannel])
    mail, hook = sorted(alerts.due(now=now), key=lambda waiting: waiting.channel)
    assert (mail.alert, mail.delivery_id) == (alert, "budget-2026-06_80-email")
    leased = alerts.take_up(mail, now=now)
    assert leased is not None
    assert (leased.attempts, alerts.take_up(mail, now=now)) == (1, None)
    assert alerts.due(now=now) == [hook]
    alerts.drop(mail)
    alerts.put_off(leased, until=now + timedelta(seconds=30))
    (again,) = [waiting for waiting in alerts.due(now=now + timedelta(seconds=31)) if waiting.channel == mail.channel]
    alerts.drop(again)
    alerts.bury(hook)
    assert alerts.due(now=now + timedelta(days=1)) == []


def test_a_receipt_is_found_by_its_turn_alone_and_by_its_day(table: Any, clock: SettableClock) -> None:
    receipts, now = ReceiptRepository(table, retention_days=90), clock.now()
    turns = sorted(SystemIds().new() for _ in range(6))
    for number, turn_id in enumerate(turns):
        table.transact([receipts.added(f"conversation{number}", turn_id, json.dumps({"n": number}), now=now)])
    assert receipts.get(turns[3]) == {"conversation_id": "conversation3", "n": 3}
    made_on = day_of(turns[0])
    assert made_on == datetime.now(UTC).date()
    assert [body["n"] for body in receipts.of_day(made_on)] == list(range(6))
    for unknown in (SystemIds().new(), "x", "I" * 26, "Z" * 26):
        with pytest.raises(NotFoundError):
            receipts.get(unknown)


def test_a_cache_entry_is_gone_when_its_time_is_over_and_too_large_ones_are_not_kept(
    table: Any, clock: SettableClock
) -> None:
    entries = CacheEntryRepository(table)
    later = int(clock.now().timestamp()) + 100
    entries.put("search", "a", "body", expires_at=later)
    entries.put("search", "b", "body", expires_at=later - 200)
    entries.put("search", "c", "x" * 500_000, expires_at=later)
    assert entries.get("search", "a") == ("body", later)
    assert (entries.get("search", "b"), entries.get("search", "c"), entries.get("answer", "a")) == (None, None, None)
