"""``POST .../messages``: JSON or form, answered as ``/chat`` is, whoever answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Author, Event
from firstline.domain.turn import Turn
from firstline.repositories.conversations import AcceptedMessage
from firstline.services.accept_message import turn_document
from firstline.web.app import create_app
from tests.component.live import QUESTION, LiveFirstline, Session
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def rest(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(world.container.answer_once, "_wait_s", 0.0)
    with TestClient(create_app(world.container), raise_server_exceptions=False) as client:
        yield client


def path_of(opened: dict[str, Any]) -> str:
    return f"/chat/sessions/{opened['session_id']}/messages"


@pytest.mark.parametrize("field", ["text", "message", "content"])
def test_json_and_both_kinds_of_form_are_answered_alike(http: httpx.Client, field: str) -> None:
    answers = []
    for sent in ({"json": {field: QUESTION}}, {"data": {field: QUESTION}}, {"files": {field: (None, QUESTION)}}):
        opened = open_session(http)
        response = http.post(path_of(opened), headers=bearer(opened["token"]), **sent)
        assert response.status_code == 200
        answers.append(response.json()["message"])
    assert all("forgotten password" in answer for answer in answers)


def test_a_form_may_name_its_message_id(world: World, rest: httpx.Client) -> None:
    opened = open_session(rest)
    for _ in range(2):
        form = {"message": QUESTION, "message_id": "m1"}
        assert rest.post(path_of(opened), data=form, headers=bearer(opened["token"])).status_code == 202
    assert len(world.container.conversations.events(opened["thread_id"])) == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": {}}, 415),
        ({"data": {"text": ""}}, 422),
        ({"data": {"text": "a", "message": "b"}}, 422),
        ({"data": {"text": "a", "colour": "b"}}, 422),
        ({"data": {"text": ["a", "b"]}}, 202),
        ({"data": {"text": "a\x00"}}, 422),
        ({"files": {"text": ("a.txt", b"a")}}, 422),
        ({"files": {"text": (None, "a"), "unknown": ("a.txt", b"a")}}, 422),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"text=%ff%fe", "headers": FORM}, 400),
        ({"content": b"&".join(b"f%d=1" % n for n in range(100)), "headers": FORM}, 400),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"\xff", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"[1]", "headers": {"Content-Type": "application/json"}}, 422),
        ({"content": b"hello", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {"text": 7}}, 422),
        ({"json": {"text": None}}, 422),
        ({"json": {"text": "a", "message_id": "not an id"}}, 422),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    world: World, rest: httpx.Client, sent: dict[str, Any], status: int
) -> None:
    opened = open_session(rest)
    headers = bearer(opened["token"]) | sent.pop("headers", {})
    response = rest.post(path_of(opened), headers=headers, **sent)
    assert response.status_code == status
    if status != 202:
        problem_of(response)
    assert len(world.container.conversations.events(opened["thread_id"])) == 1 + (status == 202)


def test_an_answer_that_takes_long_is_promised_and_fetched_later(world: World, rest: httpx.Client) -> None:
    opened = open_session(rest)
    response = rest.post(path_of(opened), json={"text": QUESTION}, headers=bearer(opened["token"]))
    promise = response.json()
    assert (response.status_code, response.headers["location"]) == (202, promise["reply_url"])
    turn = world.engine.started[-1][1]["turn_id"]
    accepted = world.container.conversations.events(opened["thread_id"])[-1]
    stored = world.container.turns.get(opened["thread_id"], turn)
    assert stored.message.seq == accepted.seq == promise["seq"]
    world.run(opened["thread_id"], AcceptedMessage(promise["seq"], turn, duplicate=False))
    answer = rest.get(promise["reply_url"], headers=bearer(opened["token"]))
    assert (answer.status_code, "password" in answer.json()["message"]) == (200, True)


def test_a_person_who_owns_the_conversation_is_not_waited_for_and_their_words_are_the_answer(
    live: LiveFirstline, http: httpx.Client
) -> None:
    opened = open_session(http)
    conversations = live.container.conversations
    now = live.container.ports.clock.now()
    seen = conversations.get(opened["thread_id"])
    taken = Event(seq=seen.next_seq, author=Author.SYSTEM, text="taken", at=now)
    assert conversations.append(seen, taken, changes={"owner": "agent-1", "version": 2})
    promise = http.post(path_of(opened), json={"text": "Hello?"}, headers=bearer(opened["token"]), timeout=5)
    assert promise.status_code == 202
    seen = conversations.get(opened["thread_id"])
    said = Event(seq=seen.next_seq, author=Author.AGENT, text="I am here.", at=now)
    assert conversations.append(seen, said, changes={})
    answer = http.get(promise.json()["reply_url"], headers=bearer(opened["token"])).json()
    assert (answer["message"], answer["escalated"], answer["sources"]) == ("I am here.", True, [])


def test_a_message_that_failed_before_it_was_classified_has_an_answer_without_intent(
    world: World, rest: httpx.Client
) -> None:
    opened = open_session(rest)
    promise = rest.post(path_of(opened), json={"text": QUESTION}, headers=bearer(opened["token"])).json()
    stored = world.container.turns.get(opened["thread_id"], world.engine.started[-1][1]["turn_id"])
    world.container.hand_over.after_too_many_attempts(Turn.model_validate(turn_document(stored)))
    answer = rest.get(promise["reply_url"], headers=bearer(opened["token"])).json()
    assert (answer["intent"], answer["escalated"]) == ("", True)


def test_many_who_wait_for_slow_answers_do_not_hold_up_others(own_live: LiveFirstline) -> None:
    n_waiting, all_wait, go_on = 45, threading.Semaphore(0), threading.Event()
    answer = own_live.container.answer_once.answer

    def slow(*given: Any, **named: Any) -> Any:
        all_wait.release()
        assert go_on.wait(20)
        return answer(*given, **named)

    sessions = [own_live.open() for _ in range(n_waiting)]
    answers: list[dict[str, Any]] = []

    def ask(session: Session) -> None:
        path = f"/chat/sessions/{session.session_id}/messages"
        answers.append(own_live.post(path, {"text": "Thanks!"}, token=session.token))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(own_live.container.answer_once, "answer", slow)
        threads = [threading.Thread(target=ask, args=[session]) for session in sessions]
        for thread in threads:
            thread.start()
        assert all(all_wait.acquire(timeout=20) for _ in range(n_waiting))
        path = f"{own_live.url}/chat/sessions/{sessions[0].session_id}/history"
        assert httpx.get(path, headers=bearer(sessions[0].token), timeout=10).status_code == 200
        go_on.set()
        for thread in threads:
            thread.join(30)
    assert len([answer["message"] for answer in answers]) == n_waiting
