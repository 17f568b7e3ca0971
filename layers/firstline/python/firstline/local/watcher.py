"""The watched knowledge folder: a file that changes is brought into the index, as an S3 notification does it on AWS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from watchfiles import Change, watch

from firstline.local.boundary import Boundary

Changes = Iterable[tuple[Change, str]]


class KnowledgeWatcher:
    """Follows a folder on a thread of its own.

    Parameters
    ----------
    folder : Path
        It must exist.
    ingest : callable
        Takes an event as S3 sends it: ``lambda_handler`` of ``functions/ingest_knowledge``.
    sync : callable
        Compares everything; called where a folder came, went or was renamed.
    debounce_ms : int
        How long changes are gathered, in milliseconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ingest: Callable[[dict[str, Any]], object],
        sync: Callable[[], object],
        debounce_ms: int = 300,
    ) -> None:
        self._folder = folder.resolve()
        self._ingest = ingest
        self._sync = sync
        self._debounce_ms = debounce_ms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="knowledge-watcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Follow no more, and wait so many seconds for what is at work."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        for changes in watch(self._folder, stop_event=self._stop, debounce=self._debounce_ms, step=50):
            with Boundary("knowledge watcher"):
                self._follow(changes)

    def _follow(self, changes: Changes) -> None:
        paths = {Path(path): change for change, path in changes}
        if any(_may_be_folder(path, change) for path, change in paths.items()):
            self._sync()
            return
        keys = sorted(path.relative_to(self._folder).as_posix() for path in paths)
        self._ingest({"Records": [_record(key) for key in keys]})


def _may_be_folder(path: Path, change: Change) -> bool:
    return path.is_dir() or (change is Change.deleted and not path.suffix)


def _record(key: str) -> dict[str, Any]:
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "local"}, "object": {"key": quote_plus(key, safe="/")}},
    }
