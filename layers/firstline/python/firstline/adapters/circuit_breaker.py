"""A circuit breaker: what keeps failing is left alone for a while, then tried by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum


class Circuit(StrEnum):
    """States of a circuit breaker (Nygard 2007, Release It!, ch. 5.2)."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Counts failures in a row; safe to use from several threads.

    Parameters
    ----------
    failures : int
        In a row after which the circuit opens, >= 1.
    open_s : float
        Seconds that it stays open; then one request is let through and decides, >= 0.
    monotonic : callable, optional
        Seconds of a clock that never goes back.

    Notes
    -----
    Every ``begin`` that returned True is followed by one of ``succeed``, ``fail`` and ``leave``. A probe of which
    nothing is heard for another ``open_s`` is taken for lost, and the next one is let through.
    """

    def __init__(
        self, *, failures: int = 3, open_s: float = 30.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._open_s = open_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed = True
        self._next_probe_at = 0.0
        self._probing = False

    @property
    def state(self) -> Circuit:
        """The state now."""
        with self._lock:
            if self._closed:
                return Circuit.CLOSED
            due = self._probing or self._monotonic() >= self._next_probe_at
            return Circuit.HALF_OPEN if due else Circuit.OPEN

    def begin(self) -> bool:
        """Return whether a request may be made now."""
        with self._lock:
            if self._closed:
                return True
            now = self._monotonic()
            if now < self._next_probe_at:
                return False
            self._next_probe_at = now + self._open_s
            self._probing = True
            return True

    def succeed(self) -> None:
        """Count a request that was answered: the circuit is closed."""
        with self._lock:
            self._in_a_row, self._closed, self._probing = 0, True, False

    def fail(self) -> None:
        """Count a failure."""
        with self._lock:
            self._in_a_row += 1
            # Stragglers that began before it opened do not keep it open for longer.
            if self._probing or (self._closed and self._in_a_row >= self._most):
                self._next_probe_at = self._monotonic() + self._open_s
                self._closed, self._probing = False, False

    def leave(self) -> None:
        """Take a request back whose end says nothing about the service; the next one may probe at once."""
        with self._lock:
            if self._probing:
                self._probing, self._next_probe_at = False, self._monotonic()
