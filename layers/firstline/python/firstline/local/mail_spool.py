"""Received mail on a laptop: stored before its sender is told so, then handed to the intake until it is done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from queue import Queue
from typing import Any

from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.ports import Clock, Ids, ObjectStore
from firstline.local.boundary import Boundary
from firstline.local.s3_records import s3_record
from firstline.observability import logger
from firstline.services.failed_mails import INCOMING, TRIES, FailedMails, counted

MAX_TRIES = 6
"""Tries of one mail; then it waits in ``failed/`` for a person."""
WORKERS = 2
"""Reading mail is computing: more threads than this would only take turns."""


@dataclass(frozen=True)
class _Tried:
    """How often a mail was tried without success, and how that ended the last time."""

    tries: int = 0
    why: str = ""


class MailSpool:
    """The mails below ``incoming/`` and the threads that call the intake for them; the intake takes them away.

    What is still there when ``look`` is called is tried again, as SQS does on AWS. Such tries are counted in the store
    before they begin, so that a mail that ends the process is not tried for ever either; tries that fail because the
    store does not answer are not counted. After ``MAX_TRIES`` it is laid aside; ``scripts/mail`` lists such mails.

    Parameters
    ----------
    store : ObjectStore
        A write is durable when it comes back.
    intake : callable
        Takes an event as S3 sends it: ``lambda_handler`` of ``functions/email_intake``.
    """

    def __init__(
        self,
        store: ObjectStore,
        intake: Callable[[dict[str, Any]], object],
        *,
        clock: Clock,
        ids: Ids,
        workers: int = WORKERS,
    ) -> None:
        self._store = store
        self._failed = FailedMails(store)
        self._intake = intake
        self._clock = clock
        self._ids = ids
        self._waiting: Queue[tuple[str, bool] | None] = Queue()
        self._lock = threading.Lock()
        self._in_hand: set[str] = set()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"mail-{number}", daemon=True) for number in range(workers)
        ]

    def new_id(self) -> str:
        """Return the id that the next mail is stored under."""
        return self._ids.new()

    def take(self, mail_id: str, raw: bytes) -> None:
        """Store a mail and put it in line.

        Raises
        ------
        StoreUnavailableError
            It is not stored, and its sender has to try again.
        """
        key = f"{INCOMING}{mail_id}.eml"
        # Before it is there, so that ``look`` does not come upon it in between.
        self._take_in_hand(key)
        try:
            self._store.write(key, raw)
        except BaseException:
            self._leave(key)
            raise
        self._waiting.put((key, True))

    def look(self) -> None:
        """Put in line again what has not been processed. Raises ``StoreUnavailableError``."""
        for counter in list(self._store.list(TRIES)):
            # Whoever was to remove it was killed before that.
            key = INCOMING + counter.removeprefix(TRIES)
            if self._take_in_hand(key):
                try:
                    if not self._is_there(key):
                        self._store.delete(counter)
                finally:
                    self._leave(key)
        for key in self._store.list(INCOMING):
            if self._take_in_hand(key):
                self._waiting.put((key, False))

    def wait(self) -> None:
        """Wait until every mail that was put in line has been tried."""
        self._waiting.join()

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Begin no further mail, and wait so many seconds for those at work."""
        self._stopping = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def _work(self) -> None:
        while (mail := self._waiting.get()) is not None and not self._stopping:
            key, is_new = mail
            try:
                # The store may fail beside the try itself.
                with Boundary(f"mail {key}"):
                    self._first(key) if is_new else self._again(key)
            finally:
                self._leave(key)
                self._waiting.task_done()

    def _first(self, key: str) -> None:
        if why := self._call(key):
            self._note(TRIES + key.removeprefix(INCOMING), _Tried(1, why))

    def _again(self, key: str) -> None:
        counter = TRIES + key.removeprefix(INCOMING)
        if not self._is_there(key):
            self._store.delete(counter)
            return
        before = self._tried(counter)
        if before.tries >= MAX_TRIES:
            self._give_up(key, before)
            return
        self._note(counter, _Tried(before.tries + 1, "the process ended"))
        why = self._call(key)
        if why is None:
            self._note(counter, before)
        elif why:
            self._note(counter, _Tried(before.tries + 1, why))
        else:
            self._store.delete(counter)

    def _call(self, key: str) -> str | None:
        """Have a mail taken in; return why it was not, empty where it was, None where the store is to blame."""
        with Boundary(f"mail {key}") as boundary:
            try:
                self._intake({"Records": [s3_record(key)]})
                # What the intake has not understood, it leaves there.
                return "the intake left it" if self._is_there(key) else ""
            except StoreUnavailableError:
                logger.warning("mail waits for the store", extra={"key": key})
                return None
        return boundary.failure

    def _is_there(self, key: str) -> bool:
        try:
            self._store.stat(key)
        except NotFoundError:
            return False
        return True

    def _note(self, counter: str, tried: _Tried) -> None:
        self._store.write(counter, json.dumps(asdict(tried)).encode("ascii"))

    def _tried(self, counter: str) -> _Tried:
        try:
            noted = json.loads(self._store.read(counter))
        except (NotFoundError, ValueError):
            return _Tried()
        if not isinstance(noted, dict):
            # An earlier release wrote the number alone.
            return _Tried(counted(noted))
        # A newer release may note more; of it, only what is known here counts.
        return _Tried(counted(noted.get("tries")), str(noted.get("why") or ""))

    def _give_up(self, key: str, tried: _Tried) -> None:
        name, now = key.removeprefix(INCOMING), self._clock.now()
        failed = self._failed.lay_aside(name, tries=tried.tries, why=tried.why, at=now)
        logger.error("mail could not be processed", extra={"key": failed, "tries": tried.tries, "why": tried.why})

    def _take_in_hand(self, key: str) -> bool:
        with self._lock:
            if key in self._in_hand:
                return False
            self._in_hand.add(key)
        return True

    def _leave(self, key: str) -> None:
        with self._lock:
            self._in_hand.discard(key)
