"""Stored mail reaches the intake: again after a fault, never for ever, and no mail holds up another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemIds
from firstline.domain.errors import StoreUnavailableError
from firstline.local.mail_spool import MAX_TRIES, MailSpool
from firstline.services.purge_mails import PurgeMails
from tests.component.world import HandClock


class ProcessEnded(BaseException):
    """What is left of a kill within one process: nothing after it runs."""


class Intake:
    """Takes mails away, but for those that it is told to fail on."""

    def __init__(self, store: FolderObjectStore) -> None:
        self.store = store
        self.calls: list[str] = []
        self.failing: dict[str, type[BaseException]] = {}
        self.changed = threading.Condition()

    def __call__(self, event: dict[str, Any]) -> None:
        [record] = event["Records"]
        key = unquote_plus(record["s3"]["object"]["key"])
        words = self.store.read(key).decode()
        with self.changed:
            self.calls.append(words)
            self.changed.notify_all()
        if words == "left":
            return
        if words in self.failing:
            raise self.failing[words]("the mail's words: " + words)
        self.store.delete(key)

    def times(self, words: str, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.calls.count(words) >= count, 30), self.calls


@pytest.fixture
def store(tmp_path: Path) -> FolderObjectStore:
    return FolderObjectStore(tmp_path / "received_mail")


@pytest.fixture
def intake(store: FolderObjectStore) -> Intake:
    return Intake(store)


@pytest.fixture
def run(store: FolderObjectStore, intake: Intake) -> Iterator[Callable[[], MailSpool]]:
    running: list[MailSpool] = []

    def begin() -> MailSpool:
        for spool in running:
            spool.stop()
        running.append(MailSpool(store, intake, clock=HandClock(), ids=SystemIds(), workers=1))
        running[-1].start()
        return running[-1]

    yield begin
    for spool in running:
        spool.stop()


def look(spool: MailSpool) -> None:
    spool.look()
    spool.wait()


def test_a_mail_that_fails_is_tried_again_while_others_pass_it(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    intake.failing["first"] = ValueError
    spool = run()
    spool.take("1", b"first")
    spool.take("2", b"second")
    spool.wait()
    assert list(store.list()) == ["incoming/1.eml"]
    look(spool)
    assert list(store.list()) == ["incoming/1.eml", "tries/1.eml"]
    del intake.failing["first"]
    look(spool)
    assert intake.calls.count("first") == 3
    assert intake.calls.count("second") == 1
    assert list(store.list()) == []


def test_a_mail_that_always_fails_is_laid_aside_and_logged_without_its_words(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool], caplog: pytest.LogCaptureFixture
) -> None:
    intake.failing["poison"] = ValueError
    spool = run()
    spool.take("1", b"poison")
    for _ in range(MAX_TRIES + 3):
        look(spool)
    assert intake.calls.count("poison") == 1 + MAX_TRIES
    assert list(store.list()) == ["failed/2026-06-01/1.eml"]
    assert store.read("failed/2026-06-01/1.eml") == b"poison"
    clock = HandClock()
    clock.moment += timedelta(days=92)
    assert PurgeMails(store, clock=clock, retention_days=90).purge() == 1
    assert list(store.list()) == []
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert any(getattr(record, "key", "") == "failed/2026-06-01/1.eml" for record in said)
    assert not any("poison" in str(vars(record)) for record in said)


def test_a_mail_that_the_intake_leaves_where_it_is_is_laid_aside_too(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    spool = run()
    spool.take("1", b"left")
    for _ in range(MAX_TRIES + 3):
        look(spool)
    assert intake.calls == ["left"] * (1 + MAX_TRIES)
    assert list(store.list()) == ["failed/2026-06-01/1.eml"]


def test_a_store_that_does_not_answer_is_no_fault_of_the_mail(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    intake.failing["good"] = StoreUnavailableError
    spool = run()
    spool.take("1", b"good")
    for _ in range(MAX_TRIES + 3):
        look(spool)
    assert "incoming/1.eml" in store.list()
    del intake.failing["good"]
    look(spool)
    assert list(store.list()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mail_that_ends_the_process_is_not_tried_for_ever(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    intake.failing["deadly"] = ProcessEnded
    store.write("incoming/1.eml", b"deadly")
    for start in range(1, MAX_TRIES + 1):
        run().look()
        intake.times("deadly", start)
    look(run())
    assert intake.calls.count("deadly") == MAX_TRIES
    assert list(store.list()) == ["failed/2026-06-01/1.eml"]


def test_what_a_killed_process_left_is_processed_at_the_next_start_once(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    idle = MailSpool(store, intake, clock=HandClock(), ids=SystemIds())
    for number in range(20):
        idle.take(f"{number:02}", f"mail {number}".encode())
    spool = run()
    spool.look()
    spool.look()
    spool.wait()
    assert sorted(intake.calls) == sorted(f"mail {n}" for n in range(20))
    assert list(store.list()) == []


def test_a_mail_that_another_process_has_taken_is_left_alone(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    store.write("incoming/1.eml", b"elsewhere")
    store.write("tries/1.eml", b"2")
    waiting = MailSpool(store, intake, clock=HandClock(), ids=SystemIds(), workers=1)
    waiting.look()
    store.delete("incoming/1.eml")
    waiting.take("2", b"after")
    waiting.start()
    waiting.wait()
    waiting.stop()
    assert intake.calls == ["after"]
    assert list(store.list("tries/")) == []


def test_a_count_that_a_killed_process_left_behind_is_removed(
    store: FolderObjectStore, run: Callable[[], MailSpool]
) -> None:
    store.write("tries/1.eml", b"1")
    look(run())
    assert list(store.list()) == []


def test_a_mail_that_could_not_be_stored_is_not_in_line(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool], tmp_path: Path
) -> None:
    (tmp_path / "received_mail").write_text("a file where the folder should be")
    spool = run()
    with pytest.raises(StoreUnavailableError):
        spool.take("1", b"lost")
    (tmp_path / "received_mail").unlink()
    spool.take("1", b"sent again")
    spool.wait()
    assert intake.calls == ["sent again"]
