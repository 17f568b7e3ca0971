"""Scripted conversations with tools, end to end: the real SDK, the chain, the tools, the checks, the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.model_chain import Link, ModelChain
from tests.component.messages_api import API_KEY, Answer, Failure, MessagesApi, Received, Thought, ToolUse
from tests.component.world import World

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"
QUESTION = "How do I export timesheets?"
TRUE = ("Timesheets are exported as CSV ", "from the Reports page [1].")
INVOICES = """---
title: Invoices
category: billing_inquiry
language: en
---
## When invoices are sent

Invoices are sent on the first day of each month.
"""
DOWN = Failure(529, "overloaded_error", {"retry-after": "60"})


class Talk:
    """A world whose models are local servers, and what they were asked."""

    def __init__(self, folder: Path, *scripts: tuple[Any, ...], **settings: Any) -> None:
        self.folder, self.opened = folder, ExitStack()
        self.apis = [self.opened.enter_context(MessagesApi(*script)) for script in scripts]
        links = []
        for name, api in zip((SONNET, HAIKU), self.apis, strict=False):
            connection = ApiConnection(API_KEY, base_url=api.url)
            model = AnthropicLanguageModel(connection, model=name, timeout_s=10.0)
            links.append(Link(name, self.opened.enter_context(closing(model))))
        self.world = World(folder, model=ModelChain(links, total_s=30.0), **settings)
        self.id = self.world.open("anna")

    def ask(self, text: str) -> dict[str, Any]:
        reply: dict[str, Any] = self.world.ask(self.id, text)["reply"]
        return reply

    def results(self) -> list[str]:
        """Return what tools told the first model, last request."""
        content = self.apis[0].requests[-1].body["messages"][-1]["content"]
        return [block["content"] for block in content if block["type"] == "tool_result"]


@pytest.fixture
def talks(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as opened:

        def make(*scripts: tuple[Any, ...], **settings: Any) -> Talk:
            talk = Talk(tmp_path, *scripts, **settings)
            opened.push(talk.opened)
            return talk

        yield make


def test_a_model_searches_again_and_answers_from_what_it_found(talks: Any) -> None:
    def cite(received: Received) -> Answer:
        (block,) = received.body["messages"][-1]["content"]
        number = block["content"].partition('number="')[2].partition('"')[0]
        return Answer((f"Invoices are sent on the first day of each month [{number}].",))

    search = ToolUse("search_faq", {"query": "when are invoices sent"})
    # So few tokens that only the article about the question is given at first.
    talk = talks((Answer((Thought("I look once more."), search)), cite), context_tokens=100)
    (talk.folder / "knowledge" / "articles" / "invoices.md").write_text(INVOICES, encoding="utf-8")
    talk.world.container.ingest_knowledge.sync()
    reply = talk.ask(QUESTION)
    assert "Invoices are sent on the first day of each month." in talk.results()[0]
    assert reply["text"].startswith("Invoices are sent on the first day of each month [")
    assert [citation["source"] for citation in reply["citations"]] == ["articles/invoices.md"]
    assert reply["model"] == SONNET


def test_a_ticket_that_the_customer_asks_for_is_opened_once_and_its_number_told(talks: Any) -> None:
    def tell(received: Received) -> Answer:
        told = received.body["messages"][-1]["content"][-1]["content"]
        return Answer((f"Your ticket is open: {told}.",)) if "ticket" in told else Answer(("Nothing was opened.",))

    wanted = ToolUse("create_ticket", {"description": "The export of timesheets fails"})
    talk = talks((Answer((wanted, ToolUse("search_faq", {"query": "export"}, "toolu_2"))), tell))
    talk.ask("Please open a ticket: the export of timesheets fails. How do I export timesheets?")
    conversation = talk.world.container.conversations.get(talk.id)
    tickets = talk.world.container.ticketing.manage.of_customer(conversation.customer_id)
    assert [ticket.description for ticket in tickets] == ["The export of timesheets fails"]


def test_arguments_that_a_tool_does_not_take_are_told_and_the_model_mends_them(talks: Any) -> None:
    wrong = ToolUse("search_faq", {"words": "export", "customer_id": "someone"})
    talk = talks((Answer((wrong,)), Answer(TRUE)))
    assert talk.ask(QUESTION)["text"] == "".join(TRUE)
    (block,) = talk.apis[0].requests[-1].body["messages"][-1]["content"]
    assert block["is_error"] is True


def test_a_model_that_dies_half_way_is_withdrawn_and_the_next_one_answers_the_whole_anew(talks: Any) -> None:
    half = Answer(("You can reset a forgotten password yourself [1]. ", "The link "), ending="overloaded_error")
    talk = talks((half,), (Answer(TRUE),))
    reply = talk.ask(QUESTION)
    assert (reply["text"], reply["model"], reply["resolution_method"]) == ("".join(TRUE), HAIKU, "model")
    frames = [frame for frame in talk.world.sockets.frames["s0"] if frame["type"] in {"delta", "superseded", "reply"}]
    kinds = [frame["type"] for frame in frames]
    anew = frames[kinds.index("superseded") + 1 :]
    assert "".join(frame["text"] for frame in anew if frame["type"] == "delta").strip() == reply["text"]
    assert reply["cost_usd"] == pytest.approx((100 * 0.1 + 20 * 0.5) / 1e6)


def test_a_model_that_is_down_is_passed_over_in_silence(talks: Any) -> None:
    talk = talks((DOWN,), (Answer(TRUE),))
    assert talk.ask(QUESTION)["model"] == HAIKU
    assert "superseded" not in [frame["type"] for frame in talk.world.sockets.frames["s0"]]


def test_with_every_model_down_the_articles_own_words_answer(talks: Any) -> None:
    talk = talks((DOWN,), (DOWN,))
    reply = talk.ask(QUESTION)
    assert (reply["resolution_method"], reply["model"]) == ("extractive", "")
    assert "Timesheets are exported as CSV from the Reports page" in reply["text"]


def test_a_tool_round_of_one_model_can_be_finished_by_another(talks: Any) -> None:
    search = Answer((Thought("Only mine."), ToolUse("search_faq", {"query": "export"})))
    talk = talks((search, DOWN), (Answer(TRUE),))
    reply = talk.ask(QUESTION)
    assert (reply["text"], reply["model"]) == ("".join(TRUE), HAIKU)
    # The thoughts of one model are not shown to the other, whose server would refuse them.
    kinds = [block["type"] for block in talk.apis[1].requests[-1].body["messages"][1]["content"]]
    assert kinds == ["tool_use"]
