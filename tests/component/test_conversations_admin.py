"""The routes by which people look after conversations."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from firstline.domain.identity import Role
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import World

PASSWORD = "correct horse battery"  # pragma: allowlist secret
QUESTION = "How do I reset a forgotten password?"


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def person(world: World, name: str, role: Role = Role.AGENT) -> dict[str, str]:
    world.container.identity.manage_users.add(name, PASSWORD, role, name=name.title())
    return bearer(world.container.identity.sign_in.sign_in(name, PASSWORD).token)


@pytest.fixture
def anna(world: World) -> dict[str, str]:
    return person(world, "anna")


@pytest.fixture
def ben(world: World) -> dict[str, str]:
    return person(world, "ben")


def test_the_agent_sees_for_a_few_seconds_that_the_customer_is_writing(
    world: World, http: TestClient, anna: dict[str, str]
) -> None:
    conversation = world.open(sockets=2)
    path = f"/admin/conversations/{conversation}"
    assert http.get(path, headers=anna).json()["customer_typing"] is False
    world.container.client_actions.tell_typing.by_customer("s1", conversation)
    assert http.get(path, headers=anna).json()["customer_typing"] is True
    world.clock.forward(5.9)
    assert http.get(path, headers=anna).json()["customer_typing"] is True
    world.clock.forward(0.2)
    assert http.get(path, headers=anna).json()["customer_typing"] is False


def test_from_the_waiting_queue_to_the_answer_and_back_to_the_bot(
    world: World, http: TestClient, anna: dict[str, str]
) -> None:
    conversation = world.open()
    world.ask(conversation, "let me talk to a human")
    (waiting,) = http.get("/admin/conversations", headers=anna).json()["conversations"]
    assert (waiting["conversation_id"], waiting["owner"], waiting["version"]) == (conversation, "bot", 1)
    path = f"/admin/conversations/{conversation}"
    detail = http.get(path, headers=anna)
    assert detail.json()["ticket"]["reason"] == "explicit_request"
    assert [event["author"] for event in detail.json()["events"]] == ["bot", "customer", "bot"]
    taken = http.post(f"{path}/take", headers={**anna, "If-Match": detail.headers["etag"]})
    assert (taken.json()["owner"], taken.json()["owner_name"], taken.headers["etag"]) == ("anna", "Anna", '"2"')
    said = http.post(f"{path}/messages", headers=anna, json={"message_id": "a1", "text": "Anna here."})
    again = http.post(f"{path}/messages", headers=anna, json={"message_id": "a1", "text": "Anna here."})
    assert said.status_code == again.status_code == 201
    assert said.json() == again.json()
    assert http.post(f"{path}/typing", headers=anna).status_code == 204
    assert world.sockets.types("s0")[-3:] == ["agent", "event", "typing"]
    mine = http.get("/admin/conversations", params={"queue": "mine"}, headers=anna).json()
    assert [c["conversation_id"] for c in mine["conversations"]] == [conversation]
    back = http.post(f"{path}/hand_back", headers=anna, json={"version": 2})
    assert (back.json()["owner"], back.json()["version"]) == ("bot", 3)
    for queue in ("waiting", "mine", "open"):
        assert http.get("/admin/conversations", params={"queue": queue}, headers=anna).json() == {
            "conversations": [],
            "next_cursor": None,
        }


def test_a_conflict_is_a_409_that_says_who_has_it(
    world: World, http: TestClient, anna: dict[str, str], ben: dict[str, str]
) -> None:
    conversation = world.open()
    path = f"/admin/conversations/{conversation}"
    assert http.post(f"{path}/take", headers=anna).status_code == 200
    for answer in (
        http.post(f"{path}/take", headers=ben),
        http.post(f"{path}/hand_back", headers=ben),
        http.post(f"{path}/messages", headers=ben, json={"message_id": "b1", "text": "me"}),
        http.post(f"{path}/hand_back", headers=anna, json={"version": 7}),
    ):
        problem = problem_of(answer)
        assert (problem["status"], problem["type"]) == (409, "urn:firstline:problem:conversation_owned")
        assert (problem["owner"], problem["owner_name"], problem["version"]) == ("anna", "Anna", 2)


def test_a_transfer_reaches_a_colleague_who_has_been_here(
    world: World, http: TestClient, anna: dict[str, str], ben: dict[str, str]
) -> None:
    conversation = world.open()
    path = f"/admin/conversations/{conversation}"
    http.post(f"{path}/take", headers=anna)
    assert problem_of(http.post(f"{path}/transfer", headers=anna, json={"to": "ben"}))["status"] == 404
    http.get("/admin/conversations", headers=ben)
    transferred = http.post(f"{path}/transfer", headers=anna, json={"to": "ben", "version": 2}).json()
    assert (transferred["owner"], transferred["owner_name"]) == ("ben", "Ben")
    assert http.post(f"{path}/close", headers=ben).json()["status"] == "closed"


def test_the_history_comes_in_parts(world: World, http: TestClient, anna: dict[str, str]) -> None:
    conversation = world.open()
    for number in range(4):
        world.say(conversation, f"message {number}")
    path = f"/admin/conversations/{conversation}"
    first = http.get(path, params={"limit": 3}, headers=anna).json()
    rest = http.get(path, params={"limit": 3, "after_seq": first["next_after_seq"]}, headers=anna).json()
    assert [event["seq"] for event in first["events"] + rest["events"]] == [1, 2, 3, 4, 5]
    assert (rest["next_after_seq"], rest["unanswered"], rest["last_seq"]) == (None, True, 5)


def test_the_queue_comes_in_pages(world: World, http: TestClient, anna: dict[str, str]) -> None:
    expected = []
    for _ in range(5):
        expected.append(world.open(sockets=0))
        world.ask(expected[-1], "let me talk to a human")
        world.clock.forward(1)
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = http.get("/admin/conversations", params=params, headers=anna).json()
        found += [c["conversation_id"] for c in page["conversations"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == expected
    assert problem_of(http.get("/admin/conversations", params={"cursor": "x"}, headers=anna))["status"] == 400


@pytest.mark.parametrize("action", ["take", "hand_back", "close", "typing"])
def test_what_is_not_there_is_a_404(http: TestClient, anna: dict[str, str], action: str) -> None:
    for name in ("nowhere", "a%20b", "x" * 64):
        assert problem_of(http.post(f"/admin/conversations/{name}/{action}", headers=anna))["status"] == 404


def test_what_does_not_fit_is_refused(world: World, http: TestClient, anna: dict[str, str]) -> None:
    path = f"/admin/conversations/{world.open()}"
    http.post(f"{path}/take", headers=anna)
    for answer, status in (
        (http.post(f"{path}/hand_back", headers={**anna, "If-Match": "two"}), 400),
        (http.post(f"{path}/hand_back", headers={**anna, "If-Match": '"2"'}, json={"version": 3}), 400),
        (http.post(f"{path}/hand_back", headers=anna, json={"version": 0}), 422),
        (http.post(f"{path}/transfer", headers=anna, json={"to": "bot"}), 403),
        (http.post(f"{path}/transfer", headers=anna, json={"to": ""}), 422),
        (http.post(f"{path}/messages", headers=anna, json={"message_id": "a1", "text": " "}), 422),
        (http.post(f"{path}/messages", headers=anna, json={"message_id": "a b", "text": "x"}), 422),
        (http.get("/admin/conversations", params={"queue": "all"}, headers=anna), 422),
    ):
        assert problem_of(answer)["status"] == status
    assert world.container.conversations.get(path.rsplit("/", 1)[1]).owner == "anna"


def test_customers_and_strangers_stay_out(world: World, http: TestClient) -> None:
    customer = bearer(open_session(http)["token"])
    path = f"/admin/conversations/{world.open()}"
    for headers in ({}, customer):
        for answer in (
            http.get("/admin/conversations", headers=headers),
            http.get(path, headers=headers),
            http.post(f"{path}/take", headers=headers),
            http.get("/admin/bot", headers=headers),
        ):
            assert problem_of(answer)["status"] in {401, 403}


def test_the_customer_learns_a_name_and_no_account(world: World, http: TestClient, anna: dict[str, str]) -> None:
    world.container.identity.manage_users.add("carla@help.example", PASSWORD, Role.AGENT, name="Carla")
    carla = bearer(world.container.identity.sign_in.sign_in("carla@help.example", PASSWORD).token)
    opened = open_session(http)
    path = f"/admin/conversations/{opened['thread_id']}"
    http.post(f"{path}/take", headers=carla)
    http.post(f"{path}/messages", headers=carla, json={"message_id": "c1", "text": "Hello"})
    history = http.get(f"/chat/sessions/{opened['session_id']}/history", headers=bearer(opened["token"]))
    assert history.json()["owner"] == "person"
    assert "Carla has joined" in history.text
    assert "carla@help" not in history.text


def test_an_admin_pauses_the_bot_and_an_agent_only_sees_it(
    world: World, http: TestClient, anna: dict[str, str]
) -> None:
    chief = person(world, "chief", Role.ADMIN)
    assert http.post("/admin/bot", headers=anna, json={"paused": True}).status_code == 403
    paused = http.post("/admin/bot", headers=chief, json={"paused": True, "reason": "wrong prices"}).json()
    assert (paused["paused"], paused["reason"], paused["changed_by"]) == (True, "wrong prices", "chief")
    assert http.get("/admin/bot", headers=anna).json() == paused
    reply = world.ask(world.open(sockets=0), QUESTION)["reply"]
    assert (reply["action"], reply["reason"]) == ("hand_over", "bot_paused")
    assert "wrong prices" not in json.dumps(reply)
    assert http.post("/admin/bot", headers=chief, json={"paused": False}).json()["paused"] is False
    assert world.ask(world.open(sockets=0), QUESTION)["reply"]["action"] == "answer"
