"""A company's own tools in a turn: its customer alone, once, and what they answer is data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.json_schema import JsonSchemas
from firstline.adapters.local.tool_secrets import EnvironmentToolSecrets
from firstline.domain.approval import ApprovalStatus
from firstline.domain.identity import Principal, Role
from firstline.domain.public_address import PrivateAddressError
from firstline.domain.tool_catalogue import MAX_RESULT_CHARACTERS
from firstline.domain.tool_errors import InvalidCustomToolsError, ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, CustomToolPorts, OutgoingRequest
from firstline.domain.tools import ToolStatus
from tests.component.tool_turns import asked, call, commit, once_more
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT)
TOOLS = {
    "get_order": {
        "description": "Look up an order of the customer",
        "url": "https://shop.example/{customer.user_id}/orders/{order}",
        "risk": "read",
        "secret": "SHOP",
        "arguments": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
    "cancel_order": {
        "description": "Cancel an order of the customer",
        "url": "https://shop.example/cancel",
        "method": "POST",
        "risk": "low_impact_write",
        "arguments": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
    "refund_order": {
        "description": "Pay an order back to the customer",
        "url": "https://shop.example/refund",
        "method": "POST",
        "arguments": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
    "list_offers": {"description": "List the shop's offers", "url": "https://shop.example/offers", "risk": "read",
                    "for_anonymous": True},
}  # fmt: skip


@dataclass
class Shop:
    """The company's system: keeps what it is asked, and answers or fails as it is told."""

    answer: Answer = field(default_factory=lambda: Answer(200, "application/json", b'{"state": "sent"}'))
    error: Exception | None = None
    requests: list[OutgoingRequest] = field(default_factory=list)

    def send(self, request: OutgoingRequest) -> Answer:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return self.answer


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def world(tmp_path: Path, shop: Shop) -> World:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS), encoding="utf-8")
    secrets = EnvironmentToolSecrets({"TOOL_SECRET_SHOP": "s3cret"})
    ports = CustomToolPorts(shop, secrets, JsonSchemas())
    return World(tmp_path, custom_tools=ports, custom_tools_path=str(tmp_path / "tools.json"))


def names(world: World, turn: Any) -> list[str]:
    return [definition.name for definition in world.container.tooling.use.definitions(turn)][9:]


def test_they_are_offered_to_customers_whom_the_company_knows_and_to_visitors_where_declared(world: World) -> None:
    assert names(world, asked(world, world.open("kim"), "hello")) == list(TOOLS)
    visitor = asked(world, world.open(), "hello")
    assert names(world, visitor) == ["list_offers"]
    assert call(world, visitor, "get_order", order="7").status is ToolStatus.REFUSED
    assert call(world, visitor, "list_offers").status is ToolStatus.DONE


def test_the_request_carries_the_sessions_customer_and_the_secret(world: World, shop: Shop) -> None:
    outcome = call(world, asked(world, world.open("kim"), "where is my order 7?"), "get_order", order="7")
    assert json.loads(outcome.content) == {"response": {"state": "sent"}}
    (request,) = shop.requests
    assert request.url == "https://shop.example/kim/orders/7"
    assert (request.headers["Authorization"], request.headers["Firstline-Customer"]) == ("Bearer s3cret", "kim")
    assert "s3cret" not in outcome.content


def test_arguments_that_do_not_fit_never_leave(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "where is my order?")
    for arguments in ({}, {"order": 7}, {"order": ".."}, {"order": "x" * 9_000}):
        assert call(world, turn, "get_order", **arguments).status is ToolStatus.REFUSED
    assert shop.requests == []


def test_what_changes_something_needs_the_customers_words(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "How do I reset a forgotten password?")
    assert call(world, turn, "cancel_order", order="7").status is ToolStatus.REFUSED
    assert shop.requests == []
    wanted = asked(world, world.open("kim"), "please cancel my order 7")
    assert call(world, wanted, "cancel_order", order="7").status is ToolStatus.DONE


def test_a_change_is_asked_for_once_per_turn_whatever_attempt(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "please cancel my order 7")
    first = call(world, turn, "cancel_order", order="7")
    second = call(world, once_more(world, turn), "cancel_order", order="7")
    assert first == second
    assert len(shop.requests) == 1
    assert shop.requests[0].headers["Idempotency-Key"]


