"""Claude behind the port: the real SDK against a local server that speaks the Messages API."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal, Protocol

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.claude_models import claude_models
from firstline.domain.errors import LanguageModelError, LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import (
    ModelEvent,
    ModelFinished,
    ModelImage,
    ModelMessage,
    ModelRequest,
    TextDelta,
)
from tests.component.messages_api import API_KEY, Answer, Failure, MessagesApi, Thought
from tests.component.world import World

REQUEST = ModelRequest(
    system="You answer customers.",
    messages=(ModelMessage("user", "How do I export my data?"),),
    max_tokens=200,
    temperature=0.3,
)
SENTENCES = ("Open Settings, ", "then choose ", "Export [1].")
OVERLOADED = Failure(529, "overloaded_error", {"retry-after": "0.01"})
Ending = Literal["cut", "ended_early", "overloaded_error"]
SONNET = "claude-sonnet-5-5"


class MakeModel(Protocol):
    def __call__(
        self, api: MessagesApi, model: str = SONNET, timeout_s: float = 10.0, api_key: str = API_KEY
    ) -> AnthropicLanguageModel: ...


@pytest.fixture
def language_model() -> Iterator[MakeModel]:
    with ExitStack() as opened:

        def make(
            api: MessagesApi, model: str = SONNET, timeout_s: float = 10.0, api_key: str = API_KEY
        ) -> AnthropicLanguageModel:
            connection = ApiConnection(api_key, base_url=api.url)
            made = AnthropicLanguageModel(connection, model=model, timeout_s=timeout_s)
            return opened.enter_context(closing(made))

        yield make


def received(stream: Iterator[ModelEvent]) -> tuple[list[str], LanguageModelError | None]:
    """Return the texts that came, and the error that ended the stream if one did."""
    texts = []
    try:
        for event in stream:
            if isinstance(event, TextDelta):
                texts.append(event.text)
    except LanguageModelError as error:
        return texts, error
    return texts, None


def test_text_comes_part_by_part_and_then_one_end_with_the_usage_and_its_cost(language_model: MakeModel) -> None:
    answer = Answer(SENTENCES, input_tokens=50, cache_write_tokens=400, cache_read_tokens=600, output_tokens=30)
    with MessagesApi(answer) as api:
        events = list(language_model(api).stream(REQUEST))
    assert events[:-1] == [TextDelta(text) for text in SENTENCES]
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    assert (finished.model, finished.stop_reason) == (SONNET, "end_turn")
    assert (finished.input_tokens, finished.output_tokens) == (1050, 30)
    assert finished.cost_usd == pytest.approx((50 * 2.0 + 400 * 2.5 + 600 * 0.1 + 30 * 10.0) / 1e6)


def test_the_request_is_what_the_service_documents_with_what_stays_marked_for_its_cache(
    language_model: MakeModel,
) -> None:
    talk = (ModelMessage("user", "Hi"), ModelMessage("assistant", "Hello!"), ModelMessage("user", "Export?"))
    with MessagesApi(Answer(SENTENCES)) as api:
        list(language_model(api).stream(dataclasses.replace(REQUEST, messages=talk)))
    assert api.requests[0].body == {
        "model": SONNET,
        "max_tokens": 200,
        "stream": True,
        "thinking": {"type": "between_tools"},
        "system": [{"type": "text", "text": "You answer customers.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Hello!", "cache_control": {"type": "ephemeral"}}],
            },
            {"role": "user", "content": "Export?"},
        ],
    }


@pytest.mark.parametrize("model", list(claude_models()))
@pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")
def test_every_listed_model_takes_the_request_that_is_made_for_it(language_model: MakeModel, model: str) -> None:
    with MessagesApi(Answer(SENTENCES)) as api:
        texts, error = received(language_model(api, model).stream(REQUEST))
    assert (texts, error) == (list(SENTENCES), None)
    takes_temperature = model.startswith(("claude-haiku-4", "claude-sonnet-4", "claude-opus-4"))
    assert api.requests[0].body.get("temperature") == (0.3 if takes_temperature else None)


def test_pictures_are_sent_before_the_words_that_ask_about_them(language_model: MakeModel) -> None:
    message = ModelMessage("user", "What is this?", images=(ModelImage("image/png", b"\x89PNG"),))
    with MessagesApi(Answer(SENTENCES)) as api:
        received(language_model(api).stream(dataclasses.replace(REQUEST, messages=(message,))))
    assert api.requests[0].body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
                {"type": "text", "text": "What is this?"},
            ],
        }
    ]


def test_thinking_is_never_shown_to_the_customer(language_model: MakeModel) -> None:
    with MessagesApi(Answer((Thought("Not for customers."), *SENTENCES))) as api:
        texts, _ = received(language_model(api).stream(REQUEST))
    assert texts == list(SENTENCES)


def test_an_answer_cut_at_its_token_limit_says_so(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES, stop_reason="max_tokens")) as api:
        finished = list(language_model(api).stream(REQUEST))[-1]
    assert isinstance(finished, ModelFinished)
    assert finished.stop_reason == "max_tokens"


@pytest.mark.parametrize("failure", [OVERLOADED, Failure(500, "api_error", {"retry-after": "0.01"})])
def test_one_failure_before_the_answer_is_tried_once_more(language_model: MakeModel, failure: Failure) -> None:
    with MessagesApi(failure, Answer(SENTENCES)) as api:
        texts, error = received(language_model(api).stream(REQUEST))
    assert (texts, error, len(api.requests)) == (list(SENTENCES), None, 2)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(529, "overloaded_error"), (429, "rate_limit_error"), (500, "api_error"), (503, "api_error"), (409, "api_error")],
)
def test_a_service_that_goes_on_failing_is_unavailable_after_two_tries(
    language_model: MakeModel, status: int, kind: str
) -> None:
    with MessagesApi(Failure(status, kind, {"retry-after": "0.01"})) as api:
        texts, error = received(language_model(api).stream(REQUEST))
    assert texts == []
    assert isinstance(error, LanguageModelUnavailableError)
    assert error.__cause__ is not None
    assert kind in str(error)
    assert len(api.requests) == 2


@pytest.mark.parametrize("pause", ["30", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_service_that_asks_for_a_long_pause_is_given_up_at_once(language_model: MakeModel, pause: str) -> None:
    with MessagesApi(Failure(429, "rate_limit_error", {"retry-after": pause})) as api:
        _, error = received(language_model(api).stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
    ],
)
def test_a_refused_request_is_not_tried_again(language_model: MakeModel, status: int, kind: str) -> None:
    with MessagesApi(Failure(status, kind)) as api:
        texts, error = received(language_model(api).stream(REQUEST))
    assert texts == []
    assert isinstance(error, LanguageModelRefusedError)
    assert error.__cause__ is not None
    assert len(api.requests) == 1


def test_a_wrong_key_is_refused(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES)) as api:
        _, error = received(language_model(api, api_key="wrong").stream(REQUEST))
    assert isinstance(error, LanguageModelRefusedError)
    assert "wrong" not in str(error)


def test_a_key_that_was_replaced_is_used_by_a_model_that_runs_already() -> None:
    keys = iter([API_KEY, "revoked", API_KEY])
    with MessagesApi(Answer(SENTENCES)) as api:
        connection = ApiConnection(lambda: next(keys), base_url=api.url)
        model = AnthropicLanguageModel(connection, model=SONNET, timeout_s=10.0)
        with closing(model):
            errors = [received(model.stream(REQUEST))[1] for _ in range(3)]
    assert [type(error) for error in errors] == [type(None), LanguageModelRefusedError, type(None)]


@pytest.mark.parametrize("ending", ["cut", "ended_early", "overloaded_error"])
def test_a_stream_that_dies_after_some_text_is_unavailable_and_not_tried_again(
    language_model: MakeModel, ending: Ending
) -> None:
    with MessagesApi(Answer(SENTENCES[:2], ending=ending)) as api:
        texts, error = received(language_model(api).stream(REQUEST))
    assert texts == list(SENTENCES[:2])
    assert isinstance(error, LanguageModelUnavailableError)
    assert len(api.requests) == 1


def test_an_error_of_the_request_in_mid_stream_is_a_refusal(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES[:1], ending="invalid_request_error")) as api:
        _, error = received(language_model(api).stream(REQUEST))
    assert isinstance(error, LanguageModelRefusedError)


def test_a_model_that_declines_has_refused(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES[:1], stop_reason="refusal")) as api:
        texts, error = received(language_model(api).stream(REQUEST))
    assert texts == list(SENTENCES[:1])
    assert isinstance(error, LanguageModelRefusedError)


@pytest.mark.parametrize("parts", [(), ("",), (" \n",)])
def test_an_answer_without_a_word_is_never_taken_for_one(language_model: MakeModel, parts: tuple[str, ...]) -> None:
    with MessagesApi(Answer(parts, stop_reason="max_tokens")) as api:
        _, error = received(language_model(api).stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)


def test_a_silent_service_is_given_up_after_two_tries_within_the_time_limit(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES, silence_s=60)) as api:
        _, error = received(language_model(api, timeout_s=0.4).stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)
    assert len(api.requests) == 2


def test_a_stream_that_falls_silent_is_given_up(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES, pause_s=60)) as api:
        _, error = received(language_model(api, timeout_s=0.4).stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)


def test_a_stream_that_trickles_past_the_time_limit_is_given_up(language_model: MakeModel) -> None:
    with MessagesApi(Answer(("word ",) * 1000, pause_s=0.05)) as api:
        texts, error = received(language_model(api, timeout_s=0.4).stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)
    assert 1 <= len(texts) <= 12


def test_nobody_at_the_address_is_unavailable(language_model: MakeModel) -> None:
    with MessagesApi(Answer(SENTENCES)) as api:
        model = language_model(api)
    _, error = received(model.stream(REQUEST))
    assert isinstance(error, LanguageModelUnavailableError)


def test_a_stream_that_is_not_read_to_its_end_is_closed_and_the_next_one_works(language_model: MakeModel) -> None:
    with MessagesApi(Answer(("word ",) * 50, pause_s=0.01), Answer(SENTENCES)) as api:
        model = language_model(api)
        stream = model.stream(REQUEST)
        assert next(stream) == TextDelta("word ")
        del stream
        assert received(model.stream(REQUEST)) == (list(SENTENCES), None)


def test_an_unknown_model_is_logged_and_counted_as_the_dearest(
    language_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), MessagesApi(Answer(SENTENCES)) as api:
        finished = list(language_model(api, "claude-next").stream(REQUEST))[-1]
    assert isinstance(finished, ModelFinished)
    assert finished.output_tokens == 20
    assert finished.cost_usd > 0
    assert "claude-next" in caplog.text


def test_a_customer_gets_the_answer_that_the_model_wrote_with_its_cost_in_the_reply(
    language_model: MakeModel, tmp_path: Path
) -> None:
    with MessagesApi(Answer(("Choose **Forgot password** ", "and follow the link [1]."))) as api:
        world = World(tmp_path, model=language_model(api))
        reply = world.ask(world.open(), "How do I reset a forgotten password?")["reply"]
    asked = api.requests[0].body["messages"][-1]["content"]
    assert "You can reset a forgotten password yourself." in asked
    assert reply["text"] == "Choose **Forgot password** and follow the link [1]."
    assert [citation["source"] for citation in reply["citations"]] == ["articles/accounts.md"]
    assert (reply["resolution_method"], reply["model"]) == ("model", SONNET)
    assert (reply["input_tokens"], reply["output_tokens"]) == (100, 20)
    assert reply["cost_usd"] == pytest.approx((100 * 2.0 + 20 * 10.0) / 1e6)


@pytest.mark.parametrize("ending", ["cut", "overloaded_error"])
def test_a_stream_that_dies_half_way_is_withdrawn_and_the_articles_own_words_answer(
    language_model: MakeModel, tmp_path: Path, ending: Ending
) -> None:
    begun = "You can reset a forgotten password yourself [1]. "
    with MessagesApi(Answer((begun, "Half a sentence that nobody "), ending=ending)) as api:
        world = World(tmp_path, model=language_model(api))
        reply = world.ask(world.open(), "How do I reset a forgotten password?")["reply"]
    frames = [frame for frame in world.sockets.frames["s0"] if frame["type"] in {"delta", "superseded", "reply"}]
    withdrawn = [frame["type"] for frame in frames].index("superseded")
    assert "".join(frame["text"] for frame in frames[:withdrawn]).strip() == begun.strip()
    after = [frame["text"] for frame in frames[withdrawn + 1 :] if frame["type"] == "delta"]
    assert "".join(after) == reply["text"] == frames[-1]["text"]
    assert "Half a sentence" not in str(frames)
    assert (reply["resolution_method"], reply["model"], reply["cost_usd"]) == ("extractive", "", 0.0)
    assert reply["citations"][0]["source"] == "articles/accounts.md"
