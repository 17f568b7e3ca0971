"""Tools through the real SDK: definitions out, calls gathered from the stream, results and thoughts back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.domain.errors import LanguageModelUnavailableError
from firstline.domain.language_model import (
    ModelEvent,
    ModelFinished,
    ModelMessage,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from tests.component.messages_api import API_KEY, Answer, MessagesApi, Thought, ToolUse

STATUS = ToolDefinition(
    "get_ticket_status",
    "Tells how a ticket of this customer stands.",
    {"type": "object", "properties": {"ticket": {"type": "string"}}, "required": ["ticket"]},
)
SEARCH = ToolDefinition("search_faq", "Searches the articles.", {"type": "object", "properties": {}})
QUESTION = ModelMessage("user", "What about ticket 4F2K?")
REQUEST = ModelRequest("You answer customers.", (QUESTION,), max_tokens=200, temperature=0.3, tools=(SEARCH, STATUS))
ASKED = ToolUse("get_ticket_status", {"ticket": "4F2K", "note": 'a "quoted" Ü'}, "toolu_a")
MARK = {"cache_control": {"type": "ephemeral"}}


def model_for(api: MessagesApi, name: str = "claude-sonnet-5-5") -> AnthropicLanguageModel:
    return AnthropicLanguageModel(ApiConnection(API_KEY, base_url=api.url), model=name, timeout_s=10.0)


def events_of(answer: Answer) -> list[ModelEvent]:
    with MessagesApi(answer) as api, closing(model_for(api)) as model:
        return list(model.stream(REQUEST))


def results_for(events: list[ModelEvent], *texts: str, said: str = "") -> tuple[ModelMessage, ModelMessage]:
    """Return the messages that carry calls and results on, as the answering loop makes them."""
    calls = tuple(event for event in events if isinstance(event, ToolCall))
    results = tuple(ToolResult(call.call_id, text) for call, text in zip(calls, texts, strict=True))
    return ModelMessage("assistant", said, tool_calls=calls), ModelMessage("user", "", tool_results=results)


@pytest.mark.parametrize("pieces", [1, 2, 7, 60])
def test_a_call_is_given_whole_however_its_arguments_are_cut(pieces: int) -> None:
    events = events_of(Answer((ToolUse(ASKED.name, ASKED.arguments, "toolu_a", pieces),)))
    assert events[0] == ToolCall("toolu_a", "get_ticket_status", {"ticket": "4F2K", "note": 'a "quoted" Ü'})
    assert isinstance(events[1], ModelFinished)
    assert events[1].stop_reason == "tool_use"


def test_text_before_between_and_after_parallel_calls_keeps_its_place() -> None:
    other = ToolUse("search_faq", {}, "toolu_b")
    events = events_of(Answer(("Let me ", "look. ", ASKED, "And ", other, "Done."), stop_reason="end_turn"))
    assert [event.text if isinstance(event, TextDelta) else type(event).__name__ for event in events] == [
        "Let me ",
        "look. ",
        "ToolCall",
        "And ",
        "ToolCall",
        "Done.",
        "ModelFinished",
    ]
    assert events[4] == ToolCall("toolu_b", "search_faq", {})


@pytest.mark.parametrize("arguments", ['{"ticket": "4F2', "[1]", "null", '{"n": NaN}', "{'ticket': 1}", "4"])
def test_arguments_that_are_no_json_object_are_a_failure_by_name_and_never_a_call(arguments: str) -> None:
    seen: list[ModelEvent] = []
    with MessagesApi(Answer(("Hm. ", ToolUse("search_faq", arguments)))) as api, closing(model_for(api)) as model:
        with pytest.raises(LanguageModelUnavailableError, match="search_faq"):
            for event in model.stream(REQUEST):
                seen.append(event)
        assert len(api.requests) == 1
    assert seen == [TextDelta("Hm. ")]


def test_malformed_arguments_before_anything_else_are_tried_once_more() -> None:
    with MessagesApi(Answer((ToolUse("search_faq", '{"a'),)), Answer((ASKED,))) as api:
        with closing(model_for(api)) as model:
            events = list(model.stream(REQUEST))
        assert len(api.requests) == 2
    assert isinstance(events[0], ToolCall)


def test_a_call_that_the_token_limit_cut_off_is_no_call() -> None:
    api = MessagesApi(Answer(("I look. ", ToolUse("search_faq", '{"query": "exp')), stop_reason="max_tokens"))
    with api, closing(model_for(api)) as model, pytest.raises(LanguageModelUnavailableError):
        list(model.stream(REQUEST))


def test_definitions_results_and_marks_have_the_documented_form() -> None:
    talk = (ModelMessage("user", "Hi"), ModelMessage("assistant", "Hello!"), QUESTION)
    with MessagesApi(Answer(("I look.", ASKED)), Answer(("It is open.",))) as api, closing(model_for(api)) as model:
        first = list(model.stream(with_messages(*talk)))
        calls, results = results_for(first, '{"state": "open"}', said="I look.")
        failed = ToolResult(results.tool_results[0].call_id, "{}", is_error=True)
        results = ModelMessage("user", "", tool_results=(failed,))
        last = list(model.stream(with_messages(*talk, calls, results)))[-1]
        bodies = [received.body for received in api.requests]
    assert bodies[0]["tools"] == [
        {"name": "search_faq", "description": "Searches the articles.", "input_schema": dict(SEARCH.input_schema)},
        {
            "name": "get_ticket_status",
            "description": "Tells how a ticket of this customer stands.",
            "input_schema": dict(STATUS.input_schema),
            **MARK,
        },
    ]
    assert bodies[0]["messages"][1]["content"] == [{"type": "text", "text": "Hello!", **MARK}]
    assert bodies[0]["messages"][2]["content"] == "What about ticket 4F2K?"
    assert bodies[1]["messages"][3] == {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_a", "name": "get_ticket_status", "input": ASKED.arguments},
        ],
    }
    assert bodies[1]["messages"][4]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_a", "content": "{}", "is_error": True, **MARK}
    ]
    assert isinstance(last, ModelFinished)
    assert last.stop_reason == "end_turn"


def with_messages(*messages: ModelMessage) -> ModelRequest:
    return ModelRequest(REQUEST.system, messages, max_tokens=200, temperature=0.3, tools=REQUEST.tools)


def sent_back(api: MessagesApi) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = api.requests[-1].body["messages"][1]["content"]
    return content


THINKS = Answer((Thought("First the ticket."), "I look.", ASKED))


def test_what_a_model_thought_goes_back_with_its_calls_unchanged_and_is_never_shown() -> None:
    with MessagesApi(THINKS, Answer(("Open.",))) as api, closing(model_for(api)) as model:
        first = list(model.stream(REQUEST))
        list(model.stream(with_messages(QUESTION, *results_for(first, "{}", said="I look."))))
        # The server checks the signature against what the block says.
        assert [block["type"] for block in sent_back(api)] == ["thinking", "text", "tool_use"]
    assert "First the ticket" not in "".join(event.text for event in first if isinstance(event, TextDelta))


@pytest.fixture
def other_model() -> Iterator[AnthropicLanguageModel]:
    with MessagesApi(Answer(("Open.",))) as api, closing(model_for(api, "claude-haiku-5-5")) as model:
        yield model


def test_thoughts_are_not_told_to_another_model_or_beside_another_text(other_model: AnthropicLanguageModel) -> None:
    with MessagesApi(THINKS, Answer(("Open.",))) as api, closing(model_for(api)) as model:
        first = list(model.stream(REQUEST))
        calls, results = results_for(first, "{}", said="I look.")
        # Its server would refuse another model's signature.
        assert isinstance(list(other_model.stream(with_messages(QUESTION, calls, results)))[-1], ModelFinished)
        changed = ModelMessage("assistant", "I look at [placeholder].", tool_calls=calls.tool_calls)
        list(model.stream(with_messages(QUESTION, changed, results)))
        assert [block["type"] for block in sent_back(api)] == ["text", "tool_use"]
