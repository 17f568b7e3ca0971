"""Threads that are used again and may be given up, and a watchdog that says when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

_Inbox = SimpleQueue[Callable[[], None] | None]


class DaemonThreads:
    """Threads made on demand and used again; the process may end while they are at work.

    Their number is bounded by what is submitted at a time: the caller keeps count.

    Parameters
    ----------
    name : str
        Prefix of the threads' names.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[_Inbox] = []
        self._started = 0
        self._closed = False

    def submit(self, call: Callable[[], None]) -> None:
        """Have a thread make the call and return at once. What the call raises goes to ``threading.excepthook``."""
        with self._lock:
            if self._idle:
                # The one that rested last: its connections and caches are the warmest.
                self._idle.pop().put(call)
                return
            self._started += 1
            number = self._started
        inbox: _Inbox = SimpleQueue()
        inbox.put(call)
        threading.Thread(target=self._work, args=(inbox,), name=f"{self._name}-{number}", daemon=True).start()

    def close(self) -> None:
        """Let every thread end as soon as it has nothing to do; does not wait."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().put(None)

    def _work(self, inbox: _Inbox) -> None:
        while (call := inbox.get()) is not None:
            call()
            # Nothing that the call held may stay alive while the thread rests.
            del call
            with self._lock:
                if self._closed:
                    return
                self._idle.append(inbox)


class Guard:
    """One piece of work that has a deadline."""

    __slots__ = ("_watchdog", "deadline", "on_timeout")

    def __init__(self, watchdog: Watchdog, deadline: float, on_timeout: Callable[[], None]) -> None:
        self._watchdog = watchdog
        self.deadline = deadline
        self.on_timeout = on_timeout

    def release(self) -> bool:
        """Tell that the work is done; return False if it came too late, as ``on_timeout`` was or will be called."""
        return self._watchdog.release(self)


class Watchdog:
    """One thread that calls back when work takes too long.

    Parameters
    ----------
    monotonic : callable, optional
        Seconds of a clock that never goes back.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._guards: set[Guard] = set()
        self._wakes_at = float("-inf")
        self._closed = False
        self._thread: threading.Thread | None = None

    def guard(self, timeout_s: float, on_timeout: Callable[[], None]) -> Guard:
        """Watch over work that begins now.

        Parameters
        ----------
        timeout_s : float
            Seconds, >= 0.
        on_timeout : callable
            Called once on the watchdog's own thread, unless the guard was released before; must be quick.
        """
        guard = Guard(self, self._monotonic() + timeout_s, on_timeout)
        with self._changed:
            self._guards.add(guard)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            elif guard.deadline < self._wakes_at:
                self._changed.notify()
        return guard

    def release(self, guard: Guard) -> bool:
        """Stop watching; return whether the work was in time."""
        with self._changed:
            in_time = guard in self._guards
            # The thread is left asleep: waking it for every piece of work that went well would cost the most.
            self._guards.discard(guard)
            return in_time

    def close(self) -> None:
        """Stop watching: no work counts as late from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = self._monotonic()
                late = [guard for guard in self._guards if guard.deadline <= now]
                self._guards.difference_update(late)
                if not late:
                    self._wakes_at = min((guard.deadline for guard in self._guards), default=float("inf"))
                    self._changed.wait(None if self._wakes_at == float("inf") else self._wakes_at - now)
                    continue
            for guard in late:
                guard.on_timeout()
