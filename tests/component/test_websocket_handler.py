"""The WebSocket function, fed with events as API Gateway sends them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from firstline.domain.conversation import Channel
from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.services.open_session import OpenedSession
from functions.websocket.handler import lambda_handler
from tests.component.conftest import LoadEvent
from tests.component.world import World

CONNECTION = "Zt1vNcf9oAMCKwQ="


def call(event: dict[str, Any]) -> int:
    status: int = lambda_handler(event, None)["statusCode"]  # type: ignore[arg-type]
    return status


def connect_event(load_event: LoadEvent, opened: OpenedSession, connection: str = CONNECTION) -> dict[str, Any]:
    event = load_event("websocket_connect")
    event["queryStringParameters"] = {"session_id": opened.session.session_id, "token": opened.socket_token}
    event["requestContext"]["connectionId"] = connection
    return event


def answers(world: World, connection: str = CONNECTION) -> list[dict[str, Any]]:
    """What was posted but for the frame that starts every first answer."""
    return [frame for frame in world.sockets.frames.get(connection, []) if frame["type"] != "connected"]


@pytest.fixture
def opened(world: World, load_event: LoadEvent) -> OpenedSession:
    """A session whose socket is connected."""
    opened = world.container.open_session.open(channel=Channel.CHAT)
    assert call(connect_event(load_event, opened)) == 200
    return opened


def test_a_socket_with_its_token_is_let_in_and_nothing_is_posted_while_it_connects(
    world: World, opened: OpenedSession
) -> None:
    assert world.container.conversations.connected(CONNECTION)[0] == opened.session.conversation_id
    assert world.sockets.frames == {}


def test_a_socket_without_a_good_token_is_refused(world: World, load_event: LoadEvent) -> None:
    opened = world.container.open_session.open(channel=Channel.CHAT)
    event = connect_event(load_event, opened)
    event["queryStringParameters"]["token"] = "another"
    assert call(event) == 401
    del event["queryStringParameters"]
    assert call(event) == 401
    with pytest.raises(NotFoundError):
        world.container.conversations.connected(CONNECTION)


def test_a_token_opens_no_socket_after_a_minute_nor_twice(world: World, load_event: LoadEvent) -> None:
    opened = world.container.open_session.open(channel=Channel.CHAT)
    assert call(connect_event(load_event, opened)) == 200
    assert call(connect_event(load_event, opened, "second")) == 401
    late = world.container.open_session.open(channel=Channel.CHAT)
    world.clock.forward(61)
    assert call(connect_event(load_event, late, "late")) == 401


def test_a_store_that_fails_while_connecting_is_a_503(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = world.container.open_session.open(channel=Channel.CHAT)

    def fail(*_: object) -> None:
        raise StoreUnavailableError("throttled")

    monkeypatch.setattr(world.container.sessions, "redeem_socket_token", fail)
    assert call(connect_event(load_event, opened)) == 503


def test_a_message_is_accepted_before_its_turn_starts(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    event = load_event("websocket_message")
    assert call(event) == 200
    assert world.sockets.types(CONNECTION) == ["connected", "accepted"]
    (accepted,) = answers(world)
    assert (accepted["seq"], accepted["message_id"]) == (2, json.loads(event["body"])["message_id"])
    (name, document), *others = world.engine.started
    assert (name, others) == (f"{accepted['turn_id']}-1", [])
    assert document["correlation_id"] == event["requestContext"]["requestId"]
    assert document["message"]["text"] == "How do I reset a forgotten password?"


def test_a_resend_is_accepted_again_and_starts_nothing_once_the_turn_is_claimed(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    event = load_event("websocket_message")
    call(event)
    turn_id = answers(world)[0]["turn_id"]
    conversation_id = opened.session.conversation_id
    world.container.turns.claim(conversation_id, turn_id, execution_id="e1", now=world.clock.now())
    call(event)
    first, second = answers(world)
    assert first == second
    assert len(world.engine.started) == 1
    assert len(world.container.conversations.events(conversation_id)) == 2


def test_resume_replays_the_log(world: World, opened: OpenedSession, load_event: LoadEvent) -> None:
    call(load_event("websocket_message"))
    call(load_event("websocket_resume"))
    events = world.sockets.of_type(CONNECTION, "event")
    assert [(event["seq"], event["author"]) for event in events] == [(1, "bot"), (2, "customer")]


def test_a_dead_socket_ends_its_replay_and_is_forgotten(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    world.sockets.dead.add(CONNECTION)
    world.clock.forward(11)
    assert call(load_event("websocket_resume")) == 200
    assert world.container.conversations.connections(opened.session.conversation_id) == []


def test_a_socket_that_is_still_connecting_is_not_forgotten_and_gets_the_next_frame(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    conversation_id = opened.session.conversation_id
    world.sockets.dead.add(CONNECTION)
    world.clock.forward(9)
    assert world.container.broadcast.to_conversation(conversation_id, {"type": "status"}) == 0
    world.sockets.dead.clear()
    assert world.container.broadcast.to_conversation(conversation_id, {"type": "delta"}) == 1
    assert world.sockets.types(CONNECTION) == ["delta"]


def test_a_ping_or_resume_over_a_forgotten_connection_is_told_to_come_back(world: World, load_event: LoadEvent) -> None:
    for name in ("websocket_ping", "websocket_resume"):
        assert call(load_event(name)) == 200
    assert [frame["code"] for frame in world.sockets.frames[CONNECTION]] == ["unknown_connection"] * 2


def test_the_oldest_of_too_many_sockets_is_closed_whatever_its_id(world: World, opened: OpenedSession) -> None:
    for name in ("d", "c", "b", "a", "e"):
        world.clock.forward(1)
        token = world.container.open_session.socket_token(opened.session)
        world.container.connect_socket.connect(name, opened.session.session_id, token)
    assert world.sockets.closed == [CONNECTION]
    assert world.container.conversations.connections(opened.session.conversation_id) == ["d", "c", "b", "a", "e"]


def test_ping_is_answered(world: World, opened: OpenedSession, load_event: LoadEvent) -> None:
    assert call(load_event("websocket_ping")) == 200
    assert answers(world) == [{"type": "pong"}]


def test_an_unknown_action_is_told(world: World, opened: OpenedSession, load_event: LoadEvent) -> None:
    assert call(load_event("websocket_default")) == 200
    (error,) = answers(world)
    assert (error["code"], error["retryable"]) == ("invalid_frame", False)


def test_a_connection_that_was_forgotten_is_told_to_come_back(world: World, load_event: LoadEvent) -> None:
    assert call(load_event("websocket_message")) == 200
    (error,) = world.sockets.frames[CONNECTION]
    assert error["code"] == "unknown_connection"
    assert error["message_id"] == json.loads(load_event("websocket_message")["body"])["message_id"]


def test_disconnecting_forgets_the_socket_and_doing_it_twice_does_no_harm(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    assert call(load_event("websocket_disconnect")) == 200
    assert call(load_event("websocket_disconnect")) == 200
    assert world.container.conversations.connections(opened.session.conversation_id) == []


def test_a_message_reaches_the_other_devices_as_an_event(
    world: World, opened: OpenedSession, load_event: LoadEvent
) -> None:
    token = world.container.open_session.socket_token(opened.session)
    world.container.connect_socket.connect("desk", opened.session.session_id, token)
    call(load_event("websocket_message"))
    call(load_event("websocket_message"))
    (shown,) = world.sockets.frames["desk"]
    assert (shown["type"], shown["seq"], shown["author"]) == ("event", 2, "customer")
