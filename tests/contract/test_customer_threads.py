"""Which conversations a customer has begun, over both stores: written only as they were read."""

from __future__ import annotations

import pytest

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.repositories.customer_threads import CustomerThreads
from tests.contract.conftest import SettableClock


@pytest.fixture
def threads(table: Table) -> CustomerThreads:
    return CustomerThreads(table, retention_days=90)


def begun(threads: CustomerThreads, clock: SettableClock, *names: str) -> tuple[str, ...]:
    for name in names:
        threads.write(threads.put_first(threads.of("ada", "shop"), name, now=clock.now()))
    return threads.of("ada", "shop").conversation_ids


def test_the_last_five_are_kept_the_last_first_and_each_once(threads: CustomerThreads, clock: SettableClock) -> None:
    assert begun(threads, clock) == ()
    assert begun(threads, clock, "a", "b", "a") == ("a", "b")
    assert begun(threads, clock, "c", "d", "e", "f") == ("f", "e", "d", "c", "a")
    assert threads.of("ada", "another").conversation_ids == threads.of("bob", "shop").conversation_ids == ()


def test_of_two_who_read_the_same_the_second_to_write_is_refused(
    threads: CustomerThreads, clock: SettableClock
) -> None:
    for seen in (threads.of("ada", "shop"), None):
        read = seen or threads.of("ada", "shop")
        name = "first" if seen else "next"
        threads.write(threads.put_first(read, name, now=clock.now()))
        with pytest.raises(ConditionFailedError):
            threads.write(threads.put_first(read, "late", now=clock.now()))
        assert threads.of("ada", "shop").conversation_ids[0] == name


def test_after_the_retention_they_are_forgotten_and_can_begin_again(
    threads: CustomerThreads, clock: SettableClock
) -> None:
    assert begun(threads, clock, "a") == ("a",)
    clock.advance(90 * 24 * 3600)
    assert begun(threads, clock) == ()
    assert begun(threads, clock, "b") == ("b",)
