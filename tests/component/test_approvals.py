"""What needs a person's approval: asked for once, decided once, carried out once, and the customer hears of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.local.lambda_context import LocalLambdaContext
from firstline.domain.approval import MAX_PENDING, Approval, ApprovalStatus
from firstline.domain.errors import StoreUnavailableError, TurnSupersededError
from firstline.domain.identity import Principal, Role
from firstline.domain.tool_errors import ApprovalChangedError, ApprovalDecidedError
from firstline.domain.tools import ToolStatus
from firstline.domain.turn import Turn
from firstline.web.app import create_app
from functions.sweep import handler as sweep
from tests.component.approvals import waiting_approval
from tests.component.rest import bearer, problem_of
from tests.component.tool_turns import asked, call, commit, once_more
from tests.component.world import World

ANNA, BEN = Principal("anna", Role.AGENT, name="Anna"), Principal("ben", Role.AGENT)
PASSWORD = "correct horse battery"  # pragma: allowlist secret
WAITS = ToolStatus.WAITS_FOR_APPROVAL
MAIL = {"action": "change", "field": "email", "value": "kim@shop.example"}


def requested(world: World, conversation: str, text: str, **arguments: Any) -> tuple[Turn, Approval]:
    """Ask for something, and have the reply's transaction put it in line."""
    turn = asked(world, conversation, text)
    outcome = call(world, turn, "update_account", **arguments)
    assert outcome.status is WAITS, outcome
    commit(world, turn, outcome)
    return turn, world.container.tooling.approvals.get(outcome.approval_id)


def changed_mail(world: World) -> tuple[str, Approval]:
    conversation = world.open("kim")
    _, approval = requested(world, conversation, "change my e-mail to kim@shop.example", **MAIL)
    return conversation, approval


def account(world: World, approval: Approval) -> dict[str, str]:
    found: dict[str, str] = world.container.tooling.decide._tools["update_account"]._accounts.get(  # type: ignore[attr-defined]
        approval.customer_id
    )
    return found


def said(world: World, conversation: str) -> list[str]:
    return [e.text for e in world.container.conversations.events(conversation) if e.author.value == "system"]


def status_of(world: World, approval: Approval) -> ApprovalStatus:
    return world.container.tooling.approvals.get(approval.approval_id).status


def test_nothing_waits_before_the_reply_is_committed_and_a_second_attempt_asks_for_the_same(world: World) -> None:
    conversation = world.open("kim")
    turn = asked(world, conversation, "I want a refund")
    first = call(world, turn, "update_account", action="refund")
    assert "approve" in first.text
    assert world.container.tooling.approvals.of_conversation(conversation) == []
    again = once_more(world, turn)
    second = call(world, again, "update_account", action="refund")
    assert first.approval_id == second.approval_id
    commit(world, again, second)
    (waiting,) = world.container.tooling.approvals.of_conversation(conversation)
    assert (waiting.status, waiting.asked, waiting.user_id) == (ApprovalStatus.PENDING, "I want a refund", "kim")


def test_what_waits_already_is_not_asked_for_twice(world: World) -> None:
    conversation = world.open("kim")
    _, approval = requested(world, conversation, "I want a refund", action="refund")
    outcome = call(world, asked(world, conversation, "I want a refund"), "update_account", action="refund")
    assert (outcome.status, outcome.approval_id, outcome.also) == (WAITS, approval.approval_id, ())
    assert "already" in outcome.text


def test_no_conversation_has_more_than_a_few_waiting(world: World) -> None:
    conversation = world.open("kim")
    for n in range(MAX_PENDING):
        requested(
            world,
            conversation,
            f"change my name to Kim {chr(65 + n)}",
            action="change",
            field="name",
            value=f"Kim {chr(65 + n)}",
        )
    outcome = call(world, asked(world, conversation, "I want a refund"), "update_account", action="refund")
    assert (outcome.status, outcome.also) == (ToolStatus.REFUSED, ())


