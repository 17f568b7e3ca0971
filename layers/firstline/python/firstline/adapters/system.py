"""Time, ids and randomness of the machine."""

from __future__ import annotations

import os
import secrets
import threading
import time
from datetime import UTC, datetime

import numpy as np

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)


class SystemIds:
    """ULIDs and secrets from the operating system's randomness."""

    def new(self) -> str:
        """Return a ULID: 48 bits of milliseconds, 80 random bits, 26 characters."""
        number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
        return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))

    def short(self) -> str:
        """Return 8 characters, 40 random bits."""
        return "".join(secrets.choice(_CROCKFORD) for _ in range(8))

    def secret(self) -> str:
        """Return 256 random bits, URL-safe."""
        return secrets.token_urlsafe(32)


class SystemRandom:
    """One generator per thread, seeded by the operating system.

    A generator that survives a snapshot would repeat itself, so the process id is part of what it is kept by.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def generator(self) -> np.random.Generator:
        """Return this thread's generator."""
        kept: tuple[int, np.random.Generator] | None = getattr(self._local, "kept", None)
        if kept is None or kept[0] != os.getpid():
            kept = (os.getpid(), np.random.default_rng())
            self._local.kept = kept
        return kept[1]