def test_what_may_or_may_not_have_gone_through_is_never_repeated(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "please cancel my order 7")
    shop.error = ToolUncertainError("no answer")
    assert call(world, turn, "cancel_order", order="7").status is ToolStatus.FAILED
    shop.error = None
    again = call(world, once_more(world, turn), "cancel_order", order="7")
    assert again.status is ToolStatus.FAILED
    assert "not known" in again.content
    assert len(shop.requests) == 1


def test_an_attempt_that_died_in_the_middle_of_a_call_is_not_repeated(world: World, shop: Shop) -> None:
    class KilledError(BaseException):
        pass

    turn = asked(world, world.open("kim"), "please cancel my order 7")
    shop.error = KilledError()  # type: ignore[assignment]
    with pytest.raises(KilledError):
        call(world, turn, "cancel_order", order="7")
    shop.error = None
    assert call(world, once_more(world, turn), "cancel_order", order="7").status is ToolStatus.FAILED
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(404, "application/json", b'{"error": "no such order"}'), ToolStatus.REFUSED),
        (Answer(302, "", b""), ToolStatus.FAILED),
        (Answer(500, "", b""), ToolStatus.FAILED),
        (Answer(200, "application/json", b"{broken"), ToolStatus.DONE),
        (Answer(200, "application/json", b"[" * 50_000), ToolStatus.DONE),
        (Answer(200, "text/plain", b"\xff\xfe" * 30_000), ToolStatus.DONE),
        (Answer(200, "application/json", json.dumps({"a": ["x" * 50] * 1_000}).encode()), ToolStatus.DONE),
    ],
)
def test_whatever_comes_back_is_bounded_data(world: World, shop: Shop, answer: Answer, status: ToolStatus) -> None:
    shop.answer = answer
    outcome = call(world, asked(world, world.open("kim"), "where is my order 7?"), "get_order", order="7")
    assert outcome.status is status
    assert len(outcome.content) <= MAX_RESULT_CHARACTERS
    assert isinstance(json.loads(outcome.content), dict)


@pytest.mark.parametrize("error", [PrivateAddressError("private"), ToolFailedError("down")])
def test_a_tool_that_cannot_be_called_has_failed(world: World, shop: Shop, error: Exception) -> None:
    shop.error = error
    outcome = call(world, asked(world, world.open("kim"), "where is my order 7?"), "get_order", order="7")
    assert outcome.status is ToolStatus.FAILED


def test_one_without_a_risk_class_waits_for_a_person_and_is_then_carried_out_once(world: World, shop: Shop) -> None:
    conversation = world.open("kim")
    turn = asked(world, conversation, "please refund my order 7")
    outcome = call(world, turn, "refund_order", order="7")
    assert outcome.status is ToolStatus.WAITS_FOR_APPROVAL
    assert shop.requests == []
    commit(world, turn, outcome)
    decide = world.container.tooling.decide
    for _ in range(2):
        assert decide.approve(outcome.approval_id, ANNA, version=1).status is ApprovalStatus.DONE
    (request,) = shop.requests
    assert json.loads(request.body or b"")["arguments"] == {"order": "7"}
    assert request.headers["Idempotency-Key"] == outcome.approval_id
    events = world.container.conversations.events(conversation)
    assert events[-1].text == "Your request to refund order was approved, and it was carried out."


def test_an_approved_call_without_an_answer_is_not_repeated_but_given_to_people(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "please refund my order 7")
    outcome = call(world, turn, "refund_order", order="7")
    commit(world, turn, outcome)
    shop.error = ToolUncertainError("no answer")
    failed = world.container.tooling.decide.approve(outcome.approval_id, ANNA, version=1)
    assert failed.status is ApprovalStatus.FAILED
    assert "refund order" in world.container.tickets.get(failed.ticket_id).subject
    world.clock.forward(3_600)
    world.container.tooling.decide.sweep()
    assert len(shop.requests) == 1


def test_declarations_without_anything_to_call_them_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS), encoding="utf-8")
    with pytest.raises(InvalidCustomToolsError):
        World(tmp_path, custom_tools_path=str(tmp_path / "tools.json"))
