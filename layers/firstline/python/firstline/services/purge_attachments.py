"""Remove attached files whose time is over; in S3 the bucket's own rules do it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from firstline.domain.attachment_ports import AttachmentStore
from firstline.domain.ports import Clock

_KEY = re.compile(r"(incoming|files)/(\d{4}-\d{2}-\d{2})/")


class PurgeAttachments:
    """An upload that was never sent goes after a day, a file the day after its item has expired.

    Parameters
    ----------
    retention_days : int
        Days that a conversation's items stay, >= 1. From then on nobody can reach its files.
    """

    def __init__(self, store: AttachmentStore, *, clock: Clock, retention_days: int) -> None:
        self._store = store
        self._clock = clock
        self._kept_days = {"incoming": 1, "files": retention_days + 1}

    def purge(self) -> int:
        """Remove what is old, and return how many files that were. Raises ``StoreUnavailableError``."""
        today = self._clock.now().date()
        old = [key for key in self._store.list() if self._is_old(key, today)]
        for key in old:
            self._store.delete(key)
        return len(old)

    def _is_old(self, key: str, today: date) -> bool:
        found = _KEY.match(key)
        return found is not None and date.fromisoformat(found[2]) < today - timedelta(days=self._kept_days[found[1]])
