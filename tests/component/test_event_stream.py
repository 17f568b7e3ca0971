"""A conversation as server-sent events: complete, in order, once, and gone when its client is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from firstline.adapters.local.connections import LocalConnections
from firstline.domain.errors import StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.web import event_stream
from firstline.web.app import create_app
from tests.component.live import QUESTION, LiveFirstline, Session
from tests.component.rest import bearer, problem_of
from tests.component.world import World

Told = dict[str, Any]


class Stream:
    """What a client reads of an event stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> Told:
        """Return the next event, or comment, as its fields."""
        fields: Told = {}
        for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
        return {}

    def events(self) -> Iterator[Told]:
        while fields := self.next():
            if "data" in fields:
                yield fields | {"data": json.loads(fields["data"])}

    def until_seq(self, seq: int) -> list[Told]:
        """Return the events up to and with that of a place in the log."""
        found = []
        for told in self.events():
            found.append(told)
            if told.get("id") == str(seq):
                return found
        raise AssertionError(f"the stream ended before event {seq}: {found}")


@contextmanager
def stream_of(live: LiveFirstline, session: Session, *, headers: Told | None = None, **query: Any) -> Iterator[Stream]:
    path = f"{live.url}/chat/sessions/{session.session_id}/events"
    with httpx.stream(
        "GET", path, params=query, headers=bearer(session.token) | (headers or {}), timeout=20
    ) as response:
        if response.status_code != 200:
            response.read()
        yield Stream(response)


@contextmanager
def forgotten(live: LiveFirstline) -> Iterator[None]:
    """Wait at the end until a stream has been forgotten."""
    gone, disconnect = threading.Event(), live.container.connect_socket.disconnect

    def noted(connection_id: str) -> None:
        disconnect(connection_id)
        gone.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(live.container.connect_socket, "disconnect", noted)
        yield
        assert gone.wait(10)


def ask(live: LiveFirstline, session: Session, text: str = QUESTION) -> dict[str, Any]:
    return live.post(f"/chat/sessions/{session.session_id}/messages", {"text": text}, token=session.token)


def n_listening(live: LiveFirstline, session: Session) -> int:
    return len(live.container.conversations.connections(session.thread_id))


def in_log(told: list[Told]) -> list[int]:
    return [int(event["id"]) for event in told if "id" in event]


def test_a_stream_tells_what_was_said_and_then_what_is_said(live: LiveFirstline) -> None:
    session = live.open()
    with stream_of(live, session) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.next() == {"retry": "1000"}
        assert stream.until_seq(1)[0]["data"]["text"].startswith("Hello")
        answer = ask(live, session)
        told = stream.until_seq(3)
    kinds = [event["event"] for event in told]
    assert in_log(told) == [2, 3]
    assert kinds[0] == "event"
    assert {"status", "delta"} <= set(kinds)
    assert told[-1]["data"]["text"] == answer["message"]
    streamed = "".join(event["data"]["text"] for event in told if event["event"] == "delta")
    assert streamed == answer["message"]


def test_a_client_that_comes_back_gets_what_it_missed_and_nothing_twice(live: LiveFirstline) -> None:
    session = live.open()
    ask(live, session)
    with stream_of(live, session) as stream:
        assert in_log(stream.until_seq(2)) == [1, 2]
    ask(live, session, "How do I export timesheets?")
    with stream_of(live, session, headers={"Last-Event-ID": "2"}, after_seq=0) as stream:
        assert in_log(stream.until_seq(5)) == [3, 4, 5]
    with stream_of(live, session, after_seq=4) as stream:
        assert in_log(stream.until_seq(5)) == [5]


def test_a_message_from_another_device_reaches_the_stream(live: LiveFirstline) -> None:
    session = live.open()
    with stream_of(live, session) as stream:
        stream.until_seq(1)
        live.connect(session).say(QUESTION)
        told = stream.until_seq(3)
    assert in_log(told) == [2, 3]
    assert told[0]["data"]["author"] == "customer"


def test_a_closing_by_a_person_reaches_the_stream_at_once_with_the_version(live: LiveFirstline) -> None:
    session = live.open()
    with stream_of(live, session) as stream:
        stream.until_seq(1)
        live.container.people.own_conversation.close(session.thread_id, Principal("anna", Role.AGENT))
        (told,) = stream.until_seq(2)
    detail = told["data"]["detail"]
    assert (told["event"], detail["action"], detail["owner"], detail["version"]) == ("event", "closed", "bot", 2)


def test_a_stream_that_has_ended_leaves_no_listener(live: LiveFirstline) -> None:
    session = live.open()
    with forgotten(live), stream_of(live, session) as stream:
        stream.until_seq(1)
        assert n_listening(live, session) == 1
    assert n_listening(live, session) == 0
    assert ask(live, session)["sources"]


