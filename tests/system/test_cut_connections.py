"""A customer's bad network: cut after any frame, frames twice and out of order, and the log is that of a good one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks.cutting_proxy import CuttingProxy

from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.local.chat_client import ChatClient
from tests.component.live import Client, LiveFirstline
from tests.component.test_socket_limits import WatchedScreen
from tests.component.unchecked import Unchecked

SAID = (
    "How do I reset a forgotten password?",
    "How long is the link in the mail good for?",
    "thanks",
    "How do I export timesheets as CSV?",
    "Who sees the Export button on the Reports page?",
    "And how do I delete my account?",
    "hello",
    "How do I choose Forgot password on the sign-in page?",
    "I want to talk to a human",
    "goodbye",
)
STRIDE = 12
"""Connections are cut after every 12th frame, so that a client that comes back gets on."""

Log = list[tuple[str, str]]


class EchoModel:
    """Answers with what was asked, in three pieces, so that every run says the same."""

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        question = request.messages[-1].text.rpartition("<question>")[2].partition("</question>")[0]
        for piece in ("You asked: ", question.strip(), " [1]"):
            yield TextDelta(piece)
        yield ModelFinished(model="echo", input_tokens=1, output_tokens=1, stop_reason="end_turn", cost_usd=0.0)


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveFirstline]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("firstline.local.chat_client._LONGEST_PAUSE_S", 0.01)
        server = LiveFirstline(tmp_path_factory.mktemp("echo"), monkeypatch, model=EchoModel(), checks=Unchecked())
        yield server
        server.stop()


def converse(live: LiveFirstline, proxy: CuttingProxy) -> tuple[Log, Log]:
    """Hold the conversation through the proxy; return the log, and what the client showed in its order."""
    screen = WatchedScreen()
    client = ChatClient(proxy.url, screen)
    client.start()
    try:
        for text in SAID:
            client.say(text)
            assert client.wait_answered(20), text
    finally:
        client.stop()
    events = live.container.conversations.events(
        live.container.sessions.get(client._session.session_id).conversation_id
    )
    shown = [
        (frame.get("author", "bot"), without_ticket(frame["text"]))
        for frame in screen.frames
        if frame["type"] == "reply" or (frame["type"] == "event" and frame["author"] != "customer")
    ]
    return [(event.author.value, without_ticket(event.text)) for event in events], shown


def without_ticket(text: str) -> str:
    return text.split("Your ticket is ")[0]


def port_of(live: LiveFirstline) -> int:
    return int(live.url.rsplit(":", 1)[1])


def test_cut_after_every_frame_in_turn_a_conversation_loses_nothing_and_shows_nothing_twice(
    echo: LiveFirstline,
) -> None:
    uncut = CuttingProxy(port_of(echo), lambda _: False)
    try:
        log, shown = converse(echo, uncut)
    finally:
        uncut.close()
    assert [author for author, _ in log].count("customer") == len(SAID)
    assert shown == [entry for entry in log if entry[0] != "customer"]
    cut_after: set[int] = set()
    for offset in range(STRIDE):

        def cuts(number: int, offset: int = offset) -> bool:
            cut = number % STRIDE == offset
            if cut:
                cut_after.add(number)
            return cut

        proxy = CuttingProxy(port_of(echo), cuts)
        try:
            assert converse(echo, proxy) == (log, shown), f"cut after every {STRIDE}th frame from {offset}"
        finally:
            proxy.close()
        assert proxy.n_cuts > 5
    assert cut_after >= set(range(1, uncut.n_frames + 1))


def scripts_of(seed: int) -> list[list[dict[str, Any]]]:
    """For each message the frames of a bad network: it, perhaps twice, others around it, late copies of older ones."""
    rng = random.Random(seed)
    said: list[dict[str, Any]] = []
    scripts = []
    for number, text in enumerate(SAID):
        message = {"action": "message", "message_id": f"m{number}", "text": text}
        others = [
            {"action": "ping"},
            {"action": "typing"},
            {"action": "resume", "after_seq": rng.randrange(number + 1)},
        ]
        late = rng.sample(said, k=min(len(said), 2))
        frames = [frame for frame in [*others, *late, message] if rng.random() < 0.7] + [message]
        rng.shuffle(frames)
        scripts.append(frames)
        said.append(message)
    return scripts


def until_answered(client: Client, message_id: str, frames: list[dict[str, Any]]) -> None:
    for frame in frames:
        client.send(frame)
    seq = None
    while True:
        frame = client.receive()
        assert frame["type"] != "error", frame
        if frame["type"] == "accepted" and frame["message_id"] == message_id:
            seq = frame["seq"]
        if frame["type"] == "reply" and seq is not None and frame["seq"] > seq:
            return


@pytest.mark.parametrize("seed", range(5))
def test_frames_that_come_twice_late_or_out_of_order_change_nothing(echo: LiveFirstline, seed: int) -> None:
    straight = CuttingProxy(port_of(echo), lambda _: False)
    try:
        log, _ = converse(echo, straight)
    finally:
        straight.close()
    session = echo.open()
    client = echo.dial(session.ws_url)
    for number, frames in enumerate(scripts_of(seed)):
        until_answered(client, f"m{number}", frames)
    events = echo.container.conversations.events(session.thread_id)
    assert [(event.author.value, without_ticket(event.text)) for event in events] == log
    assert [event.seq for event in events] == list(range(1, len(log) + 1))
