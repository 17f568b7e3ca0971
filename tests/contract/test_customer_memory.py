"""What is known of customers, on both stores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from firstline.domain.errors import NotFoundError
from firstline.domain.memory import Fact, FactKind, Provenance
from firstline.domain.ports import Table
from firstline.repositories.customers import CONVERSATION, VERIFIED, CustomerRepository
from firstline.repositories.memory import MemoryRepository
from tests.contract.conftest import SettableClock


def plan(clock: SettableClock, value: str, *, seconds: float = 0, **changes: object) -> Fact:
    at = clock.now() + timedelta(seconds=seconds)
    fact = Fact(
        kind=FactKind.PLAN,
        value=value,
        provenance=Provenance.STATED,
        conversation_id="C",
        seq=2,
        stated_at=at,
        expires_at=at + timedelta(days=30),
    )
    return fact.model_copy(update=changes)


def memory_of(table: Table, clock: SettableClock) -> MemoryRepository:
    CustomerRepository(table, retention_days=90).find_or_create(CONVERSATION, "C", new_id="V", now=clock.now())
    CustomerRepository(table, retention_days=90).find_or_create(VERIFIED, "ada", new_id="K", now=clock.now())
    return MemoryRepository(table, retention_days=90)


def test_the_newest_statement_stands_with_the_one_before_it(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    for value, seconds, written in (("Free", 0, True), ("Pro", 10, True), ("Pro", 10, False), ("Team", 5, False)):
        assert memory.keep("K", plan(clock, value, seconds=seconds)) is written
    assert memory.keep("K", plan(clock, "Pro", seconds=20))
    (fact,) = memory.of_customer("K")
    assert (fact.value, fact.stated_at) == ("Pro", clock.now() + timedelta(seconds=20))
    assert fact.previous is not None
    assert fact.previous.value == "Free"
    assert memory.of_customer("V") == []


def test_of_one_moment_the_later_message_stands(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    assert memory.keep("K", plan(clock, "Free", seq=3))
    assert not memory.keep("K", plan(clock, "Team", seq=2))
    assert memory.keep("K", plan(clock, "Pro", seq=4))
    assert memory.get("K", FactKind.PLAN).value == "Pro"


def test_a_fact_expires(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    memory.keep("K", plan(clock, "Pro"))
    clock.moment += timedelta(days=31)
    assert memory.of_customer("K") == []
    with pytest.raises(NotFoundError):
        memory.get("K", FactKind.PLAN)


def test_what_was_forgotten_is_not_brought_back_by_an_older_message_and_its_value_is_gone(
    table: Table, clock: SettableClock
) -> None:
    memory = memory_of(table, clock)
    memory.keep("K", plan(clock, "Pro"))
    memory.forget("K", FactKind.PLAN, now=clock.now() + timedelta(seconds=1))
    with pytest.raises(NotFoundError):
        memory.forget("K", FactKind.PLAN, now=clock.now() + timedelta(seconds=2))
    assert not memory.keep("K", plan(clock, "Pro"))
    assert not memory.keep("K", plan(clock, "Pro", seconds=9, provenance=Provenance.COUNTED))
    assert memory.of_customer("K") == []
    assert "Pro" not in str(table.query("CUST#K").items)
    assert memory.keep("K", plan(clock, "Team", seconds=2))
    assert memory.get("K", FactKind.PLAN).previous is None


def test_what_was_counted_displaces_only_what_was_counted(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    counted = {"kind": FactKind.RECURRING_PROBLEM, "provenance": Provenance.COUNTED}
    assert not memory.of_customer("K")
    memory.keep("K", plan(clock, "bug_report", kind=FactKind.RECURRING_PROBLEM))
    assert not memory.keep("K", plan(clock, "billing_inquiry", seconds=5, **counted))


def test_a_visitors_facts_move_once_and_the_newer_of_two_stands(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    memory.keep("K", plan(clock, "Free", seconds=1))
    memory.keep("V", plan(clock, "Pro", seconds=2))
    memory.keep("V", plan(clock, "Ada", kind=FactKind.NAME))
    for _ in range(2):
        memory.move("V", "K", days=365)
    assert memory.of_customer("V") == []
    assert {fact.kind.value: fact.value for fact in memory.of_customer("K")} == {"name": "Ada", "plan": "Pro"}
    stands = memory.get("K", FactKind.PLAN)
    assert stands.previous is not None
    assert stands.previous.value == "Free"
    assert stands.expires_at == stands.stated_at + timedelta(days=365)
    memory.keep("V", plan(clock, "Team", seconds=1))
    memory.move("V", "K", days=365)
    assert memory.get("K", FactKind.PLAN) == stands


def test_what_a_visitor_wanted_forgotten_stays_forgotten_when_they_are_known(
    table: Table, clock: SettableClock
) -> None:
    memory = memory_of(table, clock)
    memory.keep("K", plan(clock, "Free"))
    memory.keep("V", plan(clock, "Pro", seconds=1))
    memory.forget("V", FactKind.PLAN, now=clock.now() + timedelta(seconds=2))
    memory.move("V", "K", days=365)
    assert memory.of_customer("K") == []


def test_nothing_is_kept_of_nobody_nor_of_a_visitor_who_is_known_by_now(table: Table, clock: SettableClock) -> None:
    memory = memory_of(table, clock)
    table.update("CUST#V", "PROFILE", set={"joined_into": "K"})
    for customer_id in ("V", "nobody"):
        with pytest.raises(NotFoundError):
            memory.keep(customer_id, plan(clock, "Pro"))
        assert memory.of_customer(customer_id) == []
