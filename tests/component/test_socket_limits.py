"""API Gateway's limits of a socket, tried on a laptop: the client comes back and nobody notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.frame_size import MAX_FRAME_BYTES
from firstline.local.chat_client import ChatClient
from firstline.local.gateway import SocketLimits
from firstline.local.outgoing import GOING_AWAY
from tests.component.live import QUESTION, LiveFirstline
from tests.component.scripted_model import ScriptedModel
from tests.component.unchecked import Unchecked

WAIT_S = 10.0


class WatchedScreen:
    """Keeps what is shown, and can be waited for."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.states: list[str] = []
        self._changed = threading.Condition()

    def frame(self, frame: dict[str, Any]) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def connection(self, state: str) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def wait_state(self, state: str, times: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.states.count(state) >= times, WAIT_S)

    def wait_frame(self, kind: str, times: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.of(kind)) >= times, WAIT_S)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]


@pytest.fixture
def screen() -> WatchedScreen:
    return WatchedScreen()


@pytest.fixture
def short_lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    """A server whose sockets live for a third of a second."""
    server = LiveFirstline(tmp_path, monkeypatch, limits=SocketLimits(life_s=0.3))
    yield server
    server.stop()


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFirstline]:
    """A server that closes sockets that are idle for a third of a second."""
    server = LiveFirstline(tmp_path, monkeypatch, limits=SocketLimits(idle_s=0.3))
    yield server
    server.stop()


def test_an_idle_socket_is_closed_as_going_away(impatient: LiveFirstline) -> None:
    client = impatient.dial(impatient.open().ws_url)
    assert client.closed_with() == GOING_AWAY


def test_a_client_that_pings_keeps_its_idle_socket(impatient: LiveFirstline, screen: WatchedScreen) -> None:
    client = ChatClient(impatient.url, screen, ping_every_s=0.1)
    client.start()
    try:
        assert screen.wait_frame("pong", 6)
    finally:
        client.stop()
    assert screen.states == ["connected"]


def test_a_conversation_goes_on_over_many_short_lives_and_nobody_notices(
    short_lived: LiveFirstline, screen: WatchedScreen
) -> None:
    client = ChatClient(short_lived.url, screen)
    client.start()
    try:
        for life in range(1, 4):
            assert screen.wait_state("connected", life)
            client.say(f"{QUESTION} Number {life}")
            assert client.wait_answered(WAIT_S)
    finally:
        client.stop()
    assert set(screen.states) == {"connected"}
    seqs = [frame["seq"] for frame in screen.frames if frame["type"] in {"event", "reply"}]
    assert seqs == sorted(set(seqs))
    assert len([f for f in screen.frames if f["type"] == "reply" or f.get("author") == "bot"]) == 4


def test_an_answer_that_is_being_written_when_the_socket_ends_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: WatchedScreen
) -> None:
    model = ScriptedModel(
        [
            "Open the sign-in page, ",
            lambda: screen.wait_frame("delta"),
            lambda: screen.wait_state("connected", 2),
            "then choose Forgot password.",
        ]
    )
    live = LiveFirstline(tmp_path, monkeypatch, limits=SocketLimits(life_s=0.6), model=model, checks=Unchecked())
    client = ChatClient(live.url, screen)
    try:
        client.start()
        client.say(QUESTION)
        assert client.wait_answered(WAIT_S)
    finally:
        client.stop()
        live.stop()
    assert [frame["text"] for frame in screen.of("delta")] == [
        "Open the sign-in page, ",
        "then choose Forgot password.",
    ]
    assert screen.of("superseded") == []
    assert "lost" not in screen.states


def test_a_socket_that_made_room_for_newer_ones_stays_closed_until_something_is_said(
    own_live: LiveFirstline, screen: WatchedScreen
) -> None:
    client = ChatClient(own_live.url, screen)
    client.start()
    try:
        assert client.wait_connected(WAIT_S)
        session_id, token = client._session.session_id, client._session.token
        others = []
        for _ in range(5):
            fresh = own_live.post(f"/chat/sessions/{session_id}/socket", token=token)
            others.append(own_live.dial(fresh["ws_url"]))
        assert screen.wait_state("replaced")
        assert screen.states == ["connected", "replaced"]
        client.say(QUESTION)
        assert client.wait_answered(WAIT_S)
    finally:
        client.stop()
    assert screen.states == ["connected", "replaced", "connected"]
    assert others[0].closed_with() == 1000


def test_a_frame_over_the_limit_closes_its_socket_as_too_big_and_what_was_said_stays(own_live: LiveFirstline) -> None:
    session = own_live.open()
    client = own_live.dial(session.ws_url)
    client.say(QUESTION)
    client.until("reply")
    client.send("x" * (MAX_FRAME_BYTES + 1))
    assert client.closed_with() == 1009
    assert [frame["seq"] for frame in own_live.connect(session).resume()] == [1, 2, 3]


def test_a_network_that_goes_without_a_word_is_noticed_by_the_ping(
    own_live: LiveFirstline, screen: WatchedScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstline.local.chat_client._PONG_WITHIN_S", 0.1)
    client = ChatClient(own_live.url, screen, ping_every_s=0.05, jitter=lambda: 0.0)
    client.start()
    try:
        assert client.wait_connected(WAIT_S)
        with monkeypatch.context() as silence:
            silence.setattr(own_live.container.ports.connections, "post", lambda *_: None)
            assert screen.wait_state("lost")
        assert screen.wait_state("connected", 2)
        client.say(QUESTION)
        assert client.wait_answered(WAIT_S)
    finally:
        client.stop()
