"""The decision on an approval outside its chat: on the ticket that asked, at the company's systems, with people."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Author
from firstline.domain.table import Operation, Update
from firstline.services.notify_people import NoticeReport
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session
from tests.component.test_tickets import run_started
from tests.component.world import World

ADMIN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret
STAFF = bearer(ADMIN)
REFUND = "I want a refund for order 4711."
TICKET = {"customer_id": "anna@mail.example", "subject": "Refund", "description": REFUND}
HOOK = {"url": "https://hooks.example/x", "events": ["*"]}
NOTIFIED: dict[str, Any] = {
    "notify_email": "team@help.example",
    "mail_from": "support@help.example",
    "notify_webhook_url": "https://hooks.example/people",
    "public_url": "https://support.example/",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, admin_token=ADMIN, mail_from="Support <support@help.example>")


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def asked_for_a_refund(world: World, http: TestClient) -> tuple[dict[str, Any], str]:
    """Post a ticket whose turn ends with an approval; return both, with all that tells of it delivered."""
    made = http.post("/api/v1/tickets", json=TICKET, headers=STAFF).json()
    run_started(world)
    deliver(world)
    (approval,) = http.get("/admin/approvals", headers=STAFF).json()["approvals"]
    return made, approval["approval_id"]


def decide(http: TestClient, approval_id: str, how: str, note: str = "") -> None:
    headers = {**STAFF, "If-Match": "*"}
    answer = http.post(f"/admin/approvals/{approval_id}/{how}", json={"note": note}, headers=headers)
    assert answer.status_code == 200, answer.text


def deliver(world: World) -> None:
    world.container.ticketing.deliver_events.deliver_due()


def entries(http: TestClient, ticket_id: str, headers: dict[str, str] = STAFF) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/api/v1/tickets/{ticket_id}/events", headers=headers).json()["events"]
    return found


@pytest.mark.parametrize(
    ("how", "words"),
    [("approve", "was approved"), ("reject", "was not approved"), ("expire", "Nobody decided in time")],
)
def test_the_decision_is_the_next_answer_of_a_posted_ticket(
    world: World, http: TestClient, how: str, words: str
) -> None:
    http.post("/admin/webhooks", json=HOOK, headers=STAFF)
    made, approval_id = asked_for_a_refund(world, http)
    place = f"/api/v1/tickets/{made['ticket_id']}"
    assert http.get(place, headers=STAFF).json()["status"] == "pending"
    world.post.mails.clear()
    world.post.webhooks.clear()
    if how == "expire":
        world.clock.forward(3600 * 24 * 30)
        world.container.tooling.sweep()
    else:
        decide(http, approval_id, how)
    last = entries(http, made["ticket_id"])[-1]
    assert (last["kind"], last["by"]) == ("answered", "assistant")
    assert words in last["note"]
    assert http.get(place, headers=STAFF).json()["status"] == "waiting_for_customer"
    deliver(world)
    mails = [email.message_from_bytes(raw, policy=email.policy.default) for raw, *_ in world.post.mails]
    of_it = [mail.get_content() for mail in mails if str(mail["Subject"]).startswith(f"[{made['ticket_id']}]")]
    assert len(of_it) == 1
    assert words in of_it[0]
    told = [json.loads(body) for _, body, _ in world.post.webhooks]
    (answered,) = [event for event in told if event["type"] == "ticket.answered"]
    assert answered["data"]["ticket"]["ticket_id"] == made["ticket_id"]
    assert answered["data"]["event"]["note"] == last["note"]
    (replied,) = [event for event in told if event["type"] == "conversation.replied"]
    assert replied["data"]["event"]["text"] == last["note"]


def test_a_ticket_that_people_have_by_then_hears_of_it_and_stays_as_it_is(world: World, http: TestClient) -> None:
    made, approval_id = asked_for_a_refund(world, http)
    place = f"/api/v1/tickets/{made['ticket_id']}"
    headers = {**STAFF, "If-Match": "*"}
    assert http.patch(place, json={"queue": "people", "status": "resolved"}, headers=headers).status_code == 200
    decide(http, approval_id, "reject", "It is too late.")
    last = entries(http, made["ticket_id"])[-1]
    assert (last["kind"], last["by"]) == ("commented", "system")
    assert "It is too late." in last["note"]
    assert http.get(place, headers=STAFF).json()["status"] == "resolved"


def test_a_chat_whose_ticket_asked_hears_of_the_decision_too(world: World, http: TestClient) -> None:
    session = open_session(http)
    made = http.post("/api/v1/tickets", json={"subject": REFUND}, headers=bearer(session["token"])).json()
    run_started(world)
    (approval,) = http.get("/admin/approvals", headers=STAFF).json()["approvals"]
    decide(http, approval["approval_id"], "reject")
    last = world.container.conversations.events(session["thread_id"])[-1]
    assert last.author is Author.SYSTEM
    assert last.text.startswith(f"The answer to your ticket {made['ticket_id']}:")
    assert "was not approved" in last.text


def test_a_comment_at_the_same_moment_and_the_decision_are_both_kept(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, approval_id = asked_for_a_refund(world, http)
    real, comments = world.ports.table.transact, ["One moment, please."]

    def meanwhile(operations: list[Operation]) -> None:
        settles = any(isinstance(one, Update) and one.sk.startswith("APPROVAL#") for one in operations)
        if settles and len(operations) > 3 and comments:
            body = {"text": comments.pop()}
            http.post(f"/api/v1/tickets/{made['ticket_id']}/comments", json=body, headers=STAFF)
        real(operations)

    monkeypatch.setattr(world.ports.table, "transact", meanwhile)
    decide(http, approval_id, "reject")
    notes = [entry["note"] for entry in entries(http, made["ticket_id"])]
    assert comments == []
    assert "One moment, please." in notes[-2]
    assert "was not approved" in notes[-1]
    assert sum("was not approved" in note for note in notes) == 1


def test_what_an_approver_notes_for_colleagues_is_not_shown_to_the_customer(world: World, http: TestClient) -> None:
    session = open_session(http)
    customer = bearer(session["token"])
    world.ask(session["thread_id"], REFUND)
    (approval,) = http.get("/admin/approvals", headers=STAFF).json()["approvals"]
    decide(http, approval["approval_id"], "approve", "Watch this one.")
    (ticket,) = http.get("/api/v1/tickets", headers=customer).json()["tickets"]
    seen = json.dumps([ticket, entries(http, ticket["ticket_id"], customer)])
    assert REFUND in seen
    assert "Watch" not in seen
    assert "Approved by" not in seen
    last = entries(http, ticket["ticket_id"])[-1]
    assert (last["kind"], last["internal"], last["seq"]) == ("commented", True, 2)
    assert last["note"].startswith("Approved by ")
    assert last["note"].endswith("Watch this one.")
    answer = http.post(f"/api/v1/tickets/{ticket['ticket_id']}/comments", json={"text": "When?"}, headers=customer)
    assert answer.json()["seq"] == 3


def test_people_are_called_to_a_request_and_reminded_until_it_is_decided(tmp_path: Path) -> None:
    world = World(tmp_path, admin_token=ADMIN, **NOTIFIED)
    http = TestClient(create_app(world.container))
    notify = world.container.people.notify_people
    conversation = world.open("anna")
    world.ask(conversation, "I want a refund to jane.doe@mail.example")
    (approval,) = http.get("/admin/approvals", headers=STAFF).json()["approvals"]
    assert notify.deliver_due() == NoticeReport(delivered=2)
    assert notify.deliver_due() == NoticeReport()
    mail = email.message_from_bytes(world.post.mails[0][0], policy=email.policy.default)
    assert mail["Subject"] == "A request waits for approval: get a refund"
    assert f"https://support.example/admin/approvals/{approval['approval_id']}" in mail.get_content()
    ((_, body, _),) = world.post.webhooks
    said = json.loads(body)
    assert (said["event"], said["approval_id"], said["reason"]) == (
        "approval",
        approval["approval_id"],
        "approval_needed",
    )
    assert "jane.doe" not in body.decode() + mail.get_content()
    world.clock.forward(3600)
    assert notify.deliver_due() == NoticeReport(delivered=2)
    assert json.loads(world.post.webhooks[-1][1])["event"] == "approval_reminder"
    decide(http, approval["approval_id"], "approve")
    world.clock.forward(3600)
    assert notify.deliver_due() == NoticeReport()


def test_a_request_that_was_never_told_the_customer_calls_nobody(tmp_path: Path) -> None:
    from tests.component.tool_turns import asked, call, commit

    world = World(tmp_path, **NOTIFIED)
    notify = world.container.people.notify_people
    turn = asked(world, world.open("anna"), "I want a refund")
    outcome = call(world, turn, "update_account", action="refund")
    assert notify.deliver_due() == NoticeReport()
    commit(world, turn, outcome)
    assert notify.deliver_due() == NoticeReport(delivered=2)