def test_an_approved_change_is_made_and_told_in_one_step(world: World) -> None:
    conversation, approval = changed_mail(world)
    assert account(world, approval) == {}
    done = world.container.tooling.decide.approve(approval.approval_id, ANNA, version=1)
    assert (done.status, done.decided_by, done.edited) == (ApprovalStatus.DONE, "anna", False)
    assert account(world, approval) == {"email": "kim@shop.example"}
    assert said(world, conversation) == [
        "Your request to change your e-mail address to kim@shop.example was approved, and it is done."
    ]
    export = world.container.memory.export_customer.export(approval.customer_id)
    assert export.parts["account"] == {"email": "kim@shop.example"}
    assert world.sockets.types("s0")[-1] == "event"
    assert world.sockets.frames["s0"][-1]["detail"]["approval"]["status"] == "done"


def test_an_approved_refund_becomes_a_ticket_that_people_see_to(world: World) -> None:
    conversation = world.open()
    _, approval = requested(world, conversation, "I want a refund for invoice 12", action="refund")
    done = world.container.tooling.decide.approve(approval.approval_id, ANNA, version=1, note="Checked.")
    ticket = world.container.tickets.get(done.ticket_id)
    assert (ticket.queue.value, ticket.priority.value) == ("people", "high")
    assert "I want a refund for invoice 12" in ticket.description
    (_, note) = world.container.tickets.events(done.ticket_id)
    assert (note.note, note.internal, note.by) == ("Approved by anna. Checked.", True, "anna")
    assert "Checked." not in ticket.description
    assert said(world, conversation)[-1].endswith(f"under ticket {done.ticket_id}.")


def test_the_person_may_change_what_is_carried_out_within_the_tools_schema(world: World) -> None:
    from firstline.domain.tool_errors import InvalidToolArgumentsError

    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide
    with pytest.raises(InvalidToolArgumentsError):
        decide.approve(approval.approval_id, ANNA, version=1, arguments={**MAIL, "value": "nowhere"})
    assert status_of(world, approval) is ApprovalStatus.PENDING
    done = decide.approve(approval.approval_id, ANNA, version=1, arguments={**MAIL, "value": "kim@mail.example"})
    assert (done.edited, account(world, approval)) == (True, {"email": "kim@mail.example"})
    assert "kim@mail.example" in said(world, conversation)[-1]


def test_a_rejection_is_told_with_its_note_and_changes_nothing(world: World) -> None:
    conversation, approval = changed_mail(world)
    world.container.tooling.decide.reject(approval.approval_id, ANNA, version=1, note="Please call us.")
    assert account(world, approval) == {}
    assert said(world, conversation)[-1].endswith("was not approved. Please call us.")


def test_pressed_twice_it_is_carried_out_once_and_the_second_answer_is_the_first(world: World) -> None:
    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide
    first = decide.approve(approval.approval_id, ANNA, version=1)
    assert decide.approve(approval.approval_id, ANNA, version=1) == first
    assert decide.approve(approval.approval_id, ANNA, version=None) == first
    with pytest.raises(ApprovalDecidedError):
        decide.approve(approval.approval_id, ANNA, version=1, arguments={**MAIL, "value": "other@mail.example"})
    with pytest.raises(ApprovalDecidedError):
        decide.reject(approval.approval_id, ANNA, version=1)
    assert len(said(world, conversation)) == 1


