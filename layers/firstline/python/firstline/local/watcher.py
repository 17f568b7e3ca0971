"""The watched knowledge folder: a file that changes is brought into the index, as an S3 notification does it on AWS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from watchfiles import Change, watch

from firstline.local.boundary import Boundary
from firstline.local.s3_records import s3_record

Changes = Iterable[tuple[Change, str]]


class KnowledgeWatcher:
    """Follows a folder on a thread of its own; also when it is moved away and another comes in its place.

    Parameters
    ----------
    folder : Path
        It may be missing for a while, and be a link.
    ingest : callable
        Takes an event as S3 sends it: ``lambda_handler`` of ``functions/ingest_knowledge``.
    sync : callable
        Compares everything; called where a folder came, went or was renamed.
    debounce_ms : int
        How long changes are gathered, in milliseconds.
    look_ms : int
        How often it is looked whether the folder is still the same, in milliseconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ingest: Callable[[dict[str, Any]], object],
        sync: Callable[[], object],
        debounce_ms: int = 300,
        look_ms: int = 1_000,
    ) -> None:
        self._folder = folder
        self._ingest = ingest
        self._sync = sync
        self._debounce_ms = debounce_ms
        self._look_ms = look_ms
        # The first folder is compared by whoever starts the watcher.
        self._must_sync = not folder.is_dir()
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
        while not self._stop.is_set():
            if self._folder.is_dir():
                with Boundary("knowledge watcher"):
                    self._watch()
                self._must_sync = True
            self._stop.wait(self._look_ms / 1_000)

    def _watch(self) -> None:
        root = self._folder.resolve()
        with _held(root) as held:
            for changes in watch(
                root,
                stop_event=self._stop,
                debounce=self._debounce_ms,
                step=50,
                rust_timeout=self._look_ms,
                yield_on_timeout=True,
            ):
                if not self._is_still(held):
                    return
                with Boundary("knowledge watcher"):
                    self._follow(root, changes)

    def _is_still(self, held: int) -> bool:
        try:
            return os.path.samestat(os.fstat(held), self._folder.stat())
        except OSError:
            return False

    def _follow(self, root: Path, changes: Changes) -> None:
        paths = {Path(path): change for change, path in changes}
        # Compared only now that changes are followed, so that none falls in between.
        if self._must_sync or any(_may_be_folder(path, change) for path, change in paths.items()):
            self._sync()
            self._must_sync = False
        elif paths:
            records = [s3_record(path.relative_to(root).as_posix(), gone=not path.exists()) for path in sorted(paths)]
            self._ingest({"Records": records})


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    # As long as it is open, the folder's inode number is given to no other folder.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _may_be_folder(path: Path, change: Change) -> bool:
    return path.is_dir() or (change is Change.deleted and not path.suffix)
