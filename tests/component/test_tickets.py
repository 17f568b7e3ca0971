"""Tickets over REST: opened, routed, answered, changed, listed, and whose they are."""

from __future__ import annotations

import email
import email.policy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Author, Channel
from firstline.domain.errors import TurnAlreadyFinishedError
from firstline.domain.identity import Principal, Role
from firstline.domain.table import Operation
from firstline.domain.ticket import TicketQueue
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket, TicketFilter
from firstline.repositories import keys
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret
STAFF = bearer(ADMIN)
EXAMPLE = {
    "customer_id": "cust_123",
    "subject": "How do I reset a forgotten password?",
    "description": "How do I reset a forgotten password?",
    "priority": "medium",
    "channel": "email",
}
PEOPLE = {**EXAMPLE, "queue": "people"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, admin_token=ADMIN, mail_from="Support <support@help.example>")


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def create(http: TestClient, headers: dict[str, str] = STAFF, **body: Any) -> dict[str, Any]:
    answer = http.post("/api/v1/tickets", json={**PEOPLE, **body}, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def change(http: TestClient, ticket_id: str, version: int | str = "*", **body: Any) -> Any:
    tag = version if version == "*" else f'"{version}"'
    return http.patch(f"/api/v1/tickets/{ticket_id}", json=body, headers={**STAFF, "If-Match": tag})


def log(http: TestClient, ticket_id: str, headers: dict[str, str] = STAFF) -> list[dict[str, Any]]:
    answer = http.get(f"/api/v1/tickets/{ticket_id}/events", headers=headers)
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def run_started(world: World) -> list[dict[str, Any]]:
    """Run every turn that was started, as the state machine does."""
    answered = []
    while world.engine.started:
        name, document = world.engine.started.pop(0)
        given = dict(document)
        for node in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse", "AnalyzeGraph"):
            given = world.node(node, given, name)
        answered.append(world.node("CollectFeedback", given, name))
    return answered


def test_the_usual_body_of_a_ticket_api_works_as_it_is(http: TestClient) -> None:
    answer = http.post("/api/v1/tickets", json=EXAMPLE, headers=STAFF)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/tickets/{made['ticket_id']}"
    assert answer.headers["etag"] == '"1"'
    assert {name: made[name] for name in ("customer_id", "subject", "priority", "channel", "status")} == {
        "customer_id": "cust_123",
        "subject": EXAMPLE["subject"],
        "priority": "normal",
        "channel": "email",
        "status": "open",
    }
    assert (made["queue"], made["routing"]) == ("assistant", ["routine"])
    assert set(made["ticket_id"]) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert http.get(answer.headers["location"].lower(), headers=STAFF).json()["ticket_id"] == made["ticket_id"]


def test_the_assistant_answers_a_posted_ticket_once_with_an_event_and_a_mail(world: World, http: TestClient) -> None:
    made = http.post("/api/v1/tickets", json={**EXAMPLE, "email": "ada@mail.example"}, headers=STAFF).json()
    assert len(world.engine.started) == 1
    (turn,) = run_started(world)
    assert turn["reply"]["action"] == "answer"
    with pytest.raises(TurnAlreadyFinishedError):
        world.node("IdentifyCustomer", {**turn, "customer": None}, "again")
    entries = log(http, made["ticket_id"])
    assert [(entry["kind"], entry["by"]) for entry in entries] == [("opened", "admin"), ("answered", "assistant")]
    assert entries[1]["note"] == turn["reply"]["text"]
    ticket = http.get(f"/api/v1/tickets/{made['ticket_id']}", headers=STAFF).json()
    assert (ticket["status"], ticket["first_response_overdue"]) == ("waiting_for_customer", False)
    assert ticket["first_responded_at"] is not None
    assert world.container.ticketing.deliver_events.deliver_due().delivered == 2
    assert world.container.ticketing.deliver_events.deliver_due().delivered == 0
    bodies = sorted(raw.decode() for raw, _, _ in world.post.mails)
    assert all("To: ada@mail.example" in body for body in bodies)
    assert sum("Forgot password" in body for body in bodies) == 1


def test_what_the_customer_says_to_it_next_is_answered_again(world: World, http: TestClient) -> None:
    made = http.post("/api/v1/tickets", json=EXAMPLE, headers=STAFF).json()
    run_started(world)
    opened = world.container.open_session.open(channel=Channel.CHAT, user_id="cust_123", verified=True)
    own = bearer(opened.token)
    said = http.post(
        f"/api/v1/tickets/{made['ticket_id']}/comments", json={"text": "How do I export timesheets?"}, headers=own
    )
    assert said.status_code == 201
    assert http.get(f"/api/v1/tickets/{made['ticket_id']}", headers=own).json()["status"] == "open"
    (turn,) = run_started(world)
    kinds = [entry["kind"] for entry in log(http, made["ticket_id"], own)]
    assert kinds == ["opened", "answered", "commented", "answered"]
    assert "Reports" in turn["reply"]["text"]


def test_a_ticket_that_the_assistant_cannot_answer_goes_to_people_and_says_so(world: World, http: TestClient) -> None:
    made = http.post("/api/v1/tickets", json={**EXAMPLE, "email": "ada@mail.example"}, headers=STAFF).json()
    run_started(world)
    opened = world.container.open_session.open(channel=Channel.CHAT, user_id="cust_123", verified=True)
    place = f"/api/v1/tickets/{made['ticket_id']}"
    http.post(f"{place}/comments", json={"text": "let me talk to a human"}, headers=bearer(opened.token))
    (turn,) = run_started(world)
    assert turn["reply"]["handover"]["ticket_id"] == made["ticket_id"]
    ticket = http.get(place, headers=STAFF).json()
    assert (ticket["queue"], ticket["status"]) == ("people", "open")
    assert [entry["kind"] for entry in log(http, made["ticket_id"])][-1] == "handed_over"
    conversation = world.container.conversations.get(ticket["conversation_id"])
    assert conversation.status.value == "waiting_for_person"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("My lawyer will contact you about this invoice.", "legal"),
        ("Let me talk to a human please", "explicit_request"),
        ("x" * 4001, "too_long"),
    ],
)
def test_tickets_that_people_must_see_start_no_turn(world: World, http: TestClient, text: str, reason: str) -> None:
    body = {"customer_id": "c1", "subject": "Please look", "description": text}
    made = http.post("/api/v1/tickets", json=body, headers=STAFF).json()
    assert made["queue"] == "people"
    assert reason in made["routing"]
    assert world.engine.started == []


