"""Frames that wait for one socket: put in from any thread, taken out by the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from firstline.domain.errors import ConnectionGoneError
from firstline.domain.frame_size import Frame, encoded

NORMAL_CLOSURE = 1000
GOING_AWAY = 1001
RESTARTING = 1012
TOO_SLOW = 1013


class Outgoing:
    """A bounded queue. A client that reads too slowly loses its socket, and resumes when it comes back.

    Parameters
    ----------
    loop : AbstractEventLoop
        Of the socket.
    max_frames, max_bytes : int
        What may wait, >= 1.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, max_frames: int = 1_000, max_bytes: int = 4 * 1024 * 1024
    ) -> None:
        self._loop = loop
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._frames: deque[str] = deque()
        self._n_bytes = 0
        self._close_code: int | None = None
        self._waking = False
        self._filled = asyncio.Event()
        self.overflowed = asyncio.Event()
        self.used_at = loop.time()
        """When something was last sent or received, by the loop's clock."""

    def touch(self) -> None:
        """Note that something is sent or received; on the event loop."""
        self.used_at = self._loop.time()

    def send(self, frame: str) -> None:
        """Queue a frame and return at once. Raises ``ConnectionGoneError``."""
        with self._lock:
            if self._close_code is not None:
                raise ConnectionGoneError("the socket is closing")
            self._n_bytes += len(frame)
            if len(self._frames) >= self._max_frames or self._n_bytes > self._max_bytes:
                self._close_code = TOO_SLOW
                self._frames.clear()
                self._call(self.overflowed.set)
                raise ConnectionGoneError("the socket takes frames too slowly")
            self._frames.append(frame)
            self._wake()

    def send_frame(self, frame: Frame) -> None:
        """Queue one of the gateway's own frames. Raises ``ConnectionGoneError``."""
        for text in encoded(frame):
            self.send(text)

    def close(self, code: int = NORMAL_CLOSURE) -> None:
        """Close the socket after the frames that are queued."""
        with self._lock:
            if self._close_code is None:
                self._close_code = code
                self._wake()

    @property
    def close_code(self) -> int:
        """What the socket is closed with."""
        return self._close_code or NORMAL_CLOSURE

    async def take(self) -> list[str]:
        """Wait for frames and return all that wait; none means that the socket is to be closed."""
        while True:
            with self._lock:
                self._filled.clear()
                self._waking = False
                if self._frames or self._close_code is not None:
                    taken = list(self._frames)
                    self._frames.clear()
                    self._n_bytes = 0
                    return taken
            await self._filled.wait()

    def _wake(self) -> None:
        if not self._waking:
            self._waking = True
            self._call(self._filled.set)

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            # The loop is closed, so the process is ending and nobody reads any more.
            self._close_code = NORMAL_CLOSURE
