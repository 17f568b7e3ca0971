"""A company's own tools in a turn: its customer alone, once, and what they answer is data."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.json_schema import JsonSchemas
from firstline.adapters.local.tool_secrets import EnvironmentToolSecrets
from firstline.domain.approval import ApprovalStatus
from firstline.domain.identity import Principal, Role
from firstline.domain.public_address import PrivateAddressError
from firstline.domain.tool_catalogue import MAX_RESULT_CHARACTERS
from firstline.domain.tool_errors import InvalidCustomToolsError, ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, CustomToolPorts, OutgoingRequest
from firstline.domain.tools import ToolStatus
from tests.component.messages_api import API_KEY, MessagesApi, Received, ToolUse
from tests.component.messages_api import Answer as ModelAnswer
from tests.component.tool_turns import asked, call, commit, once_more
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT)
TOOLS: dict[str, dict[str, Any]] = {
    "get_order": {
        "description": "Look up an order of the customer",
        "url": "https://shop.example/{customer.user_id}/orders/{order}",
        "risk": "read",
        "secret": "SHOP",  # pragma: allowlist secret
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
        World(tmp_path, custom_tools_path=str(tmp_path / "tools.json")).container.complete()


@pytest.mark.parametrize("last", ["We will refund you 4711 dollars, guaranteed.", ""])
def test_an_action_that_no_article_is_about_reaches_the_tool_and_is_told_even_where_the_models_words_fail(
    tmp_path: Path, shop: Shop, last: str
) -> None:
    def script(received: Received) -> ModelAnswer:
        done = any(message["role"] == "assistant" for message in received.body["messages"])
        return ModelAnswer((last,) if done else (ToolUse("cancel_order", {"order": "4711"}, "t1"),))

    (tmp_path / "tools.json").write_text(json.dumps(TOOLS), encoding="utf-8")
    ports = CustomToolPorts(shop, EnvironmentToolSecrets({}), JsonSchemas())
    with MessagesApi(script) as api:
        connection = ApiConnection(API_KEY, base_url=api.url)
        with closing(AnthropicLanguageModel(connection, model="claude-sonnet-5-5", timeout_s=10.0)) as model:
            path = str(tmp_path / "tools.json")
            world = World(tmp_path, model=model, custom_tools=ports, custom_tools_path=path)
            reply = world.ask(world.open("kim"), "Please cancel order 4711.")["reply"]
    assert len(shop.requests) == 1
    assert (reply["action"], reply["reason"]) == ("use_tool", "action_requested")
    assert reply["text"] == "I have done this for you: cancel order."


def test_a_second_attempt_in_other_words_asks_for_nothing_again(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "please cancel my order 7")
    first = call(world, turn, "cancel_order", order="7")
    assert call(world, once_more(world, turn), "cancel_order", order="order 7") == first
    assert len(shop.requests) == 1


def test_a_customer_whose_id_no_header_can_hold_is_sent_in_percents(world: World, shop: Shop) -> None:
    for user_id, sent in (("\u5c71\u7530", "%E5%B1%B1%E7%94%B0"), ("a b%", "a%20b%25"), ("kim@shop", "kim@shop")):
        call(world, asked(world, world.open(user_id), "where is my order 7?"), "get_order", order="7")
        assert shop.requests[-1].headers["Firstline-Customer"] == sent
        assert shop.requests[-1].headers["Firstline-Customer"].isascii()


def test_what_is_no_text_is_refused(world: World, shop: Shop) -> None:
    turn = asked(world, world.open("kim"), "please cancel my order \ud7ff")
    assert call(world, turn, "cancel_order", order="\ud800").status is ToolStatus.REFUSED
    assert shop.requests == []


def test_the_time_that_a_tool_declares_is_the_time_that_it_has(tmp_path: Path, shop: Shop) -> None:
    release, began = threading.Event(), threading.Event()

    class Slow(Shop):
        def send(self, request: OutgoingRequest) -> Answer:
            began.set()
            release.wait(10)
            return super().send(request)

    tools = {"cancel_order": TOOLS["cancel_order"] | {"timeout_s": 20}, "get_order": TOOLS["get_order"]}
    tools["get_order"] = {**TOOLS["get_order"], "timeout_s": 0.1, "url": "https://shop.example/{order}"}
    del tools["get_order"]["secret"]
    (tmp_path / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    ports = CustomToolPorts(Slow(), EnvironmentToolSecrets({}), JsonSchemas())
    world = World(tmp_path, tool_timeout_s=0.1, custom_tools=ports, custom_tools_path=str(tmp_path / "tools.json"))
    turn = asked(world, world.open("kim"), "please cancel my order 7")
    # Longer than the setting's time, and than another tool's whole time, of which it waits the end.
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call(world, turn, "cancel_order", order="7")))
    thread.start()
    assert began.wait(10)
    assert call(world, turn, "get_order", order="7").status is ToolStatus.FAILED
    assert answers == []
    release.set()
    thread.join()
    assert answers[0].status is ToolStatus.DONE
