"""A client that is made when it is first used: most functions on AWS use few of the services that the package knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class DeferredClient:
    """Stands for what ``make`` returns, and calls it once, when the first attribute is asked for. Thread-safe.

    A cold start then neither imports nor builds what its function never calls.
    """

    # One for all: they are made from one session, which makes one client at a time.
    _making = threading.RLock()

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return getattr(self._made, name)
