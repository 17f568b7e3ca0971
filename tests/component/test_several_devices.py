"""Several devices of one customer see one conversation; nobody else joins it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Channel
from firstline.domain.identity import Principal, Role
from firstline.domain.sites import Site
from firstline.services.open_session import OpenedSession
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
HOUR = 3600.0
ANNA = Principal("anna", Role.AGENT, "Anna")


def device(world: World, user_id: str = "ada", *, join: bool = True, **more: Any) -> OpenedSession:
    given = {"channel": Channel.CHAT, "verified": True, **more}
    return world.container.open_session.open(user_id=user_id, join=join, **given)


def thread(opened: OpenedSession) -> str:
    return opened.session.conversation_id


def test_a_second_device_sees_the_same_log_with_a_session_and_a_token_of_its_own(world: World) -> None:
    phone = device(world)
    world.ask(thread(phone), QUESTION)
    desk = device(world)
    assert (thread(desk), desk.continued, phone.continued) == (thread(phone), True, False)
    assert desk.session.session_id != phone.session.session_id
    assert desk.token != phone.token
    assert desk.greeting == phone.greeting
    for name, opened in (("phone", phone), ("desk", desk)):
        world.container.connect_socket.connect(name, opened.session.session_id, opened.socket_token)
    document = world.ask(thread(desk), "And how do I export timesheets?")
    assert world.sockets.of_type("phone", "reply") == world.sockets.of_type("desk", "reply")
    assert QUESTION in [said["text"] for said in document["customer"]["history"]]
    # One that leaves takes its own access with it and nothing of the other's.
    world.container.identity.end_session.end(desk.session)
    assert world.container.identity.session_tokens.authorize(None, phone.token) == phone.session


@pytest.mark.parametrize(
    ("user_id", "more"),
    [
        ("bob", {}),
        ("ada", {"verified": False}),
        ("", {}),
        ("ada", {"join": False}),
        ("ada", {"channel": Channel.API}),
        ("ada", {"site": Site(site_id="another")}),
    ],
)
def test_nobody_else_no_mere_name_no_other_site_and_who_asks_for_a_new_one_joins(
    world: World, user_id: str, more: dict[str, Any]
) -> None:
    phone = device(world)
    other = device(world, user_id, **more)
    assert (thread(other) != thread(phone), other.continued) == (True, False)


def test_a_name_that_is_only_stated_is_joined_by_nobody(world: World) -> None:
    stated = device(world, verified=False)
    assert thread(device(world)) != thread(stated)


def test_what_is_closed_or_has_fallen_silent_is_not_joined(world: World) -> None:
    first = device(world)
    world.ask(thread(first), QUESTION)
    world.clock.forward(24 * HOUR)
    second = device(world)
    assert thread(second) != thread(first)
    world.container.client_actions.end_conversation.end(thread(second))
    assert thread(device(world)) not in {thread(first), thread(second)}


def test_what_a_device_has_opened_again_is_joined_again(world: World) -> None:
    first = device(world)
    world.container.client_actions.end_conversation.end(thread(first))
    world.ask(thread(first), QUESTION)
    assert thread(device(world)) == thread(first)


def test_what_waits_for_a_person_or_is_with_one_is_joined_however_old(world: World) -> None:
    first = device(world)
    world.ask(thread(first), "I want to talk to a human")
    world.clock.forward(48 * HOUR)
    assert thread(device(world)) == thread(first)
    world.container.people.own_conversation.take(thread(first), ANNA)
    world.clock.forward(48 * HOUR)
    assert thread(device(world)) == thread(first)


def test_behind_a_newer_one_that_is_closed_the_older_open_one_is_found(world: World) -> None:
    first = device(world)
    world.ask(thread(first), "I want to talk to a human")
    second = device(world, join=False)
    assert thread(device(world)) == thread(second)
    world.container.client_actions.end_conversation.end(thread(second))
    assert thread(device(world)) == thread(first)


def test_of_many_conversations_the_newest_are_known_and_the_one_used_last_comes_first(world: World) -> None:
    opened = [thread(device(world, join=False)) for _ in range(8)]
    assert thread(device(world)) == opened[-1]
    for gone in opened[:2:-1]:
        assert thread(device(world)) == gone
        world.container.client_actions.end_conversation.end(gone)
    assert thread(device(world)) not in opened


def test_devices_that_come_at_once_share_one_conversation(world: World) -> None:
    opened: list[OpenedSession] = []
    together = threading.Barrier(6)

    def come() -> None:
        together.wait()
        opened.append(device(world))

    threads = [threading.Thread(target=come) for _ in range(6)]
    for running in threads:
        running.start()
    for running in threads:
        running.join()
    assert len({thread(one) for one in opened}) == 1
    assert sorted(one.continued for one in opened) == [False] + [True] * 5
    assert len({one.session.session_id for one in opened}) == 6


def test_a_conversation_that_was_given_to_the_customer_later_is_joined_by_the_next_device(world: World) -> None:
    before, visitor = device(world), world.container.open_session.open(channel=Channel.CHAT)
    world.ask(thread(visitor), QUESTION)
    for _ in range(2):
        world.container.identity.verify_identity.bind(thread(visitor), "ada")
    assert thread(device(world)) == thread(visitor) != thread(before)
    # Nothing was mixed: the log that was there before stays as it was.
    assert len(world.container.conversations.events(thread(before))) == 1


def test_an_expired_conversation_is_not_joined(world: World) -> None:
    first = device(world)
    world.clock.forward(91 * 24 * HOUR)
    assert thread(device(world)) != thread(first)


def test_a_server_that_states_the_customer_gets_one_conversation_over_rest_unless_it_asks_for_another(
    world: World,
) -> None:
    http = TestClient(create_app(world.container))
    world.container.identity.manage_users.add("backend", "correct horse battery", Role.AGENT)
    http.headers |= bearer(world.container.identity.sign_in.sign_in("backend", "correct horse battery").token)
    first, second = open_session(http, user_id="ada"), open_session(http, user_id="ada")
    assert (second["thread_id"], second["continued"]) == (first["thread_id"], True)
    assert second["message"] == first["message"]
    anew = open_session(http, user_id="ada", new_conversation=True)
    assert (anew["thread_id"] != first["thread_id"], anew["continued"]) == (True, False)
    http.headers.pop("Authorization")
    stranger = open_session(http, user_id="ada")
    assert (stranger["thread_id"] not in {first["thread_id"], anew["thread_id"]}, stranger["continued"]) == (
        True,
        False,
    )
