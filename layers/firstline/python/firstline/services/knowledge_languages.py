"""The languages that the knowledge has articles in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from firstline.domain.ingestion import IngestionReport
from firstline.domain.ports import Clock

_GOOD_FOR = timedelta(minutes=5)


class KnowledgeLanguages:
    """Languages of what is served, as the last comparison with the whole folder counted them.

    Looked up again after five minutes, so that a turn costs no read of the store.

    Parameters
    ----------
    last_ingestion : callable
        Returns the report of the last comparison, or None before the first.
    """

    def __init__(self, last_ingestion: Callable[[], IngestionReport | None], clock: Clock) -> None:
        self._last_ingestion = last_ingestion
        self._clock = clock
        self._known: tuple[datetime, frozenset[str]] | None = None

    def __call__(self) -> frozenset[str]:
        """Return the languages, such as ``en`` or ``pt-BR``; none as long as nothing was counted.

        Raises
        ------
        StoreUnavailableError
        """
        now = self._clock.now()
        if self._known is None or now - self._known[0] >= _GOOD_FOR:
            last = self._last_ingestion()
            self._known = now, frozenset(last.audit.languages if last and last.audit else ())
        return self._known[1]
