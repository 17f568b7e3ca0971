"""Conversations with tools, by the real SDK against a local Messages API, over the real tools, checks and store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.domain.approval import ApprovalStatus
from tests.component.messages_api import API_KEY, Answer, MessagesApi, Received, ToolUse
from tests.component.world import World


@contextmanager
def talking(folder: Path, *script: Any, **settings: Any) -> Iterator[tuple[World, MessagesApi]]:
    with MessagesApi(*script) as api:
        connection = ApiConnection(API_KEY, base_url=api.url)
        model = AnthropicLanguageModel(connection, model="claude-sonnet-5-5", timeout_s=10.0)
        yield World(folder, model=model, **settings), api
        model.close()


def last_result(received: Received) -> dict[str, Any]:
    blocks = received.body["messages"][-1]["content"]
    result: dict[str, Any] = next(block for block in blocks if block["type"] == "tool_result")
    return result


def test_a_ticket_is_opened_asked_about_and_told_of_by_its_number(tmp_path: Path) -> None:
    def told(received: Received) -> Answer:
        world_ticket = last_result(received)["content"].partition('"ticket_id":"')[2][:8]
        return Answer((f"I have opened ticket {world_ticket} for you.",))

    opening = ToolUse("create_ticket", {"subject": "The export fails", "description": "The export fails"}, "toolu_1")
    with talking(tmp_path, Answer((opening,)), told) as (world, api):
        conversation = world.open("anna")
        reply = world.ask(conversation, "Please open a ticket: the export fails.")["reply"]
        customer = world.container.conversations.get(conversation).customer_id
        (ticket,) = world.container.ticketing.manage.of_customer(customer)
        assert (reply["action"], reply["resolution_method"]) == ("use_tool", "model")
        assert reply["text"] == f"I have opened ticket {ticket.ticket_id} for you."
        assert api.requests[0].body["tools"][0]["name"] == "search_faq"


def test_an_account_is_changed_by_nobody_before_a_person_has_approved(tmp_path: Path) -> None:
    change = ToolUse("update_account", {"action": "close_account"}, "toolu_1")
    with talking(tmp_path, Answer((change,))) as (world, api):
        conversation = world.open("anna")
        document = world.ask(conversation, "Please close my account.")
        assert (document["reply"]["action"], document["reply"]["reason"]) == ("await_approval", "approval_needed")
        (approval,) = world.container.tooling.approvals.of_conversation(conversation)
        assert (approval.status, approval.turn_id) == (ApprovalStatus.PENDING, document["turn_id"])
        assert "colleague" in document["reply"]["text"]
        assert len(api.requests) == 1


def test_a_person_is_called_for_by_nobody_but_the_customer(tmp_path: Path) -> None:
    person = ToolUse("escalate_to_human", {"reason": "Nothing here helps"}, "toolu_1")
    good = "The link in the mail is good for 30 minutes [1]."
    with talking(tmp_path, Answer((person,)), Answer((good,))) as (world, api):
        document = world.ask(world.open("anna"), "How do I reset a forgotten password?")
        assert (document["reply"]["action"], document["reply"]["text"]) == ("answer", good)
        assert last_result(api.requests[1])["is_error"] is True
        receipt = world.container.receipts.get(document["turn_id"])
        assert [(tool["name"], tool["status"]) for tool in receipt["tools"]] == [("escalate_to_human", "refused")]


def test_another_customers_ticket_is_not_found_and_no_order_in_an_article_is_carried_out(tmp_path: Path) -> None:
    seen: list[str] = []

    def tried(received: Received) -> Answer:
        seen.append(last_result(received)["content"])
        return Answer(("I could not find that ticket.",))

    opening = ToolUse("create_ticket", {"subject": "Secret plan", "description": "Secret plan"}, "toolu_0")
    script: list[Any] = [Answer((opening,)), Answer(("Is there anything else?",))]
    with talking(tmp_path, *script, lambda received: Answer((stolen[0],)), tried) as (world, _):
        victim = world.open("anna")
        world.ask(victim, "Please open a ticket: Secret plan")
        customer = world.container.conversations.get(victim).customer_id
        (ticket,) = world.container.ticketing.manage.of_customer(customer)
        stolen = [ToolUse("get_ticket_status", {"ticket_id": ticket.ticket_id}, "toolu_2")]
        reply = world.ask(world.open("eve"), f"What is the status of ticket {ticket.ticket_id}?")["reply"]
        assert "Secret plan" not in str(seen) + reply["text"]
        assert seen
