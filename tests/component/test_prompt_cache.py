"""The prompt cache: its rules at the local server, and what ten turns of a real conversation read from it.

The hit rate is: tokens read from the cache, of all input tokens that could have been read, which are those of a prefix
that an earlier request of the last five minutes began with as well, marked or not.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.claude_models import claude_models
from tests.component.messages_api import API_KEY, Answer, MessagesApi, PromptCache, Received, ToolUse
from tests.component.prompt_cache import LIFE_S, LOOK_BACK, estimated_tokens
from tests.component.world import World

SONNET = "claude-sonnet-5-5"
MARK = {"cache_control": {"type": "ephemeral"}}
QUESTIONS = (
    "How do I reset a forgotten password?",
    "How long is the link in the mail good for?",
    "How do I export timesheets?",
    "Who sees the Export button?",
    "Where are timesheets exported from?",
    "How do I delete my account?",
    "Who may delete the account?",
    "When is the data of a deleted account erased?",
    "Where do I follow the link to reset the password?",
    "How do I export timesheets as CSV?",
)


class HandTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def text(words: int, mark: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": "word " * words, **(MARK if mark else {})}


def body(system: dict[str, Any], *contents: dict[str, Any]) -> dict[str, Any]:
    return {"system": [system], "messages": [{"role": "user", "content": list(contents)}]}


@pytest.mark.parametrize(("words", "kept"), [(390, False), (420, True)])
def test_a_prefix_below_the_models_least_length_is_not_kept_and_nobody_says_so(words: int, kept: bool) -> None:
    cache = PromptCache()
    request = body(text(words, mark=True), text(3))
    assert (estimated_tokens(text(words)) >= claude_models()[SONNET].least_cacheable) is kept
    written, read = cache.take(request, SONNET), cache.take(request, SONNET)
    assert (written.cache_write > 0, read.cache_read > 0) == (kept, kept)
    assert written.input + written.cache_write == read.input + read.cache_read


def test_a_prefix_is_kept_for_five_minutes_from_its_last_use_and_for_one_model_alone() -> None:
    time = HandTime()
    cache = PromptCache(monotonic=time)
    request = body(text(1000, mark=True), text(3))
    cache.take(request, SONNET)
    for _ in range(3):
        time.now += LIFE_S - 1
        assert cache.take(request, SONNET).cache_read > 1000
    assert cache.take(request, "claude-opus-5").cache_read == 0
    time.now += LIFE_S + 1
    assert cache.take(request, SONNET).cache_read == 0


def test_one_changed_byte_makes_all_that_follows_another_prefix() -> None:
    cache = PromptCache()
    cache.take(body(text(1000, mark=True), text(500), text(3, mark=True)), SONNET)
    assert cache.take(body(text(1000, mark=True), text(501), text(3, mark=True)), SONNET).cache_read < 1300
    assert cache.take(body(text(1001, mark=True), text(500), text(3, mark=True)), SONNET).cache_read == 0


def test_a_mark_finds_what_was_kept_at_most_twenty_blocks_before_it() -> None:
    cache = PromptCache()
    first = [text(600), text(1, mark=True)]
    cache.take(body(text(1), *first), SONNET)
    near = [text(600), text(1), *(text(2) for _ in range(LOOK_BACK - 2)), text(3, mark=True)]
    assert cache.take(body(text(1), *near), SONNET).cache_read > 600
    far = [text(600), text(1), *(text(4) for _ in range(LOOK_BACK - 1)), text(3, mark=True)]
    assert cache.take(body(text(1), *far), SONNET).cache_read == 0


def sentence_of_the_first_source(received: Received) -> Answer:
    """Answer as a good model would: with a sentence of the source, cited; every third question after a search."""
    messages = received.body["messages"]
    last = messages[-1]["content"]
    tools = [tool["name"] for tool in received.body.get("tools", [])]
    if isinstance(last, str) and "search_faq" in tools and len(messages) % 6 == 1:
        query = {"query": last.rpartition("<question>")[2].partition("</question>")[0].strip()}
        return Answer((ToolUse("search_faq", query, f"toolu_{len(messages)}"),))
    asked = next(m["content"] for m in reversed(messages) if "<source" in m["content"])
    source = asked.partition("</source>")[0]
    return Answer((next(line for line in reversed(source.splitlines()) if line.endswith("days.")) + " [1]",))


@pytest.mark.parametrize("model", [SONNET, "claude-haiku-5-5"])
def test_ten_turns_read_at_least_four_fifths_of_what_they_could_from_the_cache(tmp_path: Path, model: str) -> None:
    cache = PromptCache()
    with MessagesApi(sentence_of_the_first_source, cache=cache) as api:
        connection = ApiConnection(API_KEY, base_url=api.url)
        with closing(AnthropicLanguageModel(connection, model=model, timeout_s=10.0)) as made:
            world = World(tmp_path, model=made, handover_max_turns=50)
            conversation = world.open("anna")
            replies = [world.ask(conversation, question)["reply"] for question in QUESTIONS]
        marks = [json.dumps(received.body).count('"cache_control"') for received in api.requests]
    assert [reply["resolution_method"] for reply in replies] == ["model"] * len(QUESTIONS)
    assert len(cache.figures) >= len(QUESTIONS)
    assert max(marks) <= 4
    assert cache.hit_rate >= 0.8
    # The system prompt is sent ten times and paid in full once.
    assert sum(f.read for f in cache.figures) > 0.5 * sum(f.total for f in cache.figures)


def test_an_hour_between_two_questions_costs_the_cache(tmp_path: Path) -> None:
    time = HandTime()
    cache = PromptCache(monotonic=time)
    with MessagesApi(Answer(("All data is erased after 30 days. [1]",)), cache=cache) as api:
        connection = ApiConnection(API_KEY, base_url=api.url)
        with closing(AnthropicLanguageModel(connection, model=SONNET, timeout_s=10.0)) as made:
            world = World(tmp_path, model=made)
            conversation = world.open()
            for question in QUESTIONS[:2]:
                world.ask(conversation, question)
                time.now += 3600
    assert [figures.read for figures in cache.figures] == [0, 0]
    assert all(figures.written > 0 for figures in cache.figures)
