"""Where the time of a turn goes: ports and services wrapped so that each of their calls is timed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Stopwatch:
    """Seconds by name, added up until they are taken. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time of the block, ended by an error or not."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            with self._lock:
                self._seconds[name] += spent

    def take(self) -> dict[str, float]:
        """Return what was added up, and begin anew."""
        with self._lock:
            taken, self._seconds = self._seconds, defaultdict(float)
        return dict(taken)


class _Timed:
    """Stands in for an object: its methods, and the object itself where it is called, are timed."""

    def __init__(self, inner: Any, name: str, stopwatch: Stopwatch) -> None:
        self._inner = inner
        self._name = name
        self._stopwatch = stopwatch

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._inner, attribute)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._stopwatch.timed(self._name), self._stopwatch.timed(f"{self._name}.{attribute}"):
                return value(*args, **kwargs)

        return call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._stopwatch.timed(self._name):
            return self._inner(*args, **kwargs)


def timed_calls(inner: T, name: str, stopwatch: Stopwatch) -> T:
    """Return a stand-in for ``inner`` whose calls are timed under ``name``, and ``name.method`` besides."""
    return cast("T", _Timed(inner, name, stopwatch))
