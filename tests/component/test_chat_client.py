"""The terminal client against a real server: what people read, and what it survives."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from firstline.domain.errors import StoreUnavailableError
from firstline.local import chat_client
from firstline.local.chat_client import ChatClient
from firstline.local.chat_session import ServerUnreachableError
from firstline.local.chat_terminal import Terminal, main
from tests.component.live import QUESTION, LiveFirstline


class TerminalOutput(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class RecordedScreen:
    """Keeps what the client shows."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.states: list[str] = []
        self.when_lost: Callable[[], None] = lambda: None

    def frame(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)

    def connection(self, state: str) -> None:
        self.states.append(state)
        if state == "lost":
            self.when_lost()

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames if frame["type"] in {"event", "reply"}]


def run(live: LiveFirstline, *arguments: str, typed: str = "", out: io.StringIO | None = None) -> tuple[int, str]:
    out = out or io.StringIO()
    code = main(["--url", live.url, *arguments], source=io.StringIO(typed), out=out)
    return code, out.getvalue()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_one_question_is_answered_with_numbered_sources(live: LiveFirstline) -> None:
    code, text = run(live, "--once", QUESTION)
    assert code == 0
    assert "[1] Accounts, " in text
    assert "<https://help.example/accounts#reset-your-password>" in text
    assert text.count("The link in the mail") == 1
    assert "\x1b" not in text


def test_lines_are_answered_in_turn_until_the_input_ends(live: LiveFirstline) -> None:
    code, text = run(live, typed=f"{QUESTION}\n\n   \nI want to talk to a human\n")
    assert code == 0
    lines = text.splitlines()
    assert lines[0].startswith("Hello")
    first_source = next(number for number, line in enumerate(lines) if line.startswith("  [1]"))
    ticket = next(number for number, line in enumerate(lines) if line.startswith("  ticket "))
    assert first_source < ticket


def test_a_terminal_shows_the_node_at_work_on_one_line(live: LiveFirstline) -> None:
    _, text = run(live, "--once", QUESTION, out=TerminalOutput())
    assert "\r\x1b[K... looking in the articles\r\x1b[K" in text


def test_a_refused_message_is_told_and_ends_with_1(live: LiveFirstline) -> None:
    code, text = run(live, "--once", "a\x07b")
    assert code == 1
    assert "Not sent: text holds the control character U+0007" in text


def test_a_server_that_is_not_there_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:9", "--once", "a"]) == 1
    assert capsys.readouterr().err == "http://127.0.0.1:9 does not answer; is scripts/run running?\n"
    assert main(["--url", "file:///etc/passwd", "--once", "a"]) == 1


def test_an_answer_that_does_not_come_is_told(own_live: LiveFirstline, capsys: pytest.CaptureFixture[str]) -> None:
    own_live.engine.close(1)
    assert run(own_live, "--once", QUESTION, "--timeout", "0.3")[0] == 1
    assert capsys.readouterr().err == "No answer within 0.3 seconds.\n"


def test_a_restart_loses_nothing_and_shows_nothing_twice(own_live: LiveFirstline) -> None:
    screen = RecordedScreen()
    client = ChatClient(own_live.url, screen, jitter=lambda: 0.0)
    client.start()
    try:
        client.say(QUESTION)
        assert client.wait_answered(10)
        # Accepted, but the process dies before its answer.
        own_live.engine.close(1)
        client.say("How do I export timesheets?")
        assert eventually(lambda: [f["type"] for f in screen.frames].count("accepted") == 2)
        restarting = threading.Thread(target=own_live.restart)
        restarting.start()
        assert eventually(lambda: "lost" in screen.states)
        # Said while there is no server.
        client.say("How do I delete my account?")
        restarting.join()
        assert client.wait_answered(20)
    finally:
        client.stop()
    assert screen.states[0] == "connected"
    assert screen.states[-1] == "connected"
    assert len(screen.seqs()) == len(set(screen.seqs()))
    accepted = {frame["message_id"]: frame["seq"] for frame in screen.frames if frame["type"] == "accepted"}
    assert len(set(accepted.values())) == len(accepted) == 3


