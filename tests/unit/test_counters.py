"""Counters: names, sums over shards and hours, totals that never go back, what a turn adds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemIds
from firstline.domain import errors
from firstline.domain.conversation import Channel
from firstline.domain.counters import (
    DURATION_BOUNDS,
    duration_counts,
    duration_histogram,
    parse_series_key,
    series_key,
)
from firstline.domain.errors import StoreError
from firstline.domain.turn import Action, Handover, Reason, Reply, ResolutionMethod, Turn, TurnMessage
from firstline.repositories.counters import ACTIVE_S, Counters
from firstline.services.count_turn import counts_of_failure, counts_of_turn

START = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path, clock: Clock) -> SQLiteTable:
    return SQLiteTable(tmp_path / "table.db", clock=clock)


@pytest.fixture
def counters(table: SQLiteTable, clock: Clock) -> Counters:
    return Counters(table, clock=clock, ids=SystemIds(), retention_days=90)


def test_a_series_is_read_as_it_was_written() -> None:
    key = series_key("errors_total", {"kind": "StoreUnavailableError", "at": "api"})
    assert key == "errors_total|at=api,kind=StoreUnavailableError"
    assert parse_series_key(key) == ("errors_total", {"at": "api", "kind": "StoreUnavailableError"})
    assert parse_series_key(series_key("x", {})) == ("x", {})


def test_what_a_label_may_not_hold_cannot_forge_another_series() -> None:
    key = series_key("errors_total", {"kind": 'a,b="c"|d\n' + "x" * 100})
    assert parse_series_key(key).labels == {"kind": ("a_b__c__d_" + "x" * 100)[:64]}
    with pytest.raises(ValueError, match="not a name"):
        series_key("Errors Total", {})
    with pytest.raises(ValueError, match="not a name"):
        series_key("errors_total", {"a,b": "c"})


def test_durations_fall_into_the_bucket_of_their_bound() -> None:
    totals: dict[str, int] = {}
    for seconds in (0.0, 0.05, 0.051, 3.0, 60.0, 61.0):
        for key, amount in duration_counts(seconds).items():
            totals[key] = totals.get(key, 0) + amount
    buckets, sum_s = duration_histogram(totals)
    assert [bound for bound, _ in buckets] == [*(f"{bound:g}" for bound in DURATION_BOUNDS), "+Inf"]
    assert dict(buckets) == {
        **{"0.05": 2, "0.1": 3, "0.25": 3, "0.5": 3, "1": 3, "2.5": 3, "5": 4, "10": 4, "25": 4},
        **{"60": 5, "+Inf": 6},
    }
    assert sum_s == pytest.approx(124.101)


def test_counts_of_many_threads_sum_exactly_by_hour_and_in_all(counters: Counters, clock: Clock) -> None:
    def count(number: int) -> None:
        counters.add_all({"a|": 1, "b|": number}, conversation_id=f"c{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(80)))
    clock.moment += timedelta(hours=1)
    counters.add("a", 5)
    assert counters.totals() == {"a|": 85, "b|": sum(range(80))}
    assert counters.of_hour(START) == {"a|": 80, "b|": sum(range(80))}
    assert counters.of_hour(clock.moment) == {"a|": 5}


def test_hours_expire_and_totals_stay(counters: Counters, clock: Clock) -> None:
    counters.add("a")
    clock.moment += timedelta(days=91)
    assert (counters.of_hour(START), counters.totals()) == ({}, {"a|": 1})


def test_a_conversation_is_active_for_half_an_hour_and_counts_once(counters: Counters, clock: Clock) -> None:
    for conversation in ("c1", "c2", "c1"):
        counters.add_all({"a|": 1}, conversation_id=conversation)
    assert counters.n_active() == 2
    clock.moment += timedelta(seconds=ACTIVE_S - 1)
    counters.add_all({}, conversation_id="c2")
    clock.moment += timedelta(seconds=1)
    assert counters.n_active() == 1


def test_a_store_that_fails_is_told_and_never_raised(counters: Counters, table: SQLiteTable) -> None:
    table.close()
    told: list[StoreError] = []
    counters.add_if_possible({"a|": 1}, on_failure=told.append)
    assert [type(error).__name__ for error in told] == ["StoreUnavailableError"]


def turn(**parts: object) -> Turn:
    message = TurnMessage(message_id="m", seq=2, text="hello", sent_at=START)
    base = Turn(turn_id="t", conversation_id="c", correlation_id="x", channel=Channel.CHAT, message=message)
    return base.model_copy(update=parts)


def reply(reason: Reason = Reason.KNOWLEDGE_FOUND) -> Reply:
    handed_over = reason is Reason.LEGAL
    return Reply(
        seq=3,
        text="x",
        action=Action.HAND_OVER if handed_over else Action.ANSWER,
        reason=reason,
        resolution_method=ResolutionMethod.EXTRACTIVE,
        confidence=0.9,
        handover=Handover(ticket_id="T1", reason=reason) if handed_over else None,
        processing_time_ms=400.0,
    )


DURATION = {"chat_message_duration_seconds_bucket|le=0.5": 1, "chat_message_duration_seconds_sum_us|": 400_000}


@pytest.mark.parametrize(
    ("parts", "reason", "added"),
    [
        ({}, Reason.SOCIAL, {}),
        ({}, Reason.KNOWLEDGE_FOUND, {"rag_queries_total|outcome=found": 1}),
        ({}, Reason.NOTHING_FOUND, {"rag_queries_total|outcome=abstained": 1}),
        # Counted when it happened.
        ({"error": {"Error": "StoreUnavailableError"}}, Reason.SOCIAL, {}),
        ({}, Reason.LEGAL, {"chat_escalations_total|reason=legal": 1}),
        (
            {"error": {"Error": "KeyError"}},
            Reason.LEGAL,
            {
                "chat_escalations_total|reason=legal": 1,
                "errors_total|kind=KeyError": 1,
            },
        ),
    ],
)
def test_a_turn_adds_what_it_did(parts: dict[str, object], reason: Reason, added: dict[str, int]) -> None:
    expected = {"chat_messages_total|channel=chat": 1} | DURATION | added
    assert counts_of_turn(turn(**parts), reply(reason)) == expected


def test_a_failure_is_counted_and_a_turn_that_ended_elsewhere_is_none() -> None:
    assert counts_of_failure(turn(), errors.StoreUnavailableError("x")) == {
        "errors_total|kind=StoreUnavailableError": 1
    }
    assert counts_of_failure(turn(), errors.EmbedderUnavailableError("x")) == {
        "errors_total|kind=EmbedderUnavailableError": 1,
        "rag_queries_total|outcome=failed": 1,
    }
    assert counts_of_failure(turn(), errors.StaleAttemptError("x")) == {}
    taken_over = errors.ConversationTakenOverError("x")
    assert counts_of_failure(turn(), taken_over) == {"chat_messages_total|channel=chat": 1}
