"""Threads that are used again, and the watchdog."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

import pytest

from firstline.adapters.local.daemon_threads import DaemonThreads, Watchdog


def settled(name: str, at_most: int) -> bool:
    deadline = time.monotonic() + 10
    while sum(thread.name.startswith(name) for thread in threading.enumerate()) > at_most:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def test_threads_at_rest_are_used_again_and_busy_ones_are_not_waited_for():
    threads = DaemonThreads("reuse")
    names: SimpleQueue[str] = SimpleQueue()
    release = threading.Event()

    def work() -> None:
        names.put(threading.current_thread().name)

    def work_long() -> None:
        work()
        release.wait(10)

    seen = set()
    for _ in range(50):
        threads.submit(work)
        seen.add(names.get(timeout=10))
        time.sleep(0.001)
    assert len(seen) <= 10

    for _ in range(20):
        threads.submit(work_long)
    assert len({names.get(timeout=10) for _ in range(20)}) == 20
    release.set()
    threads.close()
    assert settled("reuse-", 0)


def test_a_call_that_raises_is_reported_and_costs_only_its_own_thread(monkeypatch: pytest.MonkeyPatch):
    reported: SimpleQueue[threading.ExceptHookArgs] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", reported.put)
    threads = DaemonThreads("raising")

    def broken() -> None:
        raise LookupError("broken")

    threads.submit(broken)
    assert reported.get(timeout=10).exc_type is LookupError
    done = threading.Event()
    threads.submit(done.set)
    assert done.wait(10)
    threads.close()
    assert settled("raising-", 0)


def test_a_call_after_the_close_is_still_made():
    threads = DaemonThreads("closed")
    threads.close()
    done = threading.Event()
    threads.submit(done.set)
    assert done.wait(10)
    assert settled("closed-", 0)


def test_late_work_is_called_back_once_and_its_release_says_so():
    watchdog = Watchdog()
    late: SimpleQueue[str] = SimpleQueue()
    slow = watchdog.guard(0.02, lambda: late.put("slow"))
    quick = watchdog.guard(0.02, lambda: late.put("quick"))
    assert quick.release()
    assert late.get(timeout=10) == "slow"
    assert not slow.release()
    time.sleep(0.05)
    assert late.empty()
    watchdog.close()


def test_a_shorter_guard_is_not_late_because_a_longer_one_was_there_first():
    watchdog = Watchdog()
    late: SimpleQueue[str] = SimpleQueue()
    hour = watchdog.guard(3600, lambda: late.put("hour"))
    time.sleep(0.02)
    watchdog.guard(0.02, lambda: late.put("short"))
    assert late.get(timeout=10) == "short"
    assert hour.release()
    watchdog.guard(0.02, lambda: late.put("after"))
    assert late.get(timeout=10) == "after"
    watchdog.close()


def test_a_closed_watchdog_calls_nobody_back_and_counts_nothing_as_late():
    watchdog = Watchdog()
    late: SimpleQueue[str] = SimpleQueue()
    guard = watchdog.guard(0.05, lambda: late.put("late"))
    watchdog.close()
    time.sleep(0.1)
    assert late.empty() and guard.release()
