"""Things worked out before: in this process for five minutes, in the store for as long as the setting says."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from firstline.domain.errors import StoreError
from firstline.domain.ports import Clock
from firstline.repositories.cache_entries import CacheEntryRepository

MEMORY_S = 300
MEMORY_ENTRIES = 2_000


class CacheUse(StrEnum):
    """Where something came from."""

    OFF = "off"
    """It may not be cached, or caching is off."""
    MISS = "miss"
    MEMORY = "memory"
    STORE = "store"


class Cache:
    """One kind of thing, by all that it depends on.

    A cache never makes anything fail: a store that does not answer is a miss, and ``on_failure`` is told.

    Parameters
    ----------
    kind : str
        What is kept, such as ``search``.
    seconds : int
        How long the store keeps an entry, >= 0; at 0 nothing is kept anywhere.
    """

    def __init__(
        self,
        kind: str,
        entries: CacheEntryRepository,
        *,
        seconds: int,
        clock: Clock,
        on_failure: Callable[[StoreError], None] = lambda error: None,
        memory_s: int = MEMORY_S,
        memory_entries: int = MEMORY_ENTRIES,
    ) -> None:
        self._kind = kind
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._on_failure = on_failure
        self._memory_s = memory_s
        self._memory_entries = memory_entries
        self._memory: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._seconds > 0

    def get(self, of: Mapping[str, Any]) -> tuple[str | None, CacheUse]:
        """Return what is kept under all that it depends on, and where it was found."""
        if not self.is_on:
            return None, CacheUse.OFF
        digest, now = _digest(of), self._now()
        with self._lock:
            until, body = self._memory.get(digest, (0, ""))
            if until > now:
                self._memory.move_to_end(digest)
                return body, CacheUse.MEMORY
        try:
            found = self._entries.get(self._kind, digest)
        except StoreError as error:
            self._on_failure(error)
            found = None
        if found is None:
            return None, CacheUse.MISS
        self._remember(digest, found[0], until=min(now + self._memory_s, found[1]))
        return found[0], CacheUse.STORE

    def put(self, of: Mapping[str, Any], body: str) -> None:
        """Keep something; whatever stood there gives way."""
        if not self.is_on:
            return
        digest, now = _digest(of), self._now()
        expires_at = now + self._seconds
        self._remember(digest, body, until=min(now + self._memory_s, expires_at))
        try:
            self._entries.put(self._kind, digest, body, expires_at=expires_at)
        except StoreError as error:
            self._on_failure(error)

    def _remember(self, digest: str, body: str, *, until: int) -> None:
        with self._lock:
            self._memory[digest] = until, body
            self._memory.move_to_end(digest)
            while len(self._memory) > self._memory_entries:
                self._memory.popitem(last=False)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _digest(of: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
