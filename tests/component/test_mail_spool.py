"""Stored mail reaches the intake: again after a fault, never for ever, and no mail holds up another."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.system import SystemIds
from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.local.mail_spool import MAX_TRIES, MailSpool
from firstline.services.failed_mails import FailedMail, FailedMails
from firstline.services.purge_mails import PurgeMails
from tests.component.world import HandClock


class ProcessEnded(BaseException):
    """What is left of a kill within one process: nothing after it runs."""


class BreakingStore(FolderObjectStore):
    """Ends the process after so many writes and deletes."""

    left = 99

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.before_delete: dict[str, Callable[[], None]] = {}

    def write(self, key: str, content: bytes) -> None:
        self._counted()
        super().write(key, content)

    def delete(self, key: str) -> None:
        self._counted()
        self.before_delete.get(key, lambda: None)()
        super().delete(key)

    def _counted(self) -> None:
        if not self.left:
            raise ProcessEnded
        self.left -= 1


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
        words = self.store.read(key).decode(errors="replace")
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
    assert list(store.list()) == ["incoming/1.eml", "tries/1.eml"]
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
    assert intake.calls.count("poison") == MAX_TRIES
    assert list(store.list()) == ["failed/2026-06-01/1.eml", "failed/2026-06-01/1.eml.why"]
    assert store.read("failed/2026-06-01/1.eml") == b"poison"
    why = store.read("failed/2026-06-01/1.eml.why")
    clock = HandClock()
    clock.moment += timedelta(days=92)
    assert PurgeMails(store, clock=clock, retention_days=90).purge() == 1
    assert list(store.list()) == []
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert any(getattr(record, "key", "") == "failed/2026-06-01/1.eml" for record in said)
    assert not any("poison" in str(vars(record)) for record in said)
    assert b"poison" not in why


def test_what_has_ended_a_mails_tries_is_noted_with_the_mail_and_said_of_old_ones_too(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    raw = b"From: Ada <ada@x.example>\nSubject: =?utf-8?q?L=C3=A4mp?=\n =?utf-8?q?chen_=1B[2J?=\n\nIt \xff smokes."
    intake.failing[raw.decode(errors="replace")] = ValueError
    spool = run()
    spool.take("1", raw)
    for _ in range(MAX_TRIES + 1):
        look(spool)
    store.write("failed/2026-05-30/0.eml", b"From: bob@x.example\n\nOf the release before this one.")
    listed = list(FailedMails(store).all(parse_mail))
    why = listed[-1].why
    assert re.fullmatch(r"ValueError at test_mail_spool\.py:\d+", why)
    assert listed == [
        FailedMail("0", "2026-05-30", "bob@x.example", "", "", 0),
        FailedMail("1", "2026-06-01T12:00:00+00:00", "ada@x.example", "L\u00e4mpchen [2J", why, MAX_TRIES),
    ]
    assert FailedMails(store).count() == 2


def test_a_mail_that_is_retried_has_all_its_tries_before_it_and_is_taken_in_once(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    intake.failing["poison"] = ValueError
    spool = run()
    spool.take("1", b"poison")
    for _ in range(MAX_TRIES + 1):
        look(spool)
    failed = FailedMails(store)
    assert (failed.retry("1"), failed.count()) == ("1~2", 0)
    for _ in range(MAX_TRIES + 1):
        look(spool)
    assert intake.calls.count("poison") == 2 * MAX_TRIES
    assert failed.ids() == ["1~2"]
    assert failed.retry("1~2") == "1~3"
    del intake.failing["poison"]
    look(spool)
    assert intake.calls.count("poison") == 2 * MAX_TRIES + 1
    assert list(store.list()) == []


def test_a_mail_that_nobody_has_given_up_is_no_mail_to_retry(store: FolderObjectStore) -> None:
    failed = FailedMails(store)
    store.write("incoming/1.eml", b"in line")
    store.write("failed/2026-06-01/2.eml", b"given up")
    store.write("failed/2026-06-01/2.eml.why", b"no note")
    for wrong in ("1", "", "2.eml", "2026-06-01/2", "../incoming/1", "2.eml.why"):
        with pytest.raises(NotFoundError, match=re.escape(repr(wrong))):
            failed.retry(wrong)
    assert failed.ids() == ["2"]


@pytest.mark.parametrize("act", ["lay_aside", "retry"])
def test_wherever_it_breaks_off_a_mail_is_in_one_of_the_two_places_and_the_same_again_ends_it(
    tmp_path: Path, act: str
) -> None:
    def done(store: FolderObjectStore, day: int) -> None:
        if act == "lay_aside":
            FailedMails(store).lay_aside("1.eml", tries=6, why="", at=datetime(2026, 6, day, tzinfo=UTC))
        else:
            FailedMails(store).retry("1")

    n_calls = 0
    for n_calls in range(99):
        store = BreakingStore(tmp_path / str(n_calls))
        source, goal = "incoming/1.eml", "failed/"
        if act == "retry":
            source, goal = "failed/2026-06-01/1.eml", "incoming/"
            store.write(source + ".why", b"{}")
        store.write(source, b"mail")
        store.left = n_calls
        try:
            done(store, 1)
            break
        except ProcessEnded:
            store.left = 99
        holding = [key for key in store.list() if key.endswith(".eml")]
        assert holding
        assert {store.read(key) for key in holding} == {b"mail"}
        if source in holding:
            done(store, 2)
        assert source not in store.list()
        assert len([key for key in store.list(goal) if key.endswith(".eml")]) == 1
    assert 3 <= n_calls < 98


def test_a_retry_that_stood_still_removes_nothing_that_was_given_up_again_meanwhile(tmp_path: Path) -> None:
    store = BreakingStore(tmp_path)
    store.write("failed/2026-06-01/1.eml", b"mail")

    def meanwhile() -> None:
        # Between its two writes the server has tried the mail so often that it gave it up once more.
        others = FailedMails(FolderObjectStore(tmp_path))
        others.lay_aside("1~2.eml", tries=6, why="ValueError", at=datetime(2026, 6, 1, tzinfo=UTC))

    store.before_delete["failed/2026-06-01/1.eml"] = meanwhile
    assert FailedMails(store).retry("1") == "1~2"
    assert store.read("failed/2026-06-01/1~2.eml") == b"mail"


def test_a_mail_that_the_intake_leaves_where_it_is_is_laid_aside_too(
    store: FolderObjectStore, intake: Intake, run: Callable[[], MailSpool]
) -> None:
    spool = run()
    spool.take("1", b"left")
    for _ in range(MAX_TRIES + 3):
        look(spool)
    assert intake.calls == ["left"] * MAX_TRIES
    assert FailedMails(store).ids() == ["1"]


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
    [given_up] = FailedMails(store).all(parse_mail)
    assert (given_up.mail_id, given_up.why, given_up.tries) == ("1", "the process ended", MAX_TRIES)
    assert list(store.list("incoming/")) == []


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