def test_the_assistant_takes_no_tickets_where_it_is_switched_off_or_paused(tmp_path: Path) -> None:
    off = World(tmp_path / "off", admin_token=ADMIN, ticket_auto_handle=False)
    made = TestClient(create_app(off.container)).post("/api/v1/tickets", json=EXAMPLE, headers=STAFF).json()
    assert made["routing"] == ["switched_off"]
    paused = World(tmp_path / "paused", admin_token=ADMIN)
    paused.container.people.pause_bot.set(Principal("chief", Role.ADMIN), paused=True, reason="")
    made = TestClient(create_app(paused.container)).post("/api/v1/tickets", json=EXAMPLE, headers=STAFF).json()
    assert made["routing"] == ["bot_paused"]


def test_a_lost_start_is_made_up_for_by_the_sweep(world: World, http: TestClient) -> None:
    http.post("/api/v1/tickets", json=EXAMPLE, headers=STAFF)
    world.engine.started.clear()
    world.clock.forward(300)
    assert world.container.sweep_turns.sweep().restarted == 1
    assert len(run_started(world)) == 1


def test_a_repeated_request_opens_one_ticket_even_where_its_answer_was_never_kept(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**STAFF, "Idempotency-Key": "a1b2c3d4"}
    with monkeypatch.context() as dying:
        dying.setattr(
            "firstline.repositories.idempotency.IdempotencyRepository.keep",
            lambda *_: (_ for _ in ()).throw(ConnectionAbortedError("killed")),
        )
        with pytest.raises(ConnectionAbortedError):
            http.post("/api/v1/tickets", json=EXAMPLE, headers=headers)
    world.clock.forward(61)
    first = http.post("/api/v1/tickets", json=EXAMPLE, headers=headers)
    again = http.post("/api/v1/tickets", json=EXAMPLE, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(http.get("/api/v1/tickets", headers=STAFF).json()["tickets"]) == 1
    assert len(world.engine.started) == 1
    assert problem_of(http.post("/api/v1/tickets", json=PEOPLE, headers=headers))["status"] == 422


def test_the_states_follow_one_another_as_they_may_and_an_illegal_one_is_named(http: TestClient) -> None:
    ticket_id = create(http)["ticket_id"]
    for status in ("in_progress", "waiting_for_customer", "open", "resolved", "reopened", "resolved", "closed"):
        assert change(http, ticket_id, status=status).status_code == 200, status
    refused = change(http, ticket_id, status="pending")
    problem = problem_of(refused)
    assert (problem["status"], problem["type"]) == (409, "urn:firstline:problem:illegal_transition")
    assert "reopened" in problem["detail"]
    assert http.get(f"/api/v1/tickets/{ticket_id}", headers=STAFF).json()["status"] == "closed"


def test_a_change_needs_the_version_that_stands(http: TestClient) -> None:
    ticket_id = create(http)["ticket_id"]
    place = f"/api/v1/tickets/{ticket_id}"
    assert http.patch(place, json={"priority": "high"}, headers=STAFF).status_code == 428
    changed = change(http, ticket_id, 1, priority="high", assignee="anna", tags=["VIP", "vip", "bug"])
    assert changed.headers["etag"] == '"2"'
    assert (changed.json()["assignee"], changed.json()["tags"]) == ("anna", ["vip", "bug"])
    assert change(http, ticket_id, 1, priority="low").status_code == 412
    assert change(http, ticket_id, 2, priority="high").headers["etag"] == '"2"'
    assert change(http, ticket_id, 2, assignee=None).json()["assignee"] == ""
    assert log(http, ticket_id)[1]["changes"] == {"priority": "high", "assignee": "anna", "tags": ["vip", "bug"]}
    assert problem_of(change(http, ticket_id, colour="red"))["status"] == 422


def test_of_two_writers_at_once_the_second_is_refused_and_loses_nothing(world: World, http: TestClient) -> None:
    ticket_id = create(http)["ticket_id"]
    real, raced, wanted = world.ports.table.transact, list[bool](), ["urgent", "low"]

    def meanwhile(operations: list[Operation]) -> None:
        if not raced:
            raced.append(True)
            assert change(http, ticket_id, priority=wanted.pop()).status_code == 200
        real(operations)

    world.ports.table.transact = meanwhile  # type: ignore[method-assign, assignment]
    assert change(http, ticket_id, 1, tags=["late"]).status_code == 412
    raced.clear()
    assert change(http, ticket_id, tags=["late"]).status_code == 200
    ticket = http.get(f"/api/v1/tickets/{ticket_id}", headers=STAFF).json()
    assert (ticket["priority"], ticket["tags"], ticket["version"]) == ("urgent", ["late"], 4)


def test_a_customer_sees_own_tickets_only_and_may_do_little_with_them(world: World, http: TestClient) -> None:
    foreign = create(http, customer_id="somebody-else")["ticket_id"]
    session = open_session(http)
    own = bearer(session["token"])
    made = http.post("/api/v1/tickets", json={"subject": "Please call a person", "tags": ["x"]}, headers=own).json()
    place = f"/api/v1/tickets/{made['ticket_id']}"
    assert [one["ticket_id"] for one in http.get("/api/v1/tickets", headers=own).json()["tickets"]] == [
        made["ticket_id"]
    ]
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/comments"), ("GET", "/events")):
        answer = http.request(
            method,
            f"/api/v1/tickets/{foreign}{path}",
            json={"text": "hello"} if path else {},
            headers={**own, "If-Match": "*"},
        )
        assert answer.status_code == 404, (method, path)
    denied = http.patch(place, json={"assignee": "me"}, headers={**own, "If-Match": "*"})
    assert problem_of(denied)["status"] == 403
    assert http.patch(place, json={"status": "resolved"}, headers={**own, "If-Match": "*"}).status_code == 200
    assert http.get("/api/v1/tickets", params={"customer_id": "somebody-else"}, headers=own).json()["tickets"] == []
    assert problem_of(http.post("/api/v1/tickets", json={**PEOPLE, "customer_id": "x"}, headers=own))["status"] == 404
    mailed = http.post("/api/v1/tickets", json={"subject": "s", "email": "victim@mail.example"}, headers=own)
    assert problem_of(mailed)["status"] == 403
    assert http.get("/api/v1/tickets").status_code == 401


def test_customers_read_nothing_internal(http: TestClient) -> None:
    own = bearer(open_session(http)["token"])
    ticket_id = http.post("/api/v1/tickets", json={"subject": "I need a person"}, headers=own).json()["ticket_id"]
    place = f"/api/v1/tickets/{ticket_id}/comments"
    http.post(place, json={"text": "a difficult one", "internal": True}, headers=STAFF)
    http.post(place, json={"text": "We look into it."}, headers=STAFF)
    change(http, ticket_id, assignee="anna", tags=["difficult"])
    change(http, ticket_id, priority="high", assignee="ben")
    assert problem_of(http.post(place, json={"text": "x", "internal": True}, headers=own))["status"] == 403
    shown = log(http, ticket_id, own)
    assert [(entry["kind"], entry["by"], entry["note"], entry["changes"]) for entry in shown] == [
        ("opened", "customer", "I need a person", {}),
        ("commented", "agent", "We look into it.", {}),
        ("updated", "agent", "", {"priority": "high"}),
    ]
    assert [entry["internal"] for entry in log(http, ticket_id)].count(True) == 1
    ticket = http.get(f"/api/v1/tickets/{ticket_id}", headers=own).json()
    assert (ticket["assignee"], ticket["tags"]) == ("", [])


def test_a_customer_in_a_chat_hears_of_what_becomes_of_their_ticket(world: World, http: TestClient) -> None:
    session = open_session(http)
    conversation = session["thread_id"]
    world.container.connect_socket.connect("s0", session["session_id"], str(session["ws_url"].split("token=")[1]))
    own = bearer(session["token"])
    made = http.post("/api/v1/tickets", json={"subject": "I need a person"}, headers=own).json()
    change(http, made["ticket_id"], status="resolved")
    change(http, made["ticket_id"], tags=["internal"])
    told = world.container.conversations.events(conversation)[-1]
    assert (told.author, told.text) == (Author.SYSTEM, f"Your ticket {made['ticket_id']} was resolved.")
    assert told.detail == {"ticket_id": made["ticket_id"], "action": "ticket_resolved", "status": "resolved"}
    assert world.sockets.of_type("s0", "event")[-1]["text"] == told.text
    assert len(world.container.conversations.events(conversation)) == 2


def test_the_assistants_answer_reaches_the_chat_that_the_ticket_came_from(world: World, http: TestClient) -> None:
    session = open_session(http)
    world.container.connect_socket.connect("s0", session["session_id"], str(session["ws_url"].split("token=")[1]))
    own = bearer(session["token"])
    body = {"description": "How do I export timesheets?"}
    made = http.post("/api/v1/tickets", json=body, headers=own).json()
    assert (made["subject"], made["queue"]) == ("How do I export timesheets?", "assistant")
    (turn,) = run_started(world)
    told = world.sockets.of_type("s0", "event")[-1]
    assert told["text"] == f"The answer to your ticket {made['ticket_id']}:\n\n{turn['reply']['text']}"
    assert made["firstline_customer_id"] == turn["customer"]["customer"]["customer_id"]
    assert [one["ticket_id"] for one in http.get("/api/v1/tickets", headers=own).json()["tickets"]] == [
        made["ticket_id"]
    ]


def test_lists_are_filtered_and_paged_the_newest_first(world: World, http: TestClient) -> None:
    ids = []
    for number in range(25):
        priority = "high" if number % 5 == 0 else "low"
        ids.append(create(http, customer_id=f"c{number % 3}", priority=priority, tags=[f"t{number % 2}"])["ticket_id"])
        world.clock.forward(60)
    for number in range(0, 25, 2):
        change(http, ids[number], status="resolved")
    change(http, ids[1], assignee="anna", queue="assistant")

    def found(**params: Any) -> list[str]:
        listed: list[str] = []
        cursor: str | None = None
        while True:
            page = http.get(
                "/api/v1/tickets",
                params={**params, **({"cursor": cursor} if cursor else {}), "limit": 4},
                headers=STAFF,
            ).json()
            listed += [ticket["ticket_id"] for ticket in page["tickets"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return listed

    newest = list(reversed(ids))
    assert found() == newest
    assert found(status="resolved") == [one for one in newest if ids.index(one) % 2 == 0]
    assert found(status=["open", "resolved"]) == newest
    assert found(priority="high") == [one for one in newest if ids.index(one) % 5 == 0]
    assert found(customer_id="c1") == [one for one in newest if ids.index(one) % 3 == 1]
    assert found(tag="t1", priority="high") == [ids[15], ids[5]]
    assert found(assignee="anna") == found(queue="assistant") == [ids[1]]
    assert found(customer_id="nobody") == []
    began = world.clock.moment.timestamp() - 25 * 60
    times = {"created_from": began + 5 * 60, "created_before": began + 8 * 60}
    assert found(**{name: _iso(moment) for name, moment in times.items()}) == [ids[7], ids[6], ids[5]]
    broken = http.get("/api/v1/tickets", params={"cursor": "nonsense"}, headers=STAFF)
    assert problem_of(broken)["type"].endswith("invalid_cursor")


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat()


def test_due_times_follow_priority_and_business_hours_and_stand_still_while_the_customer_is_asked(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, admin_token=ADMIN, business_hours="Mon-Fri 09:00-17:00")
    http = TestClient(create_app(world.container))
    # Monday noon: 4 hours of the first answer end today, 8 hours end tomorrow at noon.
    high, normal = create(http, priority="high"), create(http, priority="normal")
    assert high["first_response_due_at"] == "2026-06-01T16:00:00Z"
    assert normal["first_response_due_at"] == "2026-06-02T12:00:00Z"
    assert normal["resolution_due_at"] == "2026-06-08T12:00:00Z"
    change(http, normal["ticket_id"], status="waiting_for_customer")
    world.clock.forward(24 * 3600)
    back = change(http, normal["ticket_id"], status="open").json()
    assert back["resolution_due_at"] == "2026-06-09T12:00:00Z"
    assert back["first_response_overdue"] is False
    world.clock.forward(60)
    late = http.get(f"/api/v1/tickets/{high['ticket_id']}", headers=STAFF).json()
    assert late["first_response_overdue"] is True
    raised = change(http, high["ticket_id"], priority="urgent").json()
    assert raised["first_response_due_at"] == "2026-06-01T13:00:00Z"


def test_a_handovers_ticket_has_due_times_and_is_changed_by_agents_too(world: World, http: TestClient) -> None:
    conversation = world.open()
    ticket_id = world.ask(conversation, "I want to talk to a person.")["reply"]["handover"]["ticket_id"]
    ticket = http.get(f"/api/v1/tickets/{ticket_id}", headers=STAFF).json()
    assert ticket["first_response_due_at"] > ticket["created_at"]
    change(http, ticket_id, status="resolved")
    assert world.sockets.of_type("s0", "event")[-1]["text"] == f"Your ticket {ticket_id} was resolved."


def test_tickets_of_the_release_before_are_read_and_what_it_writes_back_loses_nothing(
    world: World, http: TestClient
) -> None:
    old = {
        "ticket_id": "4F2K7P9A",
        "conversation_id": "c1",
        "customer_id": "",
        "subject": "Refund",
        "category": "billing_inquiry",
        "priority": "normal",
        "status": "open",
        "queue": "people",
        "reason": "explicit_request",
        "created_at": "2026-05-31T12:00:00Z",
    }
    pk = keys.ticket(old["ticket_id"])
    place = {"pk": pk, "sk": "META", "type": "ticket", "schema": 1}
    index = {"by_queue_pk": "QUEUE#people#open", "by_queue_sk": "001780228800000#4F2K7P9A"}
    world.ports.table.put({**place, **index, "body": json.dumps(old)})
    listed = http.get("/api/v1/tickets", headers=STAFF).json()["tickets"]
    assert [(one["ticket_id"], one["version"], one["status"]) for one in listed] == [("4F2K7P9A", 1, "open")]
    assert change(http, "4f2k-7p9a", 1, tags=["old"], status="pending").json()["version"] == 2
    stored = world.ports.table.get(pk, "META")
    assert stored is not None
    body = json.loads(stored["body"])
    # What the release before reads: its own fields, its own two states, its own reasons.
    assert set(body) == set(old)
    assert (stored["schema"], body["status"]) == (1, "open")
    world.ports.table.update(
        pk,
        "META",
        set={"body": json.dumps({**body, "status": "resolved"}), "by_queue_pk": "QUEUE#people#resolved"},
    )
    read = http.get("/api/v1/tickets/4F2K7P9A", headers=STAFF).json()
    assert (read["status"], read["tags"]) == ("resolved", ["old"])
    assert change(http, "4F2K7P9A", 2, status="reopened").json()["status"] == "reopened"


def test_a_ticket_id_that_is_taken_is_not_given_twice(world: World, http: TestClient) -> None:
    first = create(http)["ticket_id"]
    ids = iter([first, first, "00000000"])
    world.ports.ids.short = lambda: next(ids)  # type: ignore[method-assign]
    assert create(http)["ticket_id"] == "00000000"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"customer_id": 12345}, {"customer_id": "12345"}),
        ({"assigned_to": 7}, {"assignee": "7"}),
        ({"priority": 1}, {"priority": "urgent"}),
        ({"priority": 4}, {"priority": "low"}),
        ({"priority": "P2"}, {"priority": "high"}),
        ({"priority": "3"}, {"priority": "normal"}),
        ({"priority": "Critical"}, {"priority": "urgent"}),
        ({"priority": None}, {"priority": "low"}),
        ({"description": None, "channel": None, "tags": None, "email": None}, {"channel": "api", "tags": []}),
        ({"category": "billing"}, {"category": "billing_inquiry"}),
        ({"category": "Feature Request"}, {"category": "feature_request"}),
        ({"category": "other"}, {"category": "bug_report"}),
        ({"category": None}, {"category": "bug_report"}),
    ],
)
def test_bodies_of_other_ticket_systems_are_understood(
    http: TestClient, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    body = {"subject": "The export fails with an error", "queue": "people", **given}
    answer = http.post("/api/v1/tickets", json=body, headers=STAFF)
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()[name] for name in kept} == kept


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": " "},
        {"subject": "a\x00"},
        {"subject": "s", "priority": "soon"},
        {"subject": "s", "priority": 9},
        {"subject": "s", "priority": True},
        {"subject": "\u200b"},
        {"subject": "\u200b\u2060", "description": "\ufeff \u00ad"},
        {"subject": "\u3164"},
        {"subject": None, "description": None},
    ],
)
def test_a_body_that_says_nothing_or_nonsense_is_refused(http: TestClient, body: dict[str, Any]) -> None:
    assert problem_of(http.post("/api/v1/tickets", json=body, headers=STAFF))["status"] == 422