def test_an_answer_that_overtakes_the_replay_hides_nothing_and_is_shown_in_its_place(own_live: LiveFirstline) -> None:
    screen = RecordedScreen()
    client = ChatClient(own_live.url, screen, jitter=lambda: 0.0)
    client.start()
    try:
        assert client.wait_connected(10)
        session = client._session
        send, asked = client._send, []

        def ask(question: str) -> None:
            asked.append(question)
            own_live.post("/chat", {"message": question, "session_id": session.session_id}, token=session.token)

        def ask_before_the_replay(socket: Any, frame: dict[str, Any]) -> None:
            if frame["action"] == "resume" and len(asked) == 1:
                ask(QUESTION)
            send(socket, frame)

        client._send = ask_before_the_replay  # type: ignore[method-assign]
        screen.when_lost = lambda: ask("How do I export timesheets?")
        container = own_live.container
        conversation_id = container.sessions.get(session.session_id).conversation_id
        (connection_id,) = container.conversations.connections(conversation_id)
        container.ports.connections.close(connection_id)
        assert eventually(lambda: len(screen.seqs()) == 5)
    finally:
        client.stop()
    assert screen.seqs() == [1, 2, 3, 4, 5]


def test_a_busy_server_gets_the_message_again(live: LiveFirstline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstline.local.chat_client._BUSY_PAUSE_S", 0.05)
    real, calls = live.container.conversations.accept, []

    def once_busy(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreUnavailableError("throttled")
        return real(*arguments, **options)

    monkeypatch.setattr(live.container.conversations, "accept", once_busy)
    code, text = run(live, "--once", QUESTION)
    assert code == 0
    assert "Not sent, trying again: The service is busy." in text
    assert "[1] Accounts" in text


def test_a_session_that_ended_is_told(own_live: LiveFirstline) -> None:
    screen = RecordedScreen()
    client = ChatClient(own_live.url, screen, jitter=lambda: 0.0)
    client.start()
    try:
        assert client.wait_connected(10)
        own_live.stop_server()
        (own_live.folder / "firstline.db").unlink()
        for name in ("firstline.db-wal", "firstline.db-shm"):
            (own_live.folder / name).unlink(missing_ok=True)
        client.say(QUESTION)
        own_live.start_again()
        assert not client.wait_answered(10)
        assert eventually(lambda: screen.states[-1] == "ended")
    finally:
        client.stop()


def test_the_longest_message_that_is_permitted_fits_a_frame_in_any_script(live: LiveFirstline) -> None:
    screen = RecordedScreen()
    client = ChatClient(live.url, screen)
    client.start()
    try:
        client.say("\N{GRINNING FACE}" * 4000)
        assert client.wait_answered(10)
    finally:
        client.stop()
    assert "lost" not in screen.states
    assert [frame["seq"] for frame in screen.frames if frame["type"] == "accepted"] == [2]


def test_a_message_too_long_for_a_frame_is_refused_before_it_is_sent(live: LiveFirstline) -> None:
    screen = RecordedScreen()
    client = ChatClient(live.url, screen)
    client.start()
    try:
        too_long = client.say("a" * 33_000)
        assert client.was_refused(too_long)
        client.say(QUESTION)
        assert client.wait_answered(10)
    finally:
        client.stop()
    assert "lost" not in screen.states
    assert [frame["message_id"] for frame in screen.frames if frame["type"] == "error"] == [too_long]


def test_a_message_that_the_server_closes_the_socket_for_is_given_up_and_the_next_is_answered(
    live: LiveFirstline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_client, "fits", lambda _: True)
    monkeypatch.setattr(chat_client, "encoded", lambda frame: [json.dumps(frame)])
    screen = RecordedScreen()
    client = ChatClient(live.url, screen)
    client.start()
    try:
        too_long = client.say("a" * 33_000)
        assert client.wait_answered(10)
        assert client.was_refused(too_long)
        client.say(QUESTION)
        assert client.wait_answered(10)
    finally:
        client.stop()
    assert screen.states.count("lost") == 1


def test_withdrawn_text_is_told_and_control_characters_are_not_printed() -> None:
    out = io.StringIO()
    terminal = Terminal(out, interactive=False)
    terminal.frame({"type": "delta", "turn_id": "t1", "attempt": 1, "index": 0, "text": "Half \x1b[2Jan answer"})
    terminal.frame({"type": "superseded", "turn_id": "t1"})
    terminal.frame({"type": "closing", "reason": "restarting"})
    terminal.connection("lost")
    terminal.connection("lost")
    terminal.connection("connected")
    assert out.getvalue() == (
        "Half [2Jan answer\n(withdrawn: an answer to all your messages follows)\n"
        "Connection lost, trying again ...\nConnected again.\n"
    )


def test_only_http_addresses_are_called() -> None:
    with pytest.raises(ServerUnreachableError):
        ChatClient("ftp://127.0.0.1", RecordedScreen())
