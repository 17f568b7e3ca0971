"""Rate limits over REST and the socket: who is counted, what is told, and what a limiter without a store does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from mangum import Mangum

from firstline import bootstrap
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.conversation import Channel
from firstline.domain.errors import StoreUnavailableError
from firstline.settings import Settings
from firstline.web.app import create_app
from functions.websocket.handler import lambda_handler
from tests.component.conftest import LoadEvent
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret


@contextmanager
def client(world: World, address: str = "192.0.2.1", **headers: str) -> Iterator[TestClient]:
    with TestClient(create_app(world.container), client=(address, 50_000), headers=headers) as http:
        yield http


def limits(response: Any) -> tuple[int, int, int]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    limit, remaining, reset = (int(response.headers[name]) for name in names)
    return limit, remaining, reset


def test_an_address_is_told_what_is_left_and_refused_over_its_limit(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute=3)
    with client(world) as http, client(world, "192.0.2.2") as other:
        # Routes that are not there count as well.
        assert [limits(http.get(path)) for path in ("/docs", "/nowhere", "/docs")] == [
            (3, 2, 20),
            (3, 1, 40),
            (3, 0, 60),
        ]
        refused = http.post("/chat", json={"message": "hi"})
        body = problem_of(refused)
        assert (refused.status_code, body["type"]) == (429, "urn:firstline:problem:rate_limited")
        assert body["detail"] == "Too many requests: 3 a minute are allowed. Try again in 20 s."
        assert (refused.headers["retry-after"], limits(refused)) == ("20", (3, 0, 60))
        assert limits(other.get("/docs")) == (3, 2, 20)
        world.clock.forward(20)
        assert http.get("/docs").status_code == 200
        assert http.get("/docs").status_code == 429


def test_what_a_load_balancer_asks_is_never_refused(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute=1)
    with client(world) as http:
        assert http.get("/docs").status_code == 200
        assert http.get("/health/detailed").status_code == 429
        for path in ("/health", "/health/", "/health/liveness", "/health/readiness", "/", "/widget.js"):
            answered = http.get(path)
            assert (answered.status_code, "ratelimit-limit" in answered.headers) == (200, False), path


def test_two_processes_count_one_client_together(tmp_path: Path) -> None:
    first = World(tmp_path / "a", max_requests_per_minute=2)
    second = World(tmp_path / "b", table=first.ports.table, max_requests_per_minute=2)
    with client(first) as one, client(second) as two:
        assert [http.get("/docs").status_code for http in (one, two, one, two)] == [200, 200, 429, 429]


def test_a_made_up_token_or_forwarded_address_gives_no_bucket_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute=2)
    with client(world) as http:
        for number in range(4):
            given = {"X-Forwarded-For": f"198.51.100.{number}", **bearer(f"token-{number}")}
            assert (http.get("/docs", headers=given).status_code == 200) == (number < 2)


def test_a_trusted_proxy_says_for_whom_it_asks(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute=1, trusted_proxies="192.0.2.0/24")
    with client(world) as http:
        answers = [
            http.get("/docs", headers={"X-Forwarded-For": client_}).status_code
            for client_ in ("198.51.100.1", "198.51.100.2", "198.51.100.1", "1.2.3.4, 198.51.100.2")
        ]
    assert answers == [200, 200, 429, 429]


def test_who_has_signed_in_is_counted_by_name_wherever_they_call_from(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute=2, admin_token=ADMIN)
    with client(world, **bearer(ADMIN)) as one, client(world, "192.0.2.9", **bearer(ADMIN)) as other:
        assert [http.get("/admin/sites").status_code for http in (one, other, one)] == [200, 200, 429]
    with client(world) as visitor:
        assert visitor.get("/docs").status_code == 200


def test_an_address_opens_a_few_sessions_a_minute_and_a_server_that_signs_in_as_many_as_it_likes(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, max_sessions_per_minute=2, admin_token=ADMIN)
    with client(world) as http, client(world, "192.0.2.2") as other:
        open_session(http)
        open_session(http)
        refused = http.post("/chat/sessions", json={})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        one_shot = http.post("/chat", json={"message": "hi"})
        assert (one_shot.status_code, problem_of(one_shot)["title"]) == (429, "Rate limited")
        open_session(other)
        for _ in range(5):
            assert http.post("/chat/sessions", json={}, headers=bearer(ADMIN)).status_code == 201
        world.clock.forward(30)
        open_session(http)


def test_a_customer_is_counted_over_addresses(tmp_path: Path) -> None:
    world = World(tmp_path, max_requests_per_minute_per_customer=2)
    with client(world) as http, client(world, "192.0.2.2") as other:
        opened, stranger = open_session(http), open_session(http)
        path = f"/chat/sessions/{opened['session_id']}/history"
        answers = [asked.get(path, headers=bearer(opened["token"])) for asked in (http, other, http)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert problem_of(answers[2])["detail"].startswith("Too many requests of this customer")
        theirs = f"/chat/sessions/{stranger['session_id']}/history"
        assert http.get(theirs, headers=bearer(stranger["token"])).status_code == 200


def frames_of(world: World, conversation_id: str, count: int, text: str = "hello") -> list[dict[str, Any]]:
    for number in range(count):
        body = json.dumps({"action": "message", "message_id": f"m{number}", "text": text})
        request = {"eventType": "MESSAGE", "connectionId": "s0", "requestId": f"r{number}"}
        lambda_handler({"requestContext": request, "body": body}, None)  # type: ignore[arg-type]
    return [frame for frame in world.sockets.frames["s0"] if frame["type"] in ("accepted", "error")]


def test_a_session_may_say_so_much_in_a_minute_over_socket_and_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, max_messages_per_minute=3)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    conversation_id = world.open()
    answers = frames_of(world, conversation_id, 4)
    assert [answer["type"] for answer in answers] == ["accepted"] * 3 + ["error"]
    assert {name: answers[3][name] for name in ("code", "retryable", "retry_after_s", "message_id")} == {
        "code": "rate_limited",
        "retryable": True,
        "retry_after_s": 20,
        "message_id": "m3",
    }
    said = [event.text for event in world.container.conversations.events(conversation_id) if event.message_id]
    assert len(said) == 3
    world.clock.forward(20)
    assert frames_of(world, conversation_id, 1)[-1]["type"] == "accepted"


def test_messages_of_one_customer_over_two_sockets_share_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, max_requests_per_minute_per_customer=2)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    answers = frames_of(world, world.open(), 3)
    assert [answer["type"] for answer in answers] == ["accepted", "accepted", "error"]
    assert answers[2]["code"] == "rate_limited"


def handle(world: World, socket: str, body: str) -> list[dict[str, Any]]:
    """Have a frame handled; return the frames that its socket got meanwhile."""
    before = len(world.sockets.frames.get(socket, []))
    request = {"eventType": "MESSAGE", "connectionId": socket, "requestId": "r"}
    lambda_handler({"requestContext": request, "body": body}, None)  # type: ignore[arg-type]
    return list(world.sockets.frames.get(socket, [])[before:])


def sent(world: World, frame: dict[str, Any], times: int = 1, socket: str = "s0") -> list[dict[str, Any]]:
    """Send a frame so many times; return the last frame that each was answered by, if it was."""
    return [answers[-1] for _ in range(times) if (answers := handle(world, socket, json.dumps(frame)))]


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "resume", "after_seq": 0},
        {"action": "rate", "seq": 1, "score": 5},
        {"action": "request_human"},
        {"action": "end"},
    ],
    ids=lambda frame: str(frame["action"]),
)
def test_whatever_frames_ask_for_is_counted_over_the_sockets_of_a_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frame: dict[str, Any]
) -> None:
    world = World(tmp_path, max_requests_per_minute_per_customer=4)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    world.open(sockets=2)
    first = sent(world, frame, 2) + sent(world, frame, 2, socket="s1")
    assert not [answer for answer in first if answer.get("code") == "rate_limited"]
    refused = sent(world, {"action": "resume", "after_seq": 0}, socket="s1")[0]
    assert (refused["type"], refused["code"], refused["retry_after_s"]) == ("error", "rate_limited", 15)
    assert sent(world, {"action": "ping"}) == [{"type": "pong"}]
    world.clock.forward(15)
    assert sent(world, {"action": "resume", "after_seq": 0})[0]["type"] == "resumed"


@pytest.mark.parametrize("body", ['{"action": "ping"}', '{"action": "typing"}', "not a frame"])
def test_what_a_socket_sends_is_bounded_without_asking_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    world = World(tmp_path, max_requests_per_minute_per_customer=5)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    world.open(sockets=2)
    sent(world, {"action": "ping"}, 10, socket="s1")

    def is_refused() -> bool:
        return any(frame.get("code") == "rate_limited" for frame in handle(world, "s0", body))

    assert [is_refused() for _ in range(10)] == [False] * 10
    with monkeypatch.context() as without_store:
        without_store.setattr(world.container.conversations, "socket", lambda _: pytest.fail("the store was asked"))
        assert is_refused()
    world.clock.forward(6)
    assert not is_refused()


def test_a_customer_who_comes_back_again_and_again_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Settings()
    world = World(
        tmp_path,
        max_requests_per_minute_per_customer=usual.max_requests_per_minute_per_customer,
        max_messages_per_minute=usual.max_messages_per_minute,
    )
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    conversation_id = world.open()
    # A minute in a tunnel: as much as may be said, and after each message a new socket that pings and resumes.
    for number in range(usual.max_messages_per_minute):
        assert frames_of(world, conversation_id, 1, text=f"hello {number}")[-1]["type"] in ("accepted", "error")
        assert sent(world, {"action": "ping"}) == [{"type": "pong"}]
        assert sent(world, {"action": "resume", "after_seq": 0})[0]["type"] == "resumed"
        world.clock.forward(2)


def test_refused_messages_leave_nothing_behind_over_rest(tmp_path: Path) -> None:
    world = World(tmp_path, max_messages_per_minute=1)
    opened = world.container.open_session.open(channel=Channel.CHAT)
    with client(world) as http:
        path = f"/chat/sessions/{opened.session.session_id}/messages"
        world.say(opened.session.conversation_id, "first")
        refused = http.post(path, json={"text": "second"}, headers=bearer(opened.token))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert len(world.container.conversations.events(opened.session.conversation_id)) == 2


def test_without_a_store_the_service_still_answers_and_still_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, max_requests_per_minute=2)

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("no answer")

    monkeypatch.setattr(SQLiteTable, "update", fail)
    with client(world) as http:
        assert [http.get("/docs").status_code for _ in range(3)] == [200, 200, 429]


def test_on_aws_the_client_is_api_gateways_source_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_event: LoadEvent
) -> None:
    world = World(tmp_path, max_sessions_per_minute=1)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    handler = Mangum(create_app(world.container), lifespan="off")

    def open_from(source_ip: str, forwarded_for: str) -> int:
        event = load_event("api_open_session")
        event["requestContext"]["http"]["sourceIp"] = source_ip
        event["headers"]["x-forwarded-for"] = forwarded_for
        status: int = handler(event, None)["statusCode"]  # type: ignore[arg-type]
        return status

    asked = [("203.0.113.7", "198.51.100.1"), ("203.0.113.7", "198.51.100.2"), ("203.0.113.8", "198.51.100.1")]
    answers = [open_from(*addresses) for addresses in asked]
    asyncio.set_event_loop(None)
    loop.close()
    assert answers == [201, 429, 201]
