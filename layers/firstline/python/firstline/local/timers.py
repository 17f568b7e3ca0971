"""What a laptop does again and again; on AWS, schedules call functions."""

from __future__ import annotations

import threading
from collections.abc import Callable

from firstline.local.boundary import Boundary


class Timer:
    """Calls an action on a thread of its own, so many seconds after it last came back.

    An action that raises is logged and called again at its next time.

    Parameters
    ----------
    name : str
    interval_s : float
        Seconds, > 0.
    at_once : bool
        Make the first call without waiting.
    """

    def __init__(self, name: str, interval_s: float, action: Callable[[], object], *, at_once: bool = False) -> None:
        self._name = name
        self._interval_s = interval_s
        self._action = action
        self._at_once = at_once
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Make no more calls, and wait so many seconds for one at work."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        if self._at_once:
            self._call()
        while not self._stop.wait(self._interval_s):
            self._call()

    def _call(self) -> None:
        with Boundary(self._name):
            self._action()
