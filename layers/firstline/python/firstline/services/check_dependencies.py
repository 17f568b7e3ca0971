"""Ask everything that the system needs whether it answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from firstline.domain.errors import FirstlineError

Check = Callable[[], Mapping[str, Any] | None]
"""Asks one dependency; returns more to tell of it, or raises ``FirstlineError``."""

Result = dict[str, Any]


class CheckDependencies:
    """Runs checks side by side, each within a time limit.

    Of each check one run is under way at a time, whoever asks: a dependency that hangs holds one thread and no more,
    and is reported as silent until it answers.

    Parameters
    ----------
    checks : mapping of str to Check
    timeout_s : float
        How long a check is waited for, > 0.
    """

    def __init__(self, checks: Mapping[str, Check], *, timeout_s: float = 3.0) -> None:
        self._checks = dict(checks)
        self._timeout_s = timeout_s
        self._pool = ThreadPoolExecutor(max(1, len(self._checks)), thread_name_prefix="health")
        self._running: dict[str, Future[Result]] = {}
        self._lock = threading.Lock()

    def run(self, *names: str) -> dict[str, Result]:
        """Return the results of these checks, or of all, by name.

        Each has ``status``, ``ok`` or ``failed``; what answered has ``latency_ms``, what did not an ``error``.
        """
        running = {name: self._start(name) for name in names or self._checks}
        wait(running.values(), timeout=self._timeout_s)
        return {name: future.result() if future.done() else _SILENT for name, future in running.items()}

    def _start(self, name: str) -> Future[Result]:
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done():
                running = self._running[name] = self._pool.submit(_ask, self._checks[name])
            return running


_SILENT: Result = {"status": "failed", "error": "TimeoutError"}


def _ask(check: Check) -> Result:
    started = time.perf_counter()
    try:
        more = check()
    except FirstlineError as error:
        return {"status": "failed", "error": type(error).__name__}
    return {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 1), **(more or {})}
