"""Checks of dependencies: side by side, within a limit, and one that hangs holds one thread only."""

from __future__ import annotations

import threading

from firstline.domain.errors import StoreUnavailableError
from firstline.services.check_dependencies import CheckDependencies


def fail() -> None:
    raise StoreUnavailableError("throttled at CONV#secret")


def test_every_check_tells_its_status_and_no_words_of_its_failure() -> None:
    checks = CheckDependencies({"good": lambda: {"version": 3}, "bad": fail})
    results = checks.run()
    assert results["bad"] == {"status": "failed", "error": "StoreUnavailableError"}
    assert results["good"]["latency_ms"] >= 0
    assert (results["good"]["status"], results["good"]["version"]) == ("ok", 3)
    assert set(checks.run("good")) == {"good"}


def test_checks_run_side_by_side() -> None:
    both = threading.Barrier(2)

    def meet() -> None:
        both.wait(5)

    results = CheckDependencies({"a": meet, "b": meet}, timeout_s=5).run()
    assert [result["status"] for result in results.values()] == ["ok", "ok"]


def test_one_that_hangs_is_reported_and_is_not_asked_again_until_it_has_answered() -> None:
    answer, asked = threading.Event(), []

    def hang() -> None:
        asked.append(1)
        answer.wait(10)

    checks = CheckDependencies({"slow": hang, "quick": lambda: None}, timeout_s=0.02)
    for _ in range(3):
        results = checks.run()
        assert results["slow"] == {"status": "failed", "error": "TimeoutError"}
        assert results["quick"]["status"] == "ok"
    assert len(asked) == 1
    answer.set()
    assert any(checks.run()["slow"]["status"] == "ok" for _ in range(200))
