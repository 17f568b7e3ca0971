"""Real sockets against a real server: what customers and their bad days send."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from firstline.adapters.local.connections import LocalConnections
from firstline.adapters.system import SystemClock
from firstline.domain.conversation import Author, Event
from firstline.domain.errors import ConnectionGoneError, StoreUnavailableError
from firstline.local.gateway import SocketGateway
from firstline.local.outgoing import TOO_SLOW
from tests.component.live import QUESTION, Client, LiveFirstline


def authors(client: Client) -> list[str]:
    return [frame["author"] for frame in client.resume() if frame["type"] == "event"]


def test_a_question_is_accepted_followed_node_by_node_streamed_and_answered_with_sources(live: LiveFirstline) -> None:
    client = live.dial(live.open().ws_url)
    client.say(QUESTION)
    frames = client.until("reply")
    assert [frame["type"] for frame in frames[:2]] == ["accepted", "status"]
    assert [frame["node"] for frame in frames if frame["type"] == "status"] == [
        "IdentifyCustomer",
        "ClassifyQuery",
        "RetrieveKnowledge",
        "GenerateResponse",
    ]
    reply = frames[-1]
    assert "".join(frame["text"] for frame in frames if frame["type"] == "delta") == reply["text"]
    assert reply["citations"][0]["source"] == "articles/accounts.md"
    assert reply["seq"] == frames[0]["seq"] + 1


def test_a_resent_message_is_accepted_again_and_answered_once(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    client.say(QUESTION)
    client.say(QUESTION)
    first = client.until("reply")
    client.say(QUESTION)
    again = client.until("accepted")[-1]
    accepted = [frame for frame in first if frame["type"] == "accepted"]
    assert {frame["seq"] for frame in [*accepted, again]} == {2}
    assert {frame["turn_id"] for frame in [*accepted, again]} == {accepted[0]["turn_id"]}
    assert live.engine.wait_idle(5)
    assert authors(client) == ["bot", "customer", "bot"]


def test_two_texts_under_one_id_are_a_conflict_and_the_first_stays(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    client.say(QUESTION)
    client.until("reply")
    client.say("Another text", "m1")
    error = client.receive()
    assert (error["code"], error["message_id"], error["retryable"]) == ("message_id_conflict", "m1", False)
    assert [frame["text"] for frame in client.resume() if frame["author"] == "customer"] == [QUESTION]


def test_a_missing_foreign_or_used_token_opens_no_socket(live: LiveFirstline, caplog: pytest.LogCaptureFixture) -> None:
    mine, foreign = live.open(), live.open()
    base = mine.ws_url.split("?")[0]
    used_up = mine.ws_url
    live.dial(used_up)
    foreign_token = foreign.ws_url.split("token=")[1]
    refused = [
        base,
        f"{base}?session_id={mine.session_id}",
        f"{base}?session_id={mine.session_id}&token=",
        f"{base}?session_id={mine.session_id}&token=wrong",
        f"{base}?session_id={mine.session_id}&token={mine.token}",
        f"{base}?session_id={mine.session_id}&token={foreign_token}",
        f"{base}?session_id={'x' * 3000}&token=a",
        f"{base}?session_id=%00%ff&token=%ed%a0%80",
        used_up,
    ]
    for address in refused:
        with pytest.raises(InvalidStatus) as error:
            live.dial(address)
        assert error.value.response.status_code == 401, address
    with pytest.raises(InvalidStatus) as unknown:
        live.dial(base.replace("/ws", "/sockets"))
    assert unknown.value.response.status_code == 404
    # Refusing is no fault of the server's: uvicorn's own line about it is not written.
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]
    assert authors(live.dial(foreign.ws_url)) == ["bot"]


def test_resume_replays_in_order_what_came_after(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    for number in range(3):
        client.say(f"{QUESTION} Number {number}", f"m{number}")
        client.until("reply")
    client.close()
    back = live.connect(session)
    assert [frame["seq"] for frame in back.resume()] == [1, 2, 3, 4, 5, 6, 7]
    missed = back.resume(4)
    assert [(frame["seq"], frame["author"]) for frame in missed] == [(5, "bot"), (6, "customer"), (7, "bot")]
    assert missed[1]["message_id"] == "m2"
    assert missed[2]["detail"]["answers_up_to"] == 6
    assert back.resume(7) == []


def test_a_long_history_is_replayed_in_parts(live: LiveFirstline) -> None:
    session = live.open()
    conversations, table = live.container.conversations, live.container.ports.table
    for seq in range(2, 122):
        event = Event(seq=seq, author=Author.AGENT, text="\u00e9" * 8_000, at=live.container.ports.clock.now())
        table.transact(
            [
                conversations.next_event(session.thread_id, seq, set_={}),
                conversations.put_event(session.thread_id, event),
            ]
        )
    client = live.dial(session.ws_url)
    client.send({"action": "resume", "after_seq": 0})
    *part, end = client.until("resumed")
    assert [frame["seq"] for frame in part] == list(range(1, 51))
    assert end == {"type": "resumed", "last_seq": 50, "more": True}
    assert [frame["seq"] for frame in client.resume(50)] == list(range(51, 122))


def test_a_question_over_rest_is_seen_live_by_an_open_socket(live: LiveFirstline) -> None:
    session = live.open()
    client = live.dial(session.ws_url)
    live.post("/chat", {"message": QUESTION, "session_id": session.session_id}, token=session.token)
    shown = client.receive()
    assert (shown["type"], shown["author"], shown["text"]) == ("event", "customer", QUESTION)
    assert client.until("reply")[-1]["seq"] == shown["seq"] + 1


def test_a_frame_posted_during_the_handshake_arrives_after_it() -> None:
    connections, sent = LocalConnections(), []

    async def scenario() -> None:
        over = asyncio.Event()
        incoming = [{"type": "websocket.connect"}]

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await over.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            if message["type"] == "websocket.accept":
                connections.post("c1", "early")
            sent.append(message.get("text", message["type"]))
            if sent[-1] == "early":
                over.set()

        ids = SimpleNamespace(new=lambda: "c1")
        gateway = SocketGateway(lambda *_: {"statusCode": 200}, connections, clock=SystemClock(), ids=ids, workers=1)  # type: ignore[arg-type]
        scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": [], "client": ("127.0.0.1", 1)}
        await asyncio.wait_for(gateway(scope, receive, send), 5)  # type: ignore[arg-type]
        gateway.shut_down()

    asyncio.run(scenario())
    assert sent == ["websocket.accept", "early"]


def test_two_devices_see_the_same_conversation(live: LiveFirstline) -> None:
    session = live.open()
    phone, desk = live.dial(session.ws_url), live.connect(session)
    phone.say(QUESTION)
    on_phone, on_desk = phone.until("reply"), desk.until("reply")
    assert [frame["type"] for frame in on_phone[:1]] == ["accepted"]
    shown = on_desk[0]
    assert (shown["type"], shown["author"], shown["text"]) == ("event", "customer", QUESTION)
    assert on_phone[1:] == on_desk[1:]


def test_one_socket_too_many_closes_the_oldest_with_a_reason(live: LiveFirstline) -> None:
    session = live.open()
    clients = [live.dial(session.ws_url)] + [live.connect(session) for _ in range(5)]
    assert clients[0].receive() == {"type": "closing", "reason": "too_many_connections"}
    assert clients[0].closed_with() == 1000
    clients[5].say(QUESTION)
    for client in clients[1:]:
        assert client.until("reply")


def test_other_conversations_hear_nothing(live: LiveFirstline) -> None:
    mine, theirs = live.dial(live.open().ws_url), live.dial(live.open().ws_url)
    mine.say(QUESTION)
    mine.until("reply")
    theirs.send({"action": "ping"})
    assert theirs.receive() == {"type": "pong"}


def test_a_message_survives_a_restart_before_its_answer(own_live: LiveFirstline) -> None:
    session = own_live.open()
    client = own_live.dial(session.ws_url)
    client.say(QUESTION, "m1")
    client.until("reply")
    # The engine takes nothing more, as in a process that is about to die.
    own_live.engine.close(1)
    client.say("How do I export timesheets?", "m2")
    assert client.until("accepted")[-1]["seq"] == 4
    own_live.restart()
    assert own_live.engine.wait_idle(10)
    back = own_live.connect(session)
    events = back.resume()
    assert [frame["author"] for frame in events] == ["bot", "customer", "bot", "customer", "bot"]
    back.say("How do I export timesheets?", "m2")
    assert back.until("accepted")[-1]["seq"] == 4


def test_a_stopping_server_says_so(own_live: LiveFirstline) -> None:
    client = own_live.dial(own_live.open().ws_url)
    client.send({"action": "ping"})
    client.receive()
    stopping = threading.Thread(target=own_live.stop_server)
    stopping.start()
    assert client.until("closing")[-1]["reason"] == "restarting"
    assert client.closed_with() == 1012
    stopping.join()


def test_a_client_that_reads_nothing_is_closed_and_harms_nobody(live: LiveFirstline) -> None:
    session = live.open()
    deaf, other = live.dial(session.ws_url), live.connect(session)
    deaf.send({"action": "ping"})
    deaf.receive()
    connections = live.container.ports.connections
    assert isinstance(connections, LocalConnections)
    first, second = sorted(live.container.conversations.connections(session.thread_id))
    with pytest.raises(ConnectionGoneError):
        for _ in range(1100):
            connections.post(first, "x" * 30_000)
    connections.post(second, '{"type": "pong"}')
    assert other.receive() == {"type": "pong"}
    assert deaf.closed_with() in {TOO_SLOW, 1006}


def test_a_store_that_fails_is_told_as_retryable_and_the_socket_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = threading.Event()

    class Failing:
        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            if failing.is_set():
                raise StoreUnavailableError("the disk is full at CONV#secret")
            return getattr(self._real, name)

    live = LiveFirstline(tmp_path, monkeypatch, table=Failing)
    try:
        client = live.dial(live.open().ws_url)
        failing.set()
        client.say(QUESTION)
        error = client.receive()
        failing.clear()
        assert (error["code"], error["retryable"], error["message_id"]) == ("store_unavailable", True, "m1")
        assert "secret" not in error["message"]
        client.say(QUESTION)
        assert client.until("reply")[-1]["citations"]
    finally:
        live.stop()


def test_a_bug_in_the_handler_leaves_the_socket_open(live: LiveFirstline, monkeypatch: pytest.MonkeyPatch) -> None:
    client = live.dial(live.open().ws_url)
    client.send({"action": "ping"})
    client.receive()
    with monkeypatch.context() as broken:
        broken.setattr(live.container.conversations, "socket", lambda _: 1 / 0)
        client.say(QUESTION)
        assert client.receive()["code"] == "internal_error"
    client.say(QUESTION)
    assert client.until("reply")
