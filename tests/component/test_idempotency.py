"""``Idempotency-Key``: what is sent again is done once, whoever sends it, whenever, whatever failed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from firstline.domain.errors import StoreUnavailableError
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
REPLAYED = "idempotency-replayed"


@pytest.fixture
def rest(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(world.container.answer_once, "_wait_s", 0.0)
    with TestClient(create_app(world.container), raise_server_exceptions=False) as client:
        yield client


def keyed(key: str, token: str = "") -> dict[str, str]:
    return {"Idempotency-Key": key} | (bearer(token) if token else {})


def n_items(folder: Path, prefix: str) -> int:
    with closing(sqlite3.connect(folder / "firstline.db")) as file:
        return int(
            file.execute("SELECT COUNT(*) FROM item WHERE CAST(pk AS TEXT) LIKE ?", [f"{prefix}%"]).fetchone()[0]
        )


def test_a_session_that_is_opened_again_is_the_same_one(rest: httpx.Client) -> None:
    headers = keyed(str(uuid4()))
    first, again = (rest.post("/chat/sessions", json={"user_id": "u1"}, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert open_session(rest, user_id="u1")["session_id"] != first.json()["session_id"]


def test_the_same_key_for_another_request_is_refused_and_the_first_stays(rest: httpx.Client) -> None:
    headers = keyed(str(uuid4()))
    first = rest.post("/chat/sessions", json={"user_id": "u1"}, headers=headers)
    other = rest.post("/chat/sessions", json={"user_id": "u2"}, headers=headers)
    assert (other.status_code, problem_of(other)["type"]) == (422, "urn:firstline:problem:idempotency_key_reused")
    assert rest.post("/chat/sessions", json={"user_id": "u1"}, headers=headers).json() == first.json()


def test_a_message_is_said_once_also_where_the_form_is_another(world: World, rest: httpx.Client) -> None:
    opened = open_session(rest)
    path = f"/chat/sessions/{opened['session_id']}/messages"
    headers = keyed("k1", opened["token"])
    first = rest.post(path, data={"message": QUESTION}, headers=headers)
    again = rest.post(path, data={"message": QUESTION}, files={"_": ""}, headers=headers)
    assert again.status_code == 422
    again = rest.post(path, content=f"message={QUESTION.replace(' ', '+')}", headers=headers | {
        "Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert (first.status_code, again.status_code, again.headers[REPLAYED]) == (202, 202, "true")
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert len(world.container.conversations.events(opened["thread_id"])) == 2


def test_one_shot_questions_are_asked_once(world: World, rest: httpx.Client, tmp_path: Path) -> None:
    headers = keyed(str(uuid4()))
    first, again = (rest.post("/chat", json={"message": QUESTION}, headers=headers) for _ in range(2))
    assert again.content == first.content
    assert n_items(tmp_path, "SESS#") == n_items(tmp_path, f"SESS#{first.json()['session_id']}") > 0


def test_keys_of_different_callers_and_routes_never_meet(rest: httpx.Client) -> None:
    mine, theirs = open_session(rest), open_session(rest)
    answers = []
    for opened in (mine, theirs):
        path = f"/chat/sessions/{opened['session_id']}/messages"
        answers.append(rest.post(path, json={"text": QUESTION}, headers=keyed("order-1", opened["token"])))
        body = {"message": "Other", "session_id": opened["session_id"]}
        answers.append(rest.post("/chat", json=body, headers=keyed("order-1", opened["token"])))
    assert [answer.status_code for answer in answers] == [202] * 4
    assert all(REPLAYED not in answer.headers for answer in answers)
    foreign = rest.post(
        f"/chat/sessions/{mine['session_id']}/messages",
        json={"text": QUESTION},
        headers=keyed("order-1", theirs["token"]),
    )
    assert foreign.status_code in {401, 403}


def test_without_a_token_a_key_that_can_be_guessed_is_refused(rest: httpx.Client) -> None:
    for path, body in (("/chat/sessions", {}), ("/chat", {"message": QUESTION})):
        refused = rest.post(path, json=body, headers=keyed("order-1"))
        assert (refused.status_code, "UUID" in problem_of(refused)["detail"]) == (400, True)


@pytest.mark.parametrize("key", ["x" * 256, "a b", "caf\u00e9".encode("latin-1")])
def test_a_key_that_is_none_is_refused(rest: httpx.Client, key: Any) -> None:
    refused = rest.post("/chat/sessions", json={}, headers={"Idempotency-Key": key})
    assert (refused.status_code, problem_of(refused)["type"]) == (400, "urn:firstline:problem:invalid_input")


def test_after_24_hours_a_key_is_new(world: World, rest: httpx.Client) -> None:
    headers = keyed(str(uuid4()))
    first = rest.post("/chat/sessions", json={}, headers=headers).json()
    world.clock.forward(86_401)
    assert rest.post("/chat/sessions", json={}, headers=headers).json()["session_id"] != first["session_id"]


def test_what_failed_is_not_kept_and_can_be_sent_again(
    world: World, rest: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = keyed(str(uuid4()))
    for error, status in ((StoreUnavailableError("throttled"), 503), (ZeroDivisionError("bug"), 500)):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(world.container.sessions, "add", fail)
            assert rest.post("/chat/sessions", json={}, headers=headers).status_code == status
    answer = rest.post("/chat/sessions", json={}, headers=headers)
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


def test_a_request_that_is_still_at_work_is_not_started_again(
    world: World, rest: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_session(rest)
    path, headers = f"/chat/sessions/{opened['session_id']}/messages", keyed("k1", opened["token"])
    started, go_on = threading.Event(), threading.Event()
    answer_once = world.container.answer_once
    answer = answer_once.answer

    def slow(*given: Any, **named: Any) -> Any:
        started.set()
        assert go_on.wait(10)
        return answer(*given, **named)

    monkeypatch.setattr(answer_once, "answer", slow)
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(rest.post(path, json={"text": QUESTION}, headers=headers)))
    first.start()
    assert started.wait(10)
    second = rest.post(path, json={"text": QUESTION}, headers=headers)
    assert (second.status_code, problem_of(second)["type"]) == (409, "urn:firstline:problem:request_in_progress")
    assert second.headers["retry-after"] == "1"
    go_on.set()
    first.join(10)
    assert rest.post(path, json={"text": QUESTION}, headers=headers).json() == answers[0].json()
    assert len(world.container.conversations.events(opened["thread_id"])) == 2


def test_a_request_whose_process_died_is_taken_up_after_its_lease_and_said_once(
    world: World, rest: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_session(rest)
    path, headers = f"/chat/sessions/{opened['session_id']}/messages", keyed("k1", opened["token"])
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(world.container.idempotency, "keep", lambda *_: None)
        first = rest.post(path, json={"text": QUESTION}, headers=headers).json()
    assert rest.post(path, json={"text": QUESTION}, headers=headers).status_code == 409
    world.clock.forward(61)
    again = rest.post(path, json={"text": QUESTION}, headers=headers)
    assert (again.status_code, again.json()) == (202, first)
    assert len(world.container.conversations.events(opened["thread_id"])) == 2
    assert rest.post(path, json={"text": QUESTION}, headers=headers).headers[REPLAYED] == "true"


def test_neither_the_key_nor_the_token_in_the_answer_can_be_read_from_the_store(
    rest: httpx.Client, tmp_path: Path
) -> None:
    key = str(uuid4())
    token = rest.post("/chat/sessions", json={}, headers=keyed(key)).json()["token"]
    with closing(sqlite3.connect(tmp_path / "firstline.db")) as file:
        stored = str(file.execute("SELECT CAST(pk AS TEXT), body FROM item").fetchall())
    assert "IDEM#" in stored
    assert key not in stored
    assert token not in stored


def test_of_many_at_once_exactly_one_is_carried_out(rest: httpx.Client, tmp_path: Path) -> None:
    headers, body = keyed(str(uuid4())), {"user_id": "u1"}
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(rest.post("/chat/sessions", json=body, headers=headers)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 8
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["session_id"] for answer in answers if answer.status_code == 201}) == 1