def test_a_subject_that_nobody_can_see_is_worked_out_of_the_description(http: TestClient) -> None:
    assert create(http, subject="\u200b", description="The export fails")["subject"] == "The export fails"
    made = create(http)
    assert change(http, made["ticket_id"], subject="\u200b").status_code in (400, 422)


def test_control_characters_in_a_description_are_refused_and_nothing_is_stored(http: TestClient) -> None:
    body = {"subject": "s", "description": "a\x00b"}
    assert http.post("/api/v1/tickets", json=body, headers=STAFF).status_code == 422
    assert http.get("/api/v1/tickets", headers=STAFF).json()["tickets"] == []


def test_unknown_ids_look_like_foreign_ones(http: TestClient) -> None:
    for ticket_id in ("00000000", "UUUUUUUU", "x", "a" * 60):
        assert problem_of(http.get(f"/api/v1/tickets/{ticket_id}", headers=STAFF))["status"] == 404


ANNA = Principal("anna", Role.AGENT, name="Anna")


def test_what_a_person_answers_in_a_tickets_conversation_reaches_the_customer(world: World, http: TestClient) -> None:
    body = {
        **EXAMPLE,
        "email": "ada@mail.example",
        "description": "Do zebras qualify for parental leave?",
        "subject": "",
    }
    made = http.post("/api/v1/tickets", json=body, headers=STAFF).json()
    run_started(world)
    conversation = made["conversation_id"]
    world.container.people.own_conversation.take(conversation, ANNA)
    for _ in range(2):
        world.container.people.answer_as_person.say(conversation, ANNA, "a1", "Zebras do not.")
    assert [(entry["kind"], entry["by"]) for entry in log(http, made["ticket_id"])][-1] == ("commented", "anna")
    assert len(log(http, made["ticket_id"])) == 3
    world.container.ticketing.deliver_events.deliver_due()
    assert sum(b"Zebras do not." in raw for raw, _, _ in world.post.mails) == 1


