"""A circuit breaker with time in the test's hand."""

from __future__ import annotations

import threading

import pytest

from firstline.adapters.circuit_breaker import Circuit, CircuitBreaker


class HandTime:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> HandTime:
    return HandTime()


@pytest.fixture
def breaker(time: HandTime) -> CircuitBreaker:
    return CircuitBreaker(failures=3, open_s=30, monotonic=time)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        assert breaker.begin()
        breaker.fail()


def test_failures_in_a_row_open_it_and_a_success_between_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    breaker.succeed()
    fail(breaker, 2)
    assert breaker.state is Circuit.CLOSED
    fail(breaker)
    assert breaker.state is Circuit.OPEN
    assert not breaker.begin()


def test_after_its_time_one_request_is_let_through_and_closes_it(breaker: CircuitBreaker, time: HandTime) -> None:
    fail(breaker, 3)
    time.now += 29.9
    assert not breaker.begin()
    time.now += 0.1
    assert breaker.state is Circuit.HALF_OPEN
    assert breaker.begin()
    assert not breaker.begin()
    breaker.succeed()
    assert breaker.state is Circuit.CLOSED
    assert breaker.begin()


def test_a_probe_that_fails_opens_it_for_another_time(breaker: CircuitBreaker, time: HandTime) -> None:
    fail(breaker, 3)
    time.now += 30
    fail(breaker)
    assert breaker.state is Circuit.OPEN
    time.now += 29
    assert not breaker.begin()
    time.now += 1
    assert breaker.begin()


def test_a_probe_that_says_nothing_lets_the_next_one_through(breaker: CircuitBreaker, time: HandTime) -> None:
    fail(breaker, 3)
    time.now += 30
    assert breaker.begin()
    breaker.leave()
    assert breaker.begin()
    # Nothing is ever heard of this one.
    assert not breaker.begin()
    time.now += 30
    assert breaker.begin()


def test_stragglers_do_not_keep_it_open_for_longer(breaker: CircuitBreaker, time: HandTime) -> None:
    assert all(breaker.begin() for _ in range(5))
    for _ in range(3):
        breaker.fail()
    time.now += 20
    breaker.fail()
    breaker.fail()
    time.now += 10
    assert breaker.begin()


def test_of_many_threads_one_probes(breaker: CircuitBreaker, time: HandTime) -> None:
    fail(breaker, 3)
    time.now += 30
    let_through: list[bool] = []
    ready = threading.Barrier(16)

    def probe() -> None:
        ready.wait()
        let_through.append(breaker.begin())

    threads = [threading.Thread(target=probe) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_through) == 1
