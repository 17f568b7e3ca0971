"""The edge of a background thread: whatever goes wrong in there is logged, and the thread goes on."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from firstline.observability import logger


class Boundary:
    """Context of one piece of background work.

    Parameters
    ----------
    work : str
        What is done, for the log.

    Attributes
    ----------
    failure : str
        Afterwards: the error's name and where it was raised; empty where nothing went wrong.
    """

    def __init__(self, work: str) -> None:
        self._work = work
        self.failure = ""

    def __enter__(self) -> Boundary:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        place = traceback
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
        # Without the error's own words, which may quote a message.
        self.failure = f"{type(error).__name__} at {Path(where).name}"
        logger.error("background work failed", extra={"work": self._work, "error": type(error).__name__, "at": where})
        return True