def test_in_a_chat_the_first_word_of_a_person_is_the_tickets_first_answer(world: World, http: TestClient) -> None:
    conversation = world.open()
    ticket_id = world.ask(conversation, "I want to talk to a person.")["reply"]["handover"]["ticket_id"]
    world.container.people.own_conversation.take(conversation, ANNA)
    for number in range(3):
        world.clock.forward(60)
        world.container.people.answer_as_person.say(conversation, ANNA, f"a{number}", "Hello")
    ticket = http.get(f"/api/v1/tickets/{ticket_id}", headers=STAFF).json()
    assert ticket["version"] == 2
    assert ticket["first_responded_at"] < ticket["created_at"].replace("12:00:01", "12:01:02")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
def test_wherever_a_posting_is_killed_its_repetition_leaves_one_ticket_with_one_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, number: int
) -> None:
    world = World(tmp_path)
    manage, original = world.container.ticketing.manage, world.ports.table.transact
    new, by = NewTicket(description="How do I reset a forgotten password?"), TicketParty.person("anna")
    calls = iter(range(1, 100))

    def killed(operations: list[Operation]) -> None:
        call = next(calls)
        if (call, when) == (number, "before"):
            raise ConnectionAbortedError
        original(operations)
        if call == number:
            raise ConnectionAbortedError

    with monkeypatch.context() as dying, pytest.raises(ConnectionAbortedError):
        dying.setattr(world.ports.table, "transact", killed)
        manage.create(new, by=by, request_id="r1")
    made = manage.create(new, by=by, request_id="r1")
    assert manage.search(TicketFilter(), by=by).tickets == [made]
    world.engine.started.clear()
    world.clock.forward(300)
    world.container.sweep_turns.sweep()
    assert len(run_started(world)) == 1
    events, _ = manage.events(made.ticket_id, by=by)
    assert [event.kind.value for event in events] == ["opened", "answered"]


