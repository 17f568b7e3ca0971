"""Every frame that a client may send, and what it and the others get."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from firstline.domain.conversation import Channel, ConversationStatus, Session
from firstline.domain.locales import text
from firstline.repositories import keys
from functions.websocket.handler import lambda_handler
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"


def connect(world: World, session: Session, *names: str) -> None:
    for name in names:
        world.clock.forward(0.01)
        token = world.container.open_session.socket_token(session)
        world.container.connect_socket.connect(name, session.session_id, token)


@pytest.fixture
def session(world: World) -> Session:
    """A session with two open sockets, a phone and a desk."""
    session = world.container.open_session.open(channel=Channel.CHAT).session
    connect(world, session, "phone", "desk")
    return session


def send(world: World, connection_id: str, frame: dict[str, Any]) -> list[dict[str, Any]]:
    """Send a frame and return what came back over the same socket."""
    known = len(world.sockets.frames.get(connection_id, []))
    context = {"connectionId": connection_id, "requestId": "r1", "eventType": "MESSAGE"}
    event = {"requestContext": context, "body": json.dumps(frame)}
    assert lambda_handler(event, None) == {"statusCode": 200}  # type: ignore[arg-type]
    return world.sockets.frames.get(connection_id, [])[known:]


def test_the_first_answer_on_a_socket_starts_with_where_the_conversation_stands(world: World, session: Session) -> None:
    first, pong = send(world, "phone", {"action": "ping"})
    assert first == {
        "type": "connected",
        "protocol": 1,
        "conversation_id": session.conversation_id,
        "last_seq": 1,
        "owner": "bot",
        "version": 1,
        "status": "open",
    }
    assert pong == {"type": "pong"}
    assert send(world, "phone", {"action": "ping"}) == [{"type": "pong"}]
    assert [frame["type"] for frame in send(world, "desk", {"action": "fly"})] == ["connected", "error"]


def test_the_id_of_the_person_in_charge_is_not_told(world: World, session: Session) -> None:
    pk = keys.conversation(session.conversation_id)
    world.ports.table.update(pk, keys.META, set={"owner": "user-4711"}, add={"version": 1})
    (connected, _) = send(world, "phone", {"action": "ping"})
    assert (connected["owner"], connected["version"]) == ("person", 2)
    assert "4711" not in str(connected)


def test_of_first_frames_side_by_side_no_answer_overtakes_connected(world: World, session: Session) -> None:
    post, posting, may_go_on = world.sockets.post, threading.Event(), threading.Event()

    def slow_post(connection_id: str, frame: str) -> None:
        if not posting.is_set():
            # The first frame's connected is on its way while another first frame is handled whole.
            posting.set()
            assert may_go_on.wait(10)
        post(connection_id, frame)

    world.sockets.post = slow_post  # type: ignore[method-assign]
    first = threading.Thread(target=send, args=(world, "phone", {"action": "ping"}))
    first.start()
    assert posting.wait(10)
    send(world, "phone", {"action": "ping"})
    may_go_on.set()
    first.join()
    assert world.sockets.types("phone") == ["connected", "pong", "connected", "pong"]
    assert [frame["type"] for frame in send(world, "phone", {"action": "ping"})] == ["pong"]


def test_a_simple_message_is_accepted_and_says_that_resending_is_not_safe(world: World, session: Session) -> None:
    simple = {"type": "message", "content": QUESTION}
    *_, first = send(world, "phone", simple)
    *_, second = send(world, "phone", simple)
    assert (first["type"], first["resend_safe"]) == ("accepted", False)
    assert first["message_id"] != second["message_id"]
    assert [e.text for e in world.container.conversations.events(session.conversation_id)][1:] == [QUESTION] * 2


def test_a_simple_message_with_an_id_of_its_own_may_be_sent_again(world: World, session: Session) -> None:
    simple = {"type": "message", "content": QUESTION, "message_id": "m1"}
    *_, first = send(world, "phone", simple)
    *_, second = send(world, "phone", simple)
    assert first == second
    assert "resend_safe" not in first


def test_a_simple_message_takes_its_files_with_it(world: World, session: Session) -> None:
    store = world.container.attached_files.receive.store
    file_id = store(session.conversation_id, "notes.txt", b"The reset link does not come.\n").file_id
    *_, accepted = send(world, "phone", {"type": "message", "content": QUESTION, "attachments": [file_id]})
    assert accepted["type"] == "accepted"
    said = world.container.conversations.events(session.conversation_id)[-1]
    assert [file["name"] for file in said.detail["attachments"]] == ["notes.txt"]
    *_, refused = send(world, "phone", {"type": "message", "content": QUESTION, "attachments": "notes.txt"})
    assert (refused["type"], refused["code"]) == ("error", "invalid_frame")


def test_resuming_from_beyond_the_log_tells_where_the_log_ends(world: World, session: Session) -> None:
    *_, resumed = send(world, "phone", {"action": "resume", "after_seq": 999_999})
    assert resumed == {"type": "resumed", "last_seq": 1, "more": False}


def test_a_person_asked_for_by_a_button_comes_with_a_ticket_once(world: World, session: Session) -> None:
    for _ in range(2):
        *_, accepted = send(world, "phone", {"action": "request_human", "message_id": "h1"})
    (_, document), *_ = world.engine.started
    for node in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"):
        document = world.node(node, dict(document))
    assert document["reply"]["reason"] == "explicit_request"
    assert document["reply"]["handover"]["ticket_id"]
    assert document["message"]["seq"] == accepted["seq"] == 2
    assert world.container.conversations.get(session.conversation_id).status is ConversationStatus.WAITING_FOR_PERSON


def test_typing_reaches_the_other_sockets_at_most_every_two_seconds_and_is_not_logged(
    world: World, session: Session
) -> None:
    for pause in (0.0, 1.9, 0.1, 5.0):
        world.clock.forward(pause)
        send(world, "phone", {"action": "typing"})
    assert world.sockets.of_type("desk", "typing") == [{"type": "typing", "author": "customer", "name": None}] * 3
    assert world.sockets.of_type("phone", "typing") == []
    assert len(world.container.conversations.events(session.conversation_id)) == 1


def test_ending_is_an_event_on_every_socket_once_and_the_next_message_takes_it_up_again(
    world: World, session: Session
) -> None:
    conversations = world.container.conversations
    send(world, "phone", {"action": "end"})
    send(world, "desk", {"action": "end"})
    for name in ("phone", "desk"):
        (event,) = world.sockets.of_type(name, "event")
        assert (event["seq"], event["author"], event["text"]) == (2, "system", text("ended_by_customer"))
        assert event["detail"] == {"ended_by": "customer", "status": "closed"}
    assert conversations.get(session.conversation_id).status is ConversationStatus.CLOSED
    send(world, "phone", {"action": "message", "message_id": "m1", "text": QUESTION})
    assert conversations.get(session.conversation_id).status is ConversationStatus.OPEN


def test_a_conversation_that_waits_for_a_person_is_not_closed_by_its_customer(world: World, session: Session) -> None:
    world.ask(session.conversation_id, "I want to talk to a human")
    send(world, "phone", {"action": "end"})
    send(world, "phone", {"action": "end"})
    conversation = world.container.conversations.get(session.conversation_id)
    assert conversation.status is ConversationStatus.WAITING_FOR_PERSON
    last, *_ = reversed(world.container.conversations.events(session.conversation_id))
    assert (last.seq, last.text, last.detail["status"]) == (4, text("ended_by_customer"), "waiting_for_person")


def test_sixteen_sockets_that_end_a_conversation_together_end_it_once(world: World, session: Session) -> None:
    end = world.container.client_actions.end_conversation.end
    ended: list[object] = []
    threads = [threading.Thread(target=lambda: ended.append(end(session.conversation_id))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([event for event in ended if event is not None]) == 1
    assert len(world.container.conversations.events(session.conversation_id)) == 2


def test_the_last_rating_of_an_answer_stands(world: World, session: Session) -> None:
    answered = world.ask(session.conversation_id, QUESTION)
    seq = answered["reply"]["seq"]
    *_, up = send(world, "phone", {"action": "rate", "seq": seq, "thumb": "up"})
    assert up == {"type": "rated", "seq": seq, "score": 5}
    (down,) = send(world, "phone", {"action": "rate", "seq": seq, "score": 2, "reason": " Wrong page\r\n"})
    assert down == {"type": "rated", "seq": seq, "score": 2, "reason": "Wrong page"}
    (kept,) = world.container.ratings.of_conversation(session.conversation_id)
    assert kept == world.container.ratings.get(session.conversation_id, seq)
    assert (kept.score, kept.reason, kept.turn_id) == (2, "Wrong page", answered["turn_id"])


@pytest.mark.parametrize("seq", [1, 2, 9, 10**12 - 1])
def test_only_an_answer_can_be_rated(world: World, session: Session, seq: int) -> None:
    world.ask(session.conversation_id, QUESTION)
    *_, error = send(world, "phone", {"action": "rate", "seq": seq, "score": 5})
    assert (error["type"], error["code"], error["retryable"]) == ("error", "not_found", False)
    assert world.container.ratings.get(session.conversation_id, seq) is None


def test_a_reason_that_is_too_long_or_no_text_is_refused(world: World, session: Session) -> None:
    seq = world.ask(session.conversation_id, QUESTION)["reply"]["seq"]
    for reason in ("a" * 1001, "bell \x07"):
        *_, error = send(world, "phone", {"action": "rate", "seq": seq, "score": 5, "reason": reason})
        assert error["code"] == "invalid_message"
    assert world.container.ratings.get(session.conversation_id, seq) is None


def test_a_verified_customers_oldest_socket_of_another_conversation_makes_room(world: World) -> None:
    opened = [
        world.container.open_session.open(channel=Channel.CHAT, user_id="anna", verified=True).session for _ in range(2)
    ]
    connect(world, opened[0], "a", "b", "c")
    connect(world, opened[1], "d", "e", "f")
    assert world.sockets.closed == ["a"]
    assert world.sockets.frames["a"] == [{"type": "closing", "reason": "too_many_connections"}]
    assert world.container.conversations.connections(opened[0].conversation_id) == ["b", "c"]
    assert world.container.conversations.connections(opened[1].conversation_id) == ["d", "e", "f"]


def test_a_name_that_nobody_vouches_for_closes_nobodys_sockets(world: World) -> None:
    victim = world.container.open_session.open(channel=Channel.CHAT, user_id="anna", verified=True).session
    connect(world, victim, "v")
    for number in range(6):
        other = world.container.open_session.open(channel=Channel.CHAT, user_id="anna").session
        connect(world, other, f"o{number}")
    assert world.sockets.closed == []


def test_of_sockets_that_connect_side_by_side_exactly_the_newest_five_stay(world: World) -> None:
    session = world.container.open_session.open(channel=Channel.CHAT).session
    tokens = [world.container.open_session.socket_token(session) for _ in range(12)]
    together = threading.Barrier(12)

    def dial(number: int) -> None:
        together.wait()
        world.container.connect_socket.connect(f"s{number:02}", session.session_id, tokens[number])

    threads = [threading.Thread(target=dial, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # They connected in one moment, so their ids are what orders them.
    assert world.container.conversations.connections(session.conversation_id) == [f"s{n:02}" for n in range(7, 12)]
    assert set(world.sockets.closed) == {f"s{n:02}" for n in range(7)}
