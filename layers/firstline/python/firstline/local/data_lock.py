"""The lock on a data folder: one server, or one restore, at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from firstline.domain.errors import FirstlineError

LOCK_FILE = "server.lock"


class DataInUseError(FirstlineError):
    """Another process holds the data folder."""


class DataLock:
    """Holds a data folder until it is released or the process ends, however it ends.

    Parameters
    ----------
    folder : Path
        The data folder; it must exist.

    Raises
    ------
    DataInUseError
        On ``acquire``: another process holds it; the message has its process id.

    Notes
    -----
    The lock is the operating system's (``flock``) on ``server.lock``, so a file left behind by a killed server locks
    nothing. The file itself stays: removing it would let two processes lock two files of one name.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise ``DataInUseError`` at once."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise DataInUseError(f"{self._path.parent} is in use by process {holder}") from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; one that is not held is no error."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> DataLock:
        self.acquire()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