def test_many_at_once_with_one_key_open_one_ticket(tmp_path: Path) -> None:
    world = World(tmp_path)
    manage, by = world.container.ticketing.manage, TicketParty.person("anna")
    new = NewTicket(subject="Export fails", queue=TicketQueue.PEOPLE)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: manage.create(new, by=by, request_id="r1").ticket_id, range(16)))
    assert len(set(made)) == 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: manage.comment(made[0], f"comment {n}", by=by), range(16)))
    events, _ = manage.events(made[0], by=by)
    assert [event.seq for event in events] == list(range(1, 18))
    assert manage.get(made[0], by=by).version == 17


def test_a_visitors_fourth_ticket_goes_to_people_and_a_known_customers_does_not(world: World, http: TestClient) -> None:
    visitor = bearer(open_session(http)["token"])
    known = bearer(world.container.open_session.open(channel=Channel.CHAT, user_id="ada", verified=True).token)
    body = {"description": "How do I export timesheets?"}
    for own, last in ((visitor, ["many_tickets"]), (known, ["routine"])):
        made = [http.post("/api/v1/tickets", json=body, headers=own).json() for _ in range(4)]
        assert [one["queue"] for one in made[:3]] == ["assistant"] * 3
        customer_id = made[0]["firstline_customer_id"]
        fourth = world.container.tickets.get(made[3]["ticket_id"])
        assert (list(fourth.routing), fourth.customer_id) == (last, customer_id)


