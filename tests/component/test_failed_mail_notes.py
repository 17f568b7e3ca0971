"""Mails that were given up are listed, and tried, whatever stands in the notes beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.system import SystemIds
from firstline.local.mail_spool import MAX_TRIES, MailSpool
from firstline.services.failed_mails import FailedMails
from tests.component.world import HandClock

BROKEN = [b"null", b"3", b"[1, 2]", b'"ab"', b"true", b"\xff", b"{", b'{"tries": "six"}', b'{"tries": -1}']


@pytest.fixture
def store(tmp_path: Path) -> FolderObjectStore:
    return FolderObjectStore(tmp_path)


@pytest.mark.parametrize("note", BROKEN)
def test_a_broken_note_ends_no_listing(store: FolderObjectStore, note: bytes) -> None:
    for name in ("1", "2"):
        store.write(f"failed/2026-06-01/{name}.eml", b"From: ada@home.example\nSubject: Lamp\n\nHello")
    store.write("failed/2026-06-01/1.eml.why", note)
    store.write("failed/2026-06-01/2.eml.why", b'{"tries": 6, "why": "ValueError", "at": "2026-06-01T10:00:00+00:00"}')
    first, second = FailedMails(store).all(parse_mail)
    assert (first.mail_id, first.sender, first.at, first.tries) == ("1", "ada@home.example", "2026-06-01", 0)
    assert (second.why, second.tries) == ("ValueError", 6)


@pytest.mark.parametrize("begin", [b"\r\n\r\n", b"\n", b" \t\n\n", b"\n" * 5_000])
def test_a_mail_with_blank_lines_before_its_headers_is_listed_with_sender_and_subject(
    store: FolderObjectStore, begin: bytes
) -> None:
    store.write("failed/2026-06-01/1.eml", begin + b"From: ada@home.example\r\nSubject: Lamp\r\n\r\nSubject: no")
    [listed] = FailedMails(store).all(parse_mail)
    assert (listed.sender, listed.subject) == ("ada@home.example", "Lamp")


@pytest.mark.parametrize(
    ("counter", "left"),
    [
        (b'{"tries": 4, "why": "x", "more": 2}', MAX_TRIES - 4),
        (b"4", MAX_TRIES - 4),
        *((note, MAX_TRIES) for note in BROKEN if note != b"3"),
    ],
)
def test_a_mail_is_given_up_in_the_end_whatever_its_counter_says(
    store: FolderObjectStore, counter: bytes, left: int
) -> None:
    store.write("incoming/1.eml", b"mail")
    store.write("tries/1.eml", counter)
    tried = list[object]()
    spool = MailSpool(store, tried.append, clock=HandClock(), ids=SystemIds(), workers=1)
    spool.start()
    for _ in range(MAX_TRIES + 2):
        spool.look()
        spool.wait()
    spool.stop()
    assert len(tried) == left
    assert FailedMails(store).ids() == ["1"]
    assert list(store.list("incoming/")) == []