def test_many_streams_hold_no_thread_so_that_requests_are_still_answered(live: LiveFirstline) -> None:
    sessions = [live.open() for _ in range(60)]
    before = threading.active_count()
    with httpx.Client(base_url=live.url, timeout=20) as client:
        opened = []
        for session in sessions:
            request = client.build_request(
                "GET", f"/chat/sessions/{session.session_id}/events", headers=bearer(session.token)
            )
            opened.append(client.send(request, stream=True))
        assert {response.status_code for response in opened} == {200}
        assert ask(live, sessions[0])["sources"]
        assert threading.active_count() - before < 60
        for response in opened:
            response.close()


def test_a_stopping_server_ends_its_streams_at_once(own_live: LiveFirstline) -> None:
    session = own_live.open()
    with stream_of(own_live, session) as stream:
        stream.until_seq(1)
        own_live.stop_server()
        assert list(stream.events()) == []


def test_a_store_that_fails_ends_the_stream_with_an_error_that_gives_nothing_away(own_live: LiveFirstline) -> None:
    session = own_live.open()
    with stream_of(own_live, session) as stream, pytest.MonkeyPatch.context() as broken:
        stream.until_seq(1)

        def fail(*_: object, **__: object) -> None:
            raise StoreUnavailableError("throttled at CONV#secret")

        broken.setattr(own_live.container.conversations, "events", fail)
        connection = own_live.container.conversations.connections(session.thread_id)[0]
        own_live.container.ports.connections.post(connection, '{"type": "event", "seq": 2}')
        told = list(stream.events())
    assert [(event["event"], event["data"]["code"]) for event in told] == [("error", "store_unavailable")]
    assert "secret" not in str(told)


def test_a_client_that_reads_too_slowly_loses_its_stream(own_live: LiveFirstline) -> None:
    session = own_live.open()
    connections = own_live.container.ports.connections
    assert isinstance(connections, LocalConnections)
    with stream_of(own_live, session) as stream:
        stream.until_seq(1)
        connection = own_live.container.conversations.connections(session.thread_id)[0]
        frame = json.dumps({"type": "delta", "text": "x" * 20_000})
        with pytest.raises(Exception, match="closing"):
            for _ in range(20_000):
                connections.post(connection, frame)
        assert len(list(stream.events())) < 20_000


@pytest.mark.parametrize("place", ["x", "-1", "1" * 13, "\u0663", "1.0"])
def test_a_place_that_is_none_is_refused(live: LiveFirstline, place: str) -> None:
    session = live.open()
    with stream_of(live, session, headers={"Last-Event-ID": place.encode()}) as stream:
        assert stream.response.status_code == 400
        assert problem_of(stream.response)["type"] == "urn:firstline:problem:invalid_input"
    assert n_listening(live, session) == 0


def test_no_token_opens_anothers_stream(live: LiveFirstline) -> None:
    mine, theirs = live.open(), live.open()
    foreign = Session(theirs.session_id, theirs.thread_id, mine.token, "")
    with stream_of(live, foreign) as stream:
        assert stream.response.status_code in {401, 403}
    assert n_listening(live, theirs) == 0


def test_on_aws_the_route_says_why_there_is_none_and_what_to_use(world: World) -> None:
    opened = TestClient(create_app(world.container)).post("/chat/sessions", json={}).json()
    with TestClient(create_app(world.container)) as client:
        response = client.get(f"/chat/sessions/{opened['session_id']}/events", headers=bearer(opened["token"]))
    problem = problem_of(response)
    assert (response.status_code, problem["type"]) == (501, "urn:firstline:problem:no_event_streams_here")
    assert "WebSocket" in problem["detail"]


def test_silence_is_broken_by_heartbeats_and_streams_are_bounded(
    own_live: LiveFirstline, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = own_live.open()
    app = FastAPI()
    app.state.container = own_live.container
    app.include_router(event_stream.create_event_stream_router(heartbeat_s=0.01, max_streams=1))
    monkeypatch.setattr(own_live.server, "_app", app)
    with forgotten(own_live), stream_of(own_live, session) as stream:
        stream.until_seq(1)
        assert [stream.next() for _ in range(2)] == [{"comment": "still here"}] * 2
        with stream_of(own_live, session) as another:
            assert (another.response.status_code, another.response.headers["retry-after"]) == (503, "5")
    monkeypatch.setattr(event_stream, "MAX_LIFE_S", 0.02)
    with stream_of(own_live, session) as short:
        ended = list(short.events())
    assert ended[-1]["data"] == {"type": "closing", "reason": "renew"}