def test_the_export_of_a_customer_holds_their_tickets_with_all_that_was_said(world: World, http: TestClient) -> None:
    made = create(http)
    http.post(f"/api/v1/tickets/{made['ticket_id']}/comments", json={"text": "We look."}, headers=STAFF)
    customer_id = made["firstline_customer_id"]
    (kept,) = http.get(f"/customers/{customer_id}/export", headers=STAFF).json()["parts"]["tickets"]
    assert kept["ticket_id"] == made["ticket_id"]
    assert [entry["note"] for entry in kept["events"]] == [EXAMPLE["description"], "We look."]


def test_people_are_told_by_mail_of_a_ticket_that_is_theirs_and_once(tmp_path: Path) -> None:
    world = World(tmp_path, admin_token=ADMIN, notify_email="team@help.example", public_url="https://s.example/")
    http = TestClient(create_app(world.container))
    words = "My lawyer writes from jane.doe@mail.example"
    made = create(http, queue=None, subject="A complaint", description=words)
    http.post("/api/v1/tickets", json=EXAMPLE, headers=STAFF)
    world.ask(world.open(), "let me talk to a human")
    assert world.container.ticketing.deliver_events.deliver_due().delivered == 1
    assert world.container.ticketing.deliver_events.deliver_due().delivered == 0
    ((raw, _, recipients),) = world.post.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert recipients == ("team@help.example",)
    assert mail["Subject"] == f"Ticket {made['ticket_id']} waits for a person: A complaint"
    text = mail.get_content()
    assert "> My lawyer writes from [email]" in text
    assert f"https://s.example/api/v1/tickets/{made['ticket_id']}" in text
    assert "Why:      legal" in text
