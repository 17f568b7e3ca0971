"""Several models as one, over real streams: who is asked when, what is void, who is left alone for a while."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.circuit_breaker import Circuit, CircuitBreaker
from firstline.adapters.model_chain import Link, ModelChain
from firstline.domain.errors import LanguageModelError, LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import (
    BeginAnew,
    ModelEvent,
    ModelFinished,
    ModelMessage,
    ModelRequest,
    TextDelta,
)
from tests.component.messages_api import API_KEY, Answer, Failure, MessagesApi, ToolUse

REQUEST = ModelRequest("You answer.", (ModelMessage("user", "How?"),), max_tokens=50, temperature=0.3)
KNOWS_ANEW = dataclasses.replace(REQUEST, may_begin_anew=True)
GOOD = Answer(("Like ", "this."))
DOWN = Failure(529, "overloaded_error", {"retry-after": "60"})
NAMES = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5")


class Chain:
    """A chain over one server for each link."""

    def __init__(self, *scripts: Answer | Failure, timeout_s: float = 10.0, total_s: float = 30.0) -> None:
        self.opened = ExitStack()
        self.failures: list[tuple[str, str]] = []
        self.now = 0.0
        self.apis, self.links = [], []
        for script, name in zip(scripts, NAMES, strict=False):
            api = self.opened.enter_context(MessagesApi(script))
            connection = ApiConnection(API_KEY, base_url=api.url)
            model = self.opened.enter_context(
                closing(AnthropicLanguageModel(connection, model=name, timeout_s=timeout_s))
            )
            breaker = CircuitBreaker(failures=2, open_s=30, monotonic=lambda: self.now)
            self.apis.append(api)
            self.links.append(Link(name, model, breaker))
        self.chain = ModelChain(self.links, total_s=total_s, on_failure=self._failed)

    def _failed(self, name: str, error: LanguageModelError) -> None:
        self.failures.append((name, type(error).__name__))

    def ask(self, request: ModelRequest = REQUEST) -> tuple[list[ModelEvent], LanguageModelError | None]:
        events = []
        try:
            for event in self.chain.stream(request):
                events.append(event)
        except LanguageModelError as error:
            return events, error
        return events, None

    @property
    def asked(self) -> list[int]:
        return [len(api.requests) for api in self.apis]


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    import anthropic  # noqa: F401 - its import is not the service's time

    with ExitStack() as stack:
        yield stack


def chain(opened: ExitStack, *scripts: Answer | Failure, timeout_s: float = 10.0, total_s: float = 30.0) -> Chain:
    made = Chain(*scripts, timeout_s=timeout_s, total_s=total_s)
    opened.push(made.opened)
    return made


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def answered_by(events: list[ModelEvent]) -> str:
    assert isinstance(events[-1], ModelFinished)
    return events[-1].model


@pytest.mark.parametrize(
    "first",
    [
        DOWN,
        Failure(429, "rate_limit_error", {"retry-after": "60"}),
        Failure(401, "authentication_error"),
        Failure(404, "not_found_error"),
        Answer((), ending="overloaded_error"),
        Answer((), ending="cut"),
        Answer((), stop_reason="refusal"),
        Answer((ToolUse("search_faq", "{"),)),
    ],
)
def test_whatever_fails_before_the_first_word_the_next_model_answers(
    opened: ExitStack, first: Answer | Failure
) -> None:
    made = chain(opened, first, GOOD)
    events, error = made.ask()
    assert (text_of(events), answered_by(events), error) == ("Like this.", NAMES[1], None)
    assert [name for name, _ in made.failures] == [NAMES[0]]
    assert not any(isinstance(event, BeginAnew) for event in events)


@pytest.mark.parametrize("ending", ["overloaded_error", "cut", "ended_early"])
def test_after_the_first_word_the_failure_is_raised_to_who_does_not_know_better(opened: ExitStack, ending: str) -> None:
    made = chain(opened, Answer(("Half a ",), ending=ending), GOOD)
    events, error = made.ask()
    assert isinstance(error, LanguageModelUnavailableError)
    assert made.asked == [1, 0]
    assert text_of(events) == "Half a "


@pytest.mark.parametrize("first", [Answer(("Half a ",), ending="cut"), Answer((ToolUse("x"), "a"), ending="cut")])
def test_who_knows_how_is_told_to_begin_anew_before_the_next_model_writes(opened: ExitStack, first: Answer) -> None:
    made = chain(opened, first, DOWN, GOOD)
    events, error = made.ask(KNOWS_ANEW)
    anew = events.index(BeginAnew(NAMES[0]))
    assert (text_of(events[anew:]), answered_by(events), error) == ("Like this.", NAMES[2], None)
    assert sum(isinstance(event, BeginAnew) for event in events) == 1
    assert isinstance(events[anew + 1], TextDelta)


def test_where_nobody_takes_up_a_broken_answer_the_failure_is_raised_and_nothing_begins_anew(
    opened: ExitStack,
) -> None:
    events, error = chain(opened, Answer(("Half a ",), ending="cut"), DOWN).ask(KNOWS_ANEW)
    assert isinstance(error, LanguageModelUnavailableError)
    assert events == [TextDelta("Half a ")]


def test_where_all_fail_the_last_failure_is_raised_and_each_was_counted(opened: ExitStack) -> None:
    made = chain(opened, DOWN, Failure(403, "permission_error"))
    events, error = made.ask()
    assert events == []
    assert isinstance(error, LanguageModelRefusedError)
    assert made.failures == [(NAMES[0], "LanguageModelUnavailableError"), (NAMES[1], "LanguageModelRefusedError")]


def test_a_model_that_keeps_failing_is_left_alone_until_its_time_is_over(opened: ExitStack) -> None:
    made = chain(opened, DOWN, GOOD)
    for _ in range(4):
        assert answered_by(made.ask()[0]) == NAMES[1]
    assert made.asked == [2, 4]
    assert made.links[0].breaker.state is Circuit.OPEN
    made.now += 30
    made.ask()
    assert made.asked == [3, 5]


def test_where_every_circuit_is_open_that_is_said_at_once(opened: ExitStack) -> None:
    made = chain(opened, DOWN)
    for _ in range(2):
        made.ask()
    events, error = made.ask()
    assert (events, made.asked) == ([], [2])
    assert isinstance(error, LanguageModelUnavailableError)
    assert "circuit" in str(error)


def test_a_refused_request_opens_no_circuit(opened: ExitStack) -> None:
    made = chain(opened, Failure(400, "invalid_request_error"))
    for _ in range(5):
        made.ask()
    assert made.asked == [5]


def test_who_stops_listening_after_a_word_is_no_failure(opened: ExitStack) -> None:
    made = chain(opened, Answer(("word ",) * 50, pause_s=0.01))
    made.links[0].breaker.fail()
    stream = made.chain.stream(REQUEST)
    assert next(stream) == TextDelta("word ")
    del stream
    made.links[0].breaker.fail()
    assert made.links[0].breaker.state is Circuit.CLOSED
    assert made.failures == []


def test_the_time_is_shared_and_a_silent_model_leaves_the_next_one_its_part(opened: ExitStack) -> None:
    made = chain(opened, Answer(("late",), silence_s=60), GOOD, timeout_s=0.4, total_s=5)
    events, _ = made.ask()
    assert answered_by(events) == NAMES[1]


def test_a_link_is_not_begun_when_no_time_is_left(opened: ExitStack) -> None:
    made = chain(opened, Answer(("word ",) * 500, pause_s=0.02), GOOD, timeout_s=5, total_s=0.3)
    events, error = made.ask(KNOWS_ANEW)
    assert isinstance(error, LanguageModelUnavailableError)
    assert made.asked == [1, 0]
    assert 1 <= len(events) <= 20
