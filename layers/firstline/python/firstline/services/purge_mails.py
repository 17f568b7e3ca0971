"""Remove raw mails whose time is over; in S3 the bucket's own rules do it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from firstline.domain.ports import Clock, ObjectStore

_FOLDERS = ("kept/", "failed/")
"""What was taken in, and what a laptop could not process."""
_DAY = re.compile(r"(?:kept|failed)/(\d{4}-\d{2}-\d{2})/")


class PurgeMails:
    """A raw mail goes the day after its record has expired.

    Parameters
    ----------
    store : ObjectStore, optional
        None where no mail is received.
    retention_days : int
        Days that a mail's record stays, >= 1.
    """

    def __init__(self, store: ObjectStore | None, *, clock: Clock, retention_days: int) -> None:
        self._store = store
        self._clock = clock
        self._kept_days = timedelta(days=retention_days + 1)

    def purge(self) -> int:
        """Remove what is old, and return how many mails that were. Raises ``StoreUnavailableError``."""
        if self._store is None:
            return 0
        oldest = self._clock.now().date() - self._kept_days
        old = [key for folder in _FOLDERS for key in self._store.list(folder) if _is_before(key, oldest)]
        for key in old:
            self._store.delete(key)
        # Beside a mail that was given up lies a note.
        return sum(key.endswith(".eml") for key in old)


def _is_before(key: str, day: date) -> bool:
    found = _DAY.match(key)
    return found is not None and date.fromisoformat(found[1]) < day
