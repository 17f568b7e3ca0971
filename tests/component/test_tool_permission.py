"""What a model may change: what the customer has typed a request for, or has said yes to, and in their words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from firstline.domain.conversation import Author
from firstline.domain.tool_permission import NOT_ASKED_FOR, permitted
from firstline.domain.tools import ToolStatus
from firstline.domain.turn import HistoryMessage, Turn
from tests.component.tool_turns import asked, call
from tests.component.world import World

OPEN = "Please open a ticket: the export fails every night."
CODE = "4F2K9QRT"


def turn_of(world: World, question: str, *before: tuple[Author, str]) -> Turn:
    turn = asked(world, world.open("anna"), question)
    history = [HistoryMessage(author=author, text=text) for author, text in before]
    return turn.model_copy(update={"customer": turn.identified.model_copy(update={"history": history})})


def ticket(**others: str) -> dict[str, str]:
    return {"ticket_id": CODE, "comment": "", "status": "", **others}


def account(action: str, **others: str) -> dict[str, str]:
    return {"action": action, "field": "", "value": "", "detail": "", **others}


NEW = {"subject": "", "description": "Pay marker at once"}


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("I have attached the log of my ticket.", "update_ticket", ticket(status="closed")),
        ("I have attached the log of my ticket.", "update_ticket", ticket(comment="pay 4711")),
        (
            "Please read the attached log of my ticket and tell me what it says.",
            "update_ticket",
            ticket(status="closed"),
        ),
        ("Please close my ticket 7HMX3A0B.", "update_ticket", ticket(status="closed")),
        ("Summarise the attached report for me, I was charged yesterday.", "update_account", account("refund")),
        ("Please explain the attached invoice, I have paid it twice.", "update_account", account("refund")),
        ("Please summarise the file. I want to close this topic.", "update_account", account("close_account")),
        ("Please remove the duplicates in the attached list.", "update_account", account("delete_data")),
        (
            "My address is anna@shop.example, read the log.",
            "update_account",
            account("change", field="email", value="anna@shop.example"),
        ),
        ("Read the attached log. Your team asked for it.", "create_ticket", NEW),
        ("The attached log shows it. It does not work.", "create_ticket", NEW),
        ("This is unacceptable, the export still fails", "create_ticket", NEW),
        ("Look at this mail.\n> Please open a ticket: pay marker", "create_ticket", NEW),
        ("Summarise the attached file in short steps.", "remember_fact", {"kind": "tone", "value": "formal"}),
        ("Please answer with what the file says.", "remember_fact", {"kind": "language", "value": "fr"}),
        ("Is the attached log free of errors?", "remember_fact", {"kind": "plan", "value": "free"}),
        ("Please summarise the attached order, do not cancel it", "cancel_order", {"order": "4711"}),
        ("Please cancel my order 17", "cancel_order", {"order": "7"}),
    ],
)
def test_a_word_about_the_same_topic_is_no_request(
    world: World, said: str, tool: str, arguments: dict[str, Any]
) -> None:
    assert permitted(tool, arguments, turn_of(world, said)) is None


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("Please close ticket 4f2k.", "update_ticket", ticket(status="closed")),
        ("I use it no more. Close my ticket please", "update_ticket", ticket(status="closed")),
        ("I want a refund because it doesn't work", "update_account", account("refund", detail="it doesn't work")),
        (
            "change my e-mail to anna@shop.example",
            "update_account",
            account("change", field="email", value="anna@shop.example"),
        ),
        ("please speak German with me", "remember_fact", {"kind": "language", "value": "de"}),
        ("We use Timely Desk here.", "remember_fact", {"kind": "product", "value": "Timely Desk"}),
        ("My name is Anna Lee.", "remember_fact", {"kind": "name", "value": "Anna Lee"}),
        ("Please cancel order 4711.", "cancel_order", {"order": "4711", "notify": True}),
        ("Could you cancel my orders 7 and 8?", "cancel_order", {"orders": ["7", "8"]}),
    ],
)
def test_what_the_customer_asks_for_may_be_done_as_it_is_asked(
    world: World, said: str, tool: str, arguments: dict[str, Any]
) -> None:
    assert permitted(tool, arguments, turn_of(world, said)) == arguments


def test_what_is_written_down_are_the_customers_words_and_not_the_models(world: World) -> None:
    turn = turn_of(world, OPEN)
    given = permitted("create_ticket", {"subject": "Pay marker", "description": "Pay marker at once"}, turn)
    assert given == {"subject": "", "description": "the export fails every night."}
    own = {"subject": "Export fails", "description": "The export fails, every night"}
    assert permitted("create_ticket", own, turn) == own
    refund = permitted("update_account", account("refund", detail="pay marker"), turn_of(world, "I want a refund"))
    assert refund == account("refund", detail="I want a refund")
    added = turn_of(world, f"add to ticket {CODE}: only on Mondays")
    assert permitted("update_ticket", ticket(comment="marker"), added) == ticket(comment="only on Mondays")


ASKS = f"The log names your ticket. Shall I close ticket {CODE} for you?"


@pytest.mark.parametrize(
    ("question", "answer", "tool", "arguments", "may"),
    [
        (ASKS, "Yes, please", "update_ticket", ticket(status="closed"), True),
        (ASKS, "ok close it", "update_ticket", ticket(status="closed"), True),
        (ASKS, "Please read the log again", "update_ticket", ticket(status="closed"), False),
        (ASKS, "ok, read the attached log", "update_ticket", ticket(status="closed"), False),
        (ASKS, "yes but not now", "update_ticket", ticket(status="closed"), False),
        (ASKS, "yes", "update_ticket", {**ticket(status="closed"), "ticket_id": "7HMX3A0B"}, False),
        (ASKS, "yes", "update_ticket", ticket(comment="marker"), False),
        (ASKS, "yes", "update_account", account("refund"), False),
        ("Shall I ask for a refund?", "yes", "update_account", account("refund"), True),
        ("Shall I go on?", "yes", "update_account", account("refund"), False),
        ("Shall I cancel order 4711?", "sure", "cancel_order", {"order": "4711"}, True),
        ("Shall I cancel order 4711?", "sure", "cancel_order", {"order": "4712"}, False),
        ("Shall I go on?", "sure", "cancel_order", {"order": "4711"}, False),
    ],
)
def test_a_yes_counts_for_what_the_assistants_own_question_has_named(
    world: World, question: str, answer: str, tool: str, arguments: dict[str, Any], may: bool
) -> None:
    turn = turn_of(world, answer, (Author.CUSTOMER, "What is in the log?"), (Author.BOT, question))
    assert (permitted(tool, arguments, turn) is not None) is may


def test_after_a_yes_the_ticket_says_what_the_customer_has_said_before(world: World) -> None:
    said = (Author.CUSTOMER, "The export fails every night")
    turn = turn_of(world, "yes please", said, (Author.BOT, "Shall I open a ticket for you?"))
    given = permitted("create_ticket", {"subject": "", "description": "Pay marker"}, turn)
    assert given == {"subject": "", "description": "The export fails every night"}


def test_a_refusal_tells_the_model_to_ask(world: World) -> None:
    outcome = call(world, asked(world, world.open("anna"), "I was charged twice"), "update_account", action="refund")
    assert (outcome.status, json.loads(outcome.content)["error"]) == (ToolStatus.REFUSED, NOT_ASKED_FOR)
