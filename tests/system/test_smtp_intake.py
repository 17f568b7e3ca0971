"""Mail to the laptop's server as a process: killed between 250 and the answer, nothing is lost and nothing doubled."""

from __future__ import annotations

import email
import email.policy
import os
import signal
import smtplib
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.component.live import QUESTION
from tests.component.world import ARTICLE
from tests.system.test_server import Server, eventually

OURS = "support@company.example"
QUESTIONS = 30
AWAY = 170
"""Automatic replies, as a newsletter brings them, that come at the same time."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    articles = tmp_path / "knowledge" / "articles"
    articles.mkdir(parents=True)
    (articles / "accounts.md").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "data").mkdir()
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mail_port() -> int:
    return free_port()


@pytest.fixture
def start(folder: Path, mail_port: int) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def begin(**environ: str) -> Server:
        mail = {"SUPPORT_ADDRESS": OURS, "MAIL_PORT": str(mail_port), "MAILS_PER_SENDER": "5"}
        started.append(Server(folder, free_port(), **mail, **environ))
        return started[-1]

    yield begin
    for server in started:
        server.end(signal.SIGKILL)


def question(number: int) -> tuple[str, str]:
    sender = f"customer{number}@mail.example"
    head = f"From: {sender}\nTo: {OURS}\nSubject: Account\nMessage-ID: <{number}@mail.example>\n"
    return sender, f"{head}\n{QUESTION}\n"


def away(number: int) -> tuple[str, str]:
    sender = f"away{number}@mail.example"
    head = f"From: {sender}\nTo: {OURS}\nSubject: Out of office\nMessage-ID: <away{number}@mail.example>\n"
    return sender, f"{head}Auto-Submitted: auto-replied\n\nI am back on Monday.\n"


def send(port: int, mails: list[tuple[str, str]]) -> None:
    """Send over eight connections; comes back when each has its 250."""

    def some(part: list[tuple[str, str]]) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            for sender, mail in part:
                client.sendmail(sender, [OURS], mail)

    with ThreadPoolExecutor(8) as senders:
        list(senders.map(some, [mails[n::8] for n in range(8)]))


def incoming(folder: Path) -> list[Path]:
    return list((folder / "data" / "received_mail" / "incoming").glob("*.eml"))


def sent(folder: Path) -> list[EmailMessage]:
    paths = sorted((folder / "data" / "mail").glob("[!.]*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


def answers(folder: Path) -> Counter[str]:
    return Counter(str(mail["to"]) for mail in sent(folder))


def test_mails_outlive_kills_before_and_while_they_are_read_and_each_question_is_answered_once(
    start: Callable[..., Server], folder: Path, mail_port: int
) -> None:
    mails = [*map(question, range(QUESTIONS)), *map(away, range(AWAY))]
    asked = {sender: 1 for sender, _ in mails[:QUESTIONS]}
    first = start(SWEEP_INTERVAL_S="3600")
    first.ready()
    # While the database is held, mail is taken and cannot be processed.
    holder = sqlite3.connect(folder / "data" / "firstline.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    send(mail_port, mails)
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    holder.execute("ROLLBACK")
    holder.close()
    assert len(incoming(folder)) == len(mails)

    second = start(SWEEP_INTERVAL_S="3600")
    second.ready()
    assert eventually(lambda: len(incoming(folder)) < len(mails) - 20)
    second.end(signal.SIGKILL)

    third = start(SWEEP_INTERVAL_S="0.2")
    third.ready()
    assert eventually(lambda: not incoming(folder)), third.lines[-3:]
    assert eventually(lambda: len(answers(folder)) == QUESTIONS), third.lines[-3:]
    # Their senders try again, as they have not heard of each 250.
    send(mail_port, mails[:QUESTIONS])
    assert eventually(lambda: not incoming(folder))
    send(mail_port, [question(QUESTIONS)])
    asked[question(QUESTIONS)[0]] = 1
    assert eventually(lambda: len(answers(folder)) == len(asked))
    assert answers(folder) == asked
    assert third.end(signal.SIGTERM) == 0
    kept = (folder / "data" / "received_mail").rglob("*.eml")
    assert {path.relative_to(folder / "data" / "received_mail").parts[0] for path in kept} == {"kept"}


def test_mail_is_taken_where_the_start_says_and_an_answer_that_is_answered_is_answered_again_in_its_thread(
    start: Callable[..., Server], folder: Path, mail_port: int
) -> None:
    failed = folder / "data" / "received_mail" / "failed" / f"{datetime.now(UTC):%Y-%m-%d}" / "1.eml"
    failed.parent.mkdir(parents=True)
    failed.write_text("From: x@mail.example\n\nGiven up in the last run.\n", encoding="utf-8")
    server = start(SWEEP_INTERVAL_S="0.2")
    server.ready()
    [told] = [line for line in server.lines if line.strip().startswith("failed mails")]
    assert "1; scripts/mail failed lists them" in told
    [line] = [line for line in server.lines if line.strip().startswith("mail")]
    assert f"127.0.0.1:{mail_port} takes mail for {OURS}; answers go to {os.sep}" in line
    send(mail_port, [question(1)])
    assert eventually(lambda: len(sent(folder)) == 1)
    [answer] = sent(folder)
    assert answer["in-reply-to"] == "<1@mail.example>"
    reply = f"From: customer1@mail.example\nTo: {answer['reply-to']}\nSubject: Re: Account\n"
    reply += f"Message-ID: <2@mail.example>\nIn-Reply-To: {answer['message-id']}\n\nThanks. {QUESTION} Once more.\n"
    with smtplib.SMTP("127.0.0.1", mail_port, timeout=60) as client:
        client.sendmail("customer1@mail.example", [answer["reply-to"].addresses[0].addr_spec], reply)
    assert eventually(lambda: len(sent(folder)) == 2)
    second = sent(folder)[1]
    assert second["in-reply-to"] == "<2@mail.example>"
    assert second["references"].split()[0] == "<1@mail.example>"
    assert second["reply-to"] == answer["reply-to"]
    # A stop tells whoever is connected.
    with socket.create_connection(("127.0.0.1", mail_port), timeout=60) as client:
        assert client.recv(4096).startswith(b"220 ")
        assert server.end(signal.SIGTERM) == 0
        assert client.recv(4096).startswith(b"421 ")


def test_where_the_mail_port_is_taken_the_rest_starts_and_says_so(start: Callable[..., Server], mail_port: int) -> None:
    with socket.create_server(("127.0.0.1", mail_port)):
        server = start()
        server.ready()
        assert any(f"cannot listen on 127.0.0.1 port {mail_port}" in line for line in server.lines)
        assert httpx.get(f"{server.url}/health", timeout=60).status_code == 200
        assert server.end(signal.SIGTERM) == 0
