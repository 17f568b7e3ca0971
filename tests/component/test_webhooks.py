"""Events leave for the company's own systems: signed, at least once, tried again, and never lost from sight."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline import bootstrap
from firstline.domain.errors import DeliveryError
from firstline.domain.identity import Principal, Role
from firstline.repositories import keys
from firstline.services.notify_people import MAX_ATTEMPTS, NoticeReport
from firstline.web.app import create_app
from functions.sweep import handler as sweep
from tests.component.rest import bearer, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret
STAFF = bearer(ADMIN)
ANNA = Principal("anna", Role.AGENT, name="Anna")
URL = "https://hooks.example/tickets"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, admin_token=ADMIN)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    return world


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def subscribe(http: TestClient, *events: str, url: str = URL) -> dict[str, Any]:
    answer = http.post("/admin/webhooks", json={"url": url, "events": list(events)}, headers=STAFF)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def open_ticket(http: TestClient) -> str:
    body = {"subject": "Export fails", "queue": "people", "customer_id": "c1"}
    return str(http.post("/api/v1/tickets", json=body, headers=STAFF).json()["ticket_id"])


def change(http: TestClient, ticket_id: str, **body: Any) -> int:
    headers = {**STAFF, "If-Match": "*"}
    return int(http.patch(f"/api/v1/tickets/{ticket_id}", json=body, headers=headers).status_code)


def deliver(world: World) -> NoticeReport:
    return world.container.ticketing.deliver_events.deliver_due()


def told(world: World, url: str = URL) -> list[dict[str, Any]]:
    return [json.loads(body) for to, body, _ in world.post.webhooks if to == url]


def test_an_event_is_signed_over_its_time_and_body_with_the_secret_that_was_shown_once(
    world: World, http: TestClient
) -> None:
    made = subscribe(http, "ticket.*")
    ticket_id = open_ticket(http)
    assert deliver(world) == NoticeReport(delivered=1)
    assert deliver(world) == NoticeReport()
    ((url, body, headers),) = world.post.webhooks
    timestamp, given = (part.partition("=")[2] for part in headers["Firstline-Signature"].split(","))
    expected = hmac.new(made["secret"].encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert (url, given, headers["Firstline-Event"]) == (URL, expected, "ticket.created")
    said = json.loads(body)
    assert (said["type"], said["delivery_id"]) == ("ticket.created", headers["Firstline-Delivery"])
    assert said["data"]["ticket"]["ticket_id"] == ticket_id
    assert said["data"]["event"]["note"] == "Export fails"
    place = f"/admin/webhooks/{made['webhook_id']}"
    for answer in (http.get(place, headers=STAFF), http.get("/admin/webhooks", headers=STAFF)):
        assert made["secret"] not in answer.text
        assert made["webhook_id"] in answer.text


def test_every_step_of_a_ticket_is_told_in_order_to_those_who_asked_for_it(world: World, http: TestClient) -> None:
    subscribe(http, "*")
    subscribe(http, "ticket.resolved", "ticket.reopened", url="https://other.example/x")
    ticket_id = open_ticket(http)
    http.post(f"/api/v1/tickets/{ticket_id}/comments", json={"text": "We look."}, headers=STAFF)
    for status in ("resolved", "reopened", "closed"):
        world.clock.forward(1)
        assert change(http, ticket_id, status=status) == 200
    change(http, ticket_id, tags=["x"])
    deliver(world)
    assert sorted(event["type"] for event in told(world)) == [
        "ticket.closed",
        "ticket.commented",
        "ticket.created",
        "ticket.reopened",
        "ticket.resolved",
        "ticket.updated",
    ]
    other = told(world, "https://other.example/x")
    assert sorted(event["type"] for event in other) == ["ticket.reopened", "ticket.resolved"]
    by_type = {event["type"]: event for event in told(world)}
    for event in other:
        assert event["id"] == by_type[event["type"]]["id"]
        assert event["delivery_id"] != by_type[event["type"]]["delivery_id"]
    assert [event["data"]["event"]["seq"] for event in sorted(told(world), key=lambda one: one["id"])] == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip


def test_conversations_tell_of_answers_handovers_and_changes_of_hands(world: World, http: TestClient) -> None:
    subscribe(http, "conversation.*")
    conversation = world.open()
    answer = world.ask(conversation, "How do I reset a forgotten password?")["reply"]["text"]
    world.ask(conversation, "let me talk to a human")
    own = world.container.people.own_conversation
    own.take(conversation, ANNA)
    own.hand_back(conversation, ANNA)
    own.close(conversation, ANNA)
    deliver(world)
    events = sorted(told(world), key=lambda one: one["id"])
    assert [event["type"].partition(".")[2] for event in events] == [
        "replied",
        "handed_over",
        "taken",
        "handed_back",
        "closed",
    ]
    assert events[0]["data"]["event"]["text"] == answer
    assert {event["data"]["conversation"]["conversation_id"] for event in events} == {conversation}


def test_a_closing_is_told_whoever_closes(tmp_path: Path) -> None:
    world = World(tmp_path, admin_token=ADMIN, session_timeout_hours=1)
    subscribe(TestClient(create_app(world.container)), "conversation.closed")
    ended, quiet = world.open(), world.open(sockets=0)
    for conversation in (ended, quiet):
        world.ask(conversation, "How do I reset a forgotten password?")
    world.container.client_actions.end_conversation.end(ended)
    world.clock.forward(7200)
    assert world.container.close_quiet_conversations.sweep().closed == 1
    deliver(world)
    assert {event["data"]["conversation"]["conversation_id"] for event in told(world)} == {ended, quiet}


def test_what_is_refused_tells_nobody(world: World, http: TestClient) -> None:
    subscribe(http, "*")
    ticket_id = open_ticket(http)
    deliver(world)
    assert change(http, ticket_id, status="reopened") == 409
    headers = {**STAFF, "If-Match": '"7"'}
    assert http.patch(f"/api/v1/tickets/{ticket_id}", json={"tags": ["x"]}, headers=headers).status_code == 412
    assert change(http, ticket_id, subject=" Export  fails") == 200
    assert deliver(world) == NoticeReport()


def test_a_receiver_that_fails_is_tried_with_longer_and_longer_pauses_under_one_id(
    world: World, http: TestClient
) -> None:
    subscribe(http, "ticket.created")
    open_ticket(http)
    world.post.fails.add("webhook")
    assert deliver(world) == NoticeReport(failed=1)
    pauses = []
    for _ in range(3):
        waited = 0
        while deliver(world).failed == 0:
            world.clock.forward(5)
            waited += 5
        pauses.append(waited)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    world.post.fails.clear()
    world.clock.forward(3600)
    assert deliver(world) == NoticeReport(delivered=1)


def test_a_dead_letter_is_shown_and_delivered_after_all_when_it_is_replayed(
    world: World, http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(http, "ticket.created")
    open_ticket(http)
    world.post.fails.add("webhook")
    for _ in range(MAX_ATTEMPTS):
        sweep.lambda_handler({}, None)  # type: ignore[arg-type]
        world.clock.forward(3601)
    (given_up,) = [vars(record) for record in caplog.records if record.getMessage() == "events given up"]
    (letter,) = http.get("/admin/dead_letters", headers=STAFF).json()["dead_letters"]
    assert given_up["dead"] == [letter["delivery_id"]]
    assert (letter["event"], letter["attempts"], letter["error"]) == (
        "ticket.created",
        MAX_ATTEMPTS,
        "the receiver answered 500",
    )
    world.post.fails.clear()
    assert deliver(world) == NoticeReport()
    place = f"/admin/dead_letters/{letter['delivery_id']}/replay"
    assert http.post(place, headers=STAFF).status_code == 202
    assert problem_of(http.post(place, headers=STAFF))["status"] == 404
    assert deliver(world) == NoticeReport(delivered=1)
    assert told(world)[0]["delivery_id"] == letter["delivery_id"]
    assert http.get("/admin/dead_letters", headers=STAFF).json()["dead_letters"] == []


def test_a_notice_to_people_that_was_given_up_is_a_dead_letter_too(tmp_path: Path) -> None:
    world = World(tmp_path, admin_token=ADMIN, notify_webhook_url="https://hooks.example/x")
    http = TestClient(create_app(world.container))
    world.post.fails.add("webhook")
    world.ask(world.open(), "let me talk to a human")
    for _ in range(MAX_ATTEMPTS):
        world.container.people.notify_people.deliver_due()
        world.clock.forward(3601)
    (letter,) = http.get("/admin/dead_letters", headers=STAFF).json()["dead_letters"]
    assert (letter["event"], letter["channel"]) == ("handover", "webhook")
    world.post.fails.clear()
    http.post(f"/admin/dead_letters/{letter['delivery_id']}/replay", headers=STAFF)
    assert world.container.people.notify_people.deliver_due().delivered == 1


def test_one_dead_receiver_holds_up_no_other(world: World, http: TestClient) -> None:
    subscribe(http, "*", url="https://dead.example/x")
    subscribe(http, "*")
    real = world.post.post

    def post(url: str, body: bytes, **kwargs: Any) -> None:
        if "dead" in url:
            raise DeliveryError("no answer")
        real(url, body, **kwargs)

    world.post.post = post  # type: ignore[method-assign]
    for _ in range(5):
        open_ticket(http)
    assert deliver(world) == NoticeReport(delivered=5, failed=2)


def failing_slowly(world: World, *names: str) -> Counter[str]:
    """Let receivers of these names take ten seconds to fail; return how often each address took something."""
    taken: Counter[str] = Counter()

    def post(url: str, body: bytes, **kwargs: Any) -> None:
        if any(name in url for name in names):
            world.clock.forward(10)
            raise DeliveryError("no answer")
        taken[url] += 1

    world.post.post = post  # type: ignore[method-assign]
    return taken


def test_receivers_that_time_out_take_no_time_from_one_that_answers(world: World, http: TestClient) -> None:
    for name in ("dead1", "dead2", "dead3"):
        subscribe(http, "ticket.*", url=f"https://{name}.example/x")
    subscribe(http, "ticket.*")
    taken = failing_slowly(world, "dead")
    slowest = 0.0
    for _ in range(30):
        open_ticket(http)
        begun = world.clock.now()
        deliver(world)
        used = (world.clock.now() - begun).total_seconds()
        slowest = max(slowest, used)
        world.clock.forward(max(0.0, 60 - used))
    deliver(world)
    assert taken[URL] == 30
    assert slowest <= 40


def test_what_waits_for_a_receiver_is_put_off_with_it_and_leaves_when_it_is_back(
    world: World, http: TestClient
) -> None:
    subscribe(http, "ticket.*", url="https://dead.example/x")
    failing_slowly(world, "dead")
    for _ in range(6):
        open_ticket(http)
    assert deliver(world) == NoticeReport(failed=2)
    assert deliver(world) == NoticeReport()
    world.clock.forward(60)
    assert deliver(world) == NoticeReport(failed=1)
    taken = failing_slowly(world)
    assert deliver(world) == NoticeReport()
    world.clock.forward(600)
    assert deliver(world) == NoticeReport(delivered=6)
    assert taken.total() == 6


def test_what_waits_for_a_day_is_given_up_and_a_replay_is_tried_at_once(world: World, http: TestClient) -> None:
    subscribe(http, "ticket.*", url="https://dead.example/x")
    failing_slowly(world, "dead")
    for _ in range(6):
        open_ticket(http)
    for _ in range(36):
        deliver(world)
        world.clock.forward(3600)
    letters = http.get("/admin/dead_letters", headers=STAFF).json()["dead_letters"]
    assert len(letters) == 6
    failing_slowly(world)
    for letter in letters:
        http.post(f"/admin/dead_letters/{letter['delivery_id']}/replay", headers=STAFF)
    assert deliver(world) == NoticeReport(delivered=6)


def test_many_events_ask_for_the_subscriptions_once_and_a_new_one_counts_at_once(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = world.ports.table.query, []

    def query(pk: str, **shape: Any) -> Any:
        asked.append(pk)
        return real(pk, **shape)

    monkeypatch.setattr(world.ports.table, "query", query)
    for _ in range(5):
        open_ticket(http)
    assert asked.count(keys.WEBHOOKS) == 1
    subscribe(http, "ticket.*")
    open_ticket(http)
    assert deliver(world) == NoticeReport(delivered=1)
    world.clock.forward(6)
    open_ticket(http)
    assert deliver(world) == NoticeReport(delivered=1)


def test_a_delivery_whose_sweep_died_is_made_again_under_the_same_id(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(http, "ticket.created")
    open_ticket(http)
    with monkeypatch.context() as dying:
        dying.setattr(
            "firstline.repositories.outbox.OutboxRepository.drop",
            lambda *_, **__: (_ for _ in ()).throw(ConnectionAbortedError("killed")),
        )
        with pytest.raises(ConnectionAbortedError):
            deliver(world)
    assert deliver(world) == NoticeReport()
    world.clock.forward(121)
    assert deliver(world) == NoticeReport(delivered=1)
    first, second = (event["delivery_id"] for event in told(world))
    assert first == second


def test_what_was_unsubscribed_switched_off_or_erased_is_dropped(world: World, http: TestClient) -> None:
    made = subscribe(http, "*")
    place = f"/admin/webhooks/{made['webhook_id']}"
    open_ticket(http)
    assert http.patch(place, json={"active": False}, headers={**STAFF, "If-Match": '"1"'}).status_code == 200
    assert http.patch(place, json={"active": True}, headers={**STAFF, "If-Match": '"1"'}).status_code == 412
    assert deliver(world) == NoticeReport()
    assert http.patch(place, json={"active": True}, headers={**STAFF, "If-Match": '"2"'}).json()["active"] is True
    erased = open_ticket(http)
    world.ports.table.delete(f"TICKET#{erased}", "META")
    assert deliver(world) == NoticeReport()
    open_ticket(http)
    assert http.delete(place, headers=STAFF).status_code == 204
    assert http.get(place, headers=STAFF).status_code == 404
    assert deliver(world) == NoticeReport()
    assert world.post.webhooks == []


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://hooks.example/x", "events": ["*"]},
        {"url": URL, "events": ["ticket.eaten"]},
        {"url": URL, "events": []},
        {"url": URL, "events": ["*"], "secret": "mine"},  # pragma: allowlist secret
    ],
)
def test_a_subscription_that_cannot_be_is_refused(http: TestClient, body: dict[str, Any]) -> None:
    assert problem_of(http.post("/admin/webhooks", json=body, headers=STAFF))["status"] in (400, 422)
    assert http.get("/admin/webhooks", headers=STAFF).json() == {"webhooks": []}


def test_there_is_an_end_to_how_many_there_are_and_a_key_makes_one(http: TestClient) -> None:
    headers = {**STAFF, "Idempotency-Key": "k1"}
    body = {"url": URL, "events": ["*"]}
    first, again = (http.post("/admin/webhooks", json=body, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    for _ in range(19):
        subscribe(http, "*")
    refused = problem_of(http.post("/admin/webhooks", json=body, headers=STAFF))
    assert (refused["status"], refused["type"]) == (409, "urn:firstline:problem:too_many_webhooks")


def test_the_depth_of_the_queues_is_a_figure(world: World, http: TestClient) -> None:
    for _ in range(3):
        ticket_id = open_ticket(http)
    change(http, ticket_id, status="resolved")
    figures = http.get("/metrics", headers=STAFF).text
    assert 'tickets_waiting{queue="people"} 2.0' in figures
    assert 'tickets_waiting{queue="assistant"} 0.0' in figures
