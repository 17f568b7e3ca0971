"""The laptop's server as a process: start, busy port, second start, changed articles, kill -9, clean stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.errors import SchemaVersionError
from firstline.local.server import _recover
from firstline.repositories import keys
from tests.component.live import QUESTION, Client
from tests.component.world import ARTICLE, World

RUNNER = Path(__file__).with_name("run_server.py")
START_S = 60.0


class Server:
    """One process; its output is read as it comes."""

    def __init__(self, folder: Path, port: int, **environ: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        arguments = [str(port), str(folder / "data"), str(folder / "knowledge")]
        self.process = subprocess.Popen(
            [sys.executable, RUNNER, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environ},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def ready(self) -> None:
        assert eventually(lambda: any("Ctrl-C" in line for line in self.lines) or self.process.poll() is not None)
        assert self.process.poll() is None, self.lines

    def end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def ask(self, question: str) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.post(f"{self.url}/chat", json={"message": question}, timeout=60).json()
        return answer


def eventually(condition: Callable[[], bool], within_s: float = START_S) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    articles = tmp_path / "knowledge" / "articles"
    articles.mkdir(parents=True)
    (articles / "accounts.md").write_text(ARTICLE, encoding="utf-8")
    (articles / "broken.md").write_bytes(b"\xff\xfe\x00 not text")
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(folder: Path, port: int) -> Iterator[Callable[[], Server]]:
    started: list[Server] = []

    def begin(**environ: str) -> Server:
        started.append(Server(folder, port, **environ))
        return started[-1]

    yield begin
    for server in started:
        server.end(signal.SIGKILL)


def leave_a_turn_that_cannot_be_read(data: Path) -> str:
    """Put an unfinished turn of a newer version into the store and return its id."""
    table = SQLiteTable(data / "firstline.db", clock=SystemClock())
    world = World(data.parent / "before", table=table)
    world.clock.moment = SystemClock().now() - timedelta(hours=1)
    conversation = world.open(sockets=0)
    turn_id = world.say(conversation, QUESTION).turn_id
    table.update(keys.conversation(conversation), keys.turn(turn_id), set={"schema": 99})
    table.close()
    for path in data.iterdir():
        path.chmod(0o600)
    return turn_id


def test_first_start_reads_the_articles_and_a_second_one_uses_and_follows_them(
    start: Callable[..., Server], folder: Path
) -> None:
    turn_id = leave_a_turn_that_cannot_be_read(folder / "data")
    server = start(SWEEP_INTERVAL_S="0.2")
    server.ready()
    assert eventually(lambda: any("turns that cannot be read" in line and turn_id in line for line in server.lines))
    assert any("not served: articles/broken.md" in line for line in server.lines)
    assert any("1 documents" in line and "new passages" in line for line in server.lines)
    assert f"Firstline answers at {server.url}" in server.lines
    assert {path.stat().st_mode & 0o077 for path in (folder / "data").iterdir()} == {0}
    assert server.ask(QUESTION)["sources"][0]["metadata"]["source"] == "articles/accounts.md"

    busy, same_data = Server(folder, int(server.url.rsplit(":", 1)[1])), Server(folder, 0)
    assert busy.end(signal.SIGCONT) == same_data.end(signal.SIGCONT) == 1
    assert [line for line in busy.lines if "cannot listen on 127.0.0.1 port" in line]
    assert [line for line in same_data.lines if f"is in use by process {server.process.pid}" in line]

    assert server.end(signal.SIGINT) == 0
    assert server.lines[-1] == "Stopped."
    assert not [line for line in server.lines if "Traceback" in line]

    second = start()
    second.ready()
    assert not [line for line in second.lines if "new passages" in line]
    assert second.ask(QUESTION)["sources"]
    follow_a_changed_article(second, folder)
    assert second.end(signal.SIGTERM) == 0


def test_what_prevents_a_start_is_one_line_and_exit_code_1(tmp_path: Path, folder: Path) -> None:
    as_file, damaged = tmp_path / "file", tmp_path / "damaged"
    for place in (as_file, damaged):
        (place / "knowledge").mkdir(parents=True)
    (as_file / "data").touch()
    (damaged / "data").mkdir()
    (damaged / "data" / "firstline.db").write_bytes(b"no database at all" * 300)
    expected = {
        Server(as_file, 0): f"--data: {as_file}/data cannot be used as a folder: File exists",
        Server(damaged, 0): f"{damaged}/data/firstline.db is damaged; bring a copy back with: scripts/backup",
        Server(folder, 0, WORKERS="0"): "WORKERS must be within 1 and 256",
        Server(folder, 0, RUNTIME="aws"): "scripts/run serves the local adapters; unset RUNTIME",
    }
    for server, reason in expected.items():
        assert server.end(signal.SIGCONT) == 1
        (line,) = server.lines
        assert line.startswith(f"Firstline: {reason}")
    assert not list((folder / "data").glob("*.db"))


def test_a_failing_recovery_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def recover() -> None:
        raise SchemaVersionError("turn of a newer version")

    _recover(SimpleNamespace(sweep_turns=SimpleNamespace(recover=recover)))  # type: ignore[arg-type]
    (record,) = caplog.records
    assert (vars(record)["work"], vars(record)["error"]) == ("recovery", "SchemaVersionError")


def follow_a_changed_article(server: Server, folder: Path) -> None:
    article = folder / "knowledge" / "articles" / "penguins.md"
    article.write_text("---\ntitle: Penguins\n---\n## Feeding\n\nPenguins are fed herring at noon.\n", encoding="utf-8")
    assert eventually(lambda: "herring" in server.ask("When are penguins fed?")["message"])
    article.unlink()
    assert eventually(lambda: "herring" not in server.ask("When are penguins fed?")["message"])


def test_what_was_accepted_before_kill_9_is_answered_after_the_next_start_although_the_index_was_damaged(
    start: Callable[[], Server], folder: Path
) -> None:
    server = start()
    server.ready()
    opened = httpx.post(f"{server.url}/chat/sessions", json={}, timeout=60).json()
    client = Client(opened["ws_url"])
    accepted: list[int] = []
    for number in range(20):
        client.say(f"{QUESTION} Number {number}", f"m{number}")
    while len(accepted) < 10:
        frame = client.receive()
        if frame["type"] == "accepted":
            accepted.append(frame["seq"])
    server.end(signal.SIGKILL)
    client.close()
    (folder / "data" / "knowledge.db").write_bytes(b"no database at all" * 300)
    (folder / "data" / "knowledge.db-wal").unlink()

    second = start()
    second.ready()
    assert [line for line in second.lines if "knowledge.db was damaged" in line]
    assert any("1 documents" in line and "new passages" in line for line in second.lines)
    headers = {"Authorization": f"Bearer {opened['token']}"}
    history = f"{second.url}/chat/sessions/{opened['session_id']}/history"

    def events() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(history, headers=headers, timeout=60).json()["events"]
        return found

    assert eventually(lambda: events()[-1]["author"] == "bot", 60)
    log = events()
    said = {event["seq"] for event in log if event["author"] == "customer"}
    assert said >= set(accepted)
    assert max(event["detail"].get("answers_up_to", 0) for event in log) == max(said)
    assert len({json.dumps(event["detail"].get("answers_up_to")) for event in log if event["author"] == "bot"}) == len(
        [event for event in log if event["author"] == "bot"]
    )