def test_of_two_people_at_once_one_decides_and_the_other_is_told_who(world: World) -> None:
    conversation, approval = changed_mail(world)
    decide, gate = world.container.tooling.decide, threading.Barrier(8)
    ends: list[str] = []

    def at_once(person: Principal, *, approve: bool) -> None:
        gate.wait()
        try:
            (decide.approve if approve else decide.reject)(approval.approval_id, person, version=1)
            ends.append(person.user_id)
        except ApprovalDecidedError as error:
            ends.append(str(error))

    people = [Principal(f"p{n}", Role.AGENT) for n in range(8)]
    threads = [
        threading.Thread(target=at_once, args=(p,), kwargs={"approve": n % 2 == 0}) for n, p in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [end for end in ends if end.startswith("p") and len(end) == 2]
    assert sorted(end.split()[0] for end in ends) == [winner] * 8
    assert len(said(world, conversation)) == 1
    assert account(world, approval) == ({"email": "kim@shop.example"} if int(winner[1]) % 2 == 0 else {})


def test_a_version_that_does_not_stand_is_refused(world: World) -> None:
    _, approval = changed_mail(world)
    with pytest.raises(ApprovalChangedError):
        world.container.tooling.decide.approve(approval.approval_id, ANNA, version=2)


def test_killed_between_the_decision_and_its_effect_the_sweep_goes_on_exactly_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide
    tool = decide._tools["update_account"]

    class KilledError(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as during:
        during.setattr(tool, "carry_out", killed)
        with pytest.raises(KilledError):
            decide.approve(approval.approval_id, ANNA, version=1)
    assert status_of(world, approval) is ApprovalStatus.APPROVED
    assert said(world, conversation) == []
    # Pressed again at once: whoever has begun is left to it for a while.
    assert decide.approve(approval.approval_id, ANNA, version=1).status is ApprovalStatus.APPROVED
    assert decide.sweep().carried_out == 0
    world.clock.forward(61)
    assert decide.sweep().carried_out == 1
    assert decide.sweep().carried_out == 0
    assert account(world, approval) == {"email": "kim@shop.example"}
    assert len(said(world, conversation)) == 1


def test_a_slow_process_that_was_given_up_writes_nothing_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide
    tool = decide._tools["update_account"]
    carry_out = tool.carry_out
    calls = []

    def slow(given: Approval) -> Any:
        calls.append(given)
        if len(calls) == 1:
            world.clock.forward(61)
            assert decide.sweep().carried_out == 1
        return carry_out(given)

    monkeypatch.setattr(tool, "carry_out", slow)
    assert decide.approve(approval.approval_id, ANNA, version=1).status is ApprovalStatus.DONE
    assert len(calls) == 2
    assert len(said(world, conversation)) == 1


def test_what_cannot_be_carried_out_again_and_again_becomes_a_ticket(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide

    def down(*_: Any) -> None:
        raise StoreUnavailableError("down")

    monkeypatch.setattr(decide._tools["update_account"], "carry_out", down)
    with pytest.raises(StoreUnavailableError):
        decide.approve(approval.approval_id, ANNA, version=1)
    for _ in range(4):
        world.clock.forward(61)
        with pytest.raises(StoreUnavailableError):
            decide.sweep()
    world.clock.forward(61)
    assert decide.sweep().carried_out == 1
    failed = world.container.tooling.approvals.get(approval.approval_id)
    assert failed.status is ApprovalStatus.FAILED
    assert failed.ticket_id in said(world, conversation)[-1]
    assert world.container.tickets.get(failed.ticket_id).subject.startswith("Approved, but not confirmed")


def test_what_nobody_decides_on_expires_and_the_customer_is_told(world: World) -> None:
    conversation, approval = changed_mail(world)
    decide = world.container.tooling.decide
    world.clock.forward(72 * 3600 - 5)
    assert decide.sweep().expired == 0
    world.clock.forward(10)
    with pytest.raises(ApprovalDecidedError, match="expired"):
        decide.approve(approval.approval_id, ANNA, version=1)
    assert decide.sweep().expired == 0
    assert status_of(world, approval) is ApprovalStatus.EXPIRED
    assert len(said(world, conversation)) == 1


def test_the_sweep_lets_expire_and_the_schedule_calls_it(world: World, load_event: Any) -> None:
    conversation, approval = changed_mail(world)
    world.clock.forward(73 * 3600)
    sweep.lambda_handler(load_event("schedule_sweep"), LocalLambdaContext("sweep", "r1", deadline=1e9))
    assert status_of(world, approval) is ApprovalStatus.EXPIRED
    assert "Nobody decided in time" in said(world, conversation)[0]


def test_the_customer_may_go_on_talking_and_hears_of_it_while_a_person_has_the_conversation(world: World) -> None:
    conversation, approval = changed_mail(world)
    world.container.people.own_conversation.take(conversation, BEN)
    world.say(conversation, "are you there?")
    assert world.container.tooling.decide.approve(approval.approval_id, ANNA, version=1).status is ApprovalStatus.DONE
    assert "was approved" in said(world, conversation)[-1]


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def person(world: World, name: str) -> dict[str, str]:
    world.container.identity.manage_users.add(name, PASSWORD, Role.AGENT, name=name.title())
    return bearer(world.container.identity.sign_in.sign_in(name, PASSWORD).token)


def test_people_list_approve_and_reject_over_rest(world: World, http: TestClient) -> None:
    anna, ben = person(world, "anna"), person(world, "ben")
    conversation, approval = changed_mail(world)
    other = waiting_approval(world.container, conversation)
    listed = http.get("/admin/approvals", headers=anna).json()["approvals"]
    assert {entry["approval_id"] for entry in listed} == {approval.approval_id, other}
    (mail,) = [entry for entry in listed if entry["approval_id"] == approval.approval_id]
    assert mail["what"] == "change your e-mail address to kim@shop.example"
    path = f"/admin/approvals/{approval.approval_id}"
    etag = http.get(path, headers=anna).headers["etag"]
    assert http.post(f"{path}/approve", headers=anna).status_code == 428
    assert http.post(f"{path}/approve", headers={**anna, "If-Match": '"7"'}).status_code == 412
    wrong = http.post(f"{path}/approve", headers={**anna, "If-Match": etag}, json={"arguments": {"action": "x"}})
    assert problem_of(wrong)["status"] == 400
    done = http.post(f"{path}/approve", headers={**anna, "If-Match": etag}, json={"note": "fine"})
    assert (done.status_code, done.json()["status"]) == (200, "done")
    again = http.post(f"{path}/approve", headers={**anna, "If-Match": etag}, json={"note": "fine"})
    assert again.json() == done.json()
    late = http.post(f"{path}/reject", headers={**ben, "If-Match": "*"})
    assert late.status_code == 409
    assert "anna has decided" in problem_of(late)["detail"]
    rejected = http.post(f"/admin/approvals/{other}/reject", headers={**ben, "If-Match": '"1"'}, json={"note": "No."})
    assert rejected.json()["status"] == "rejected"
    assert http.get("/admin/approvals", headers=anna).json() == {"approvals": [], "next_cursor": None}
    finished = http.get("/admin/approvals", params={"status": "done"}, headers=anna).json()["approvals"]
    assert [entry["approval_id"] for entry in finished] == [approval.approval_id]


@pytest.mark.parametrize("approval_id", ["nothing", "a-b", "x" * 65, "no%23id", "..", "-"])
def test_an_unknown_approval_is_not_found(world: World, http: TestClient, approval_id: str) -> None:
    answer = http.get(f"/admin/approvals/{approval_id}", headers=person(world, "anna"))
    assert answer.status_code in (404, 422)


def test_the_reply_and_what_waits_are_one_transaction(world: World) -> None:
    conversation = world.open("kim")
    reply = world.ask(conversation, "I want a refund for my last invoice")["reply"]
    assert (reply["action"], reply["reason"]) == ("await_approval", "approval_needed")
    (waiting,) = world.container.tooling.approvals.of_conversation(conversation)
    assert waiting.status is ApprovalStatus.PENDING
    later = world.ask(conversation, "change my e-mail to kim@shop.example")["reply"]
    assert later["action"] == "await_approval"
    assert len(world.container.tooling.approvals.of_conversation(conversation)) == 2


def test_a_turn_whose_answer_was_superseded_leaves_nothing_waiting(world: World) -> None:
    conversation = world.open("kim")
    accepted = world.say(conversation, "I want a refund")
    document = world.run(conversation, accepted, until="RetrieveKnowledge")
    world.say(conversation, "wait, no")
    with pytest.raises(TurnSupersededError):
        world.node("GenerateResponse", document)
    assert world.container.tooling.approvals.of_conversation(conversation) == []
