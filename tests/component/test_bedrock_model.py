"""Claude on Bedrock: the real SDK, signing with the role's credentials, against a server of binary frames."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.bedrock_connection import BedrockConnection
from firstline.adapters.claude_models import bedrock_id, claude_models
from firstline.domain.errors import LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import (
    ModelEvent,
    ModelFinished,
    ModelMessage,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolDefinition,
)
from tests.component import bedrock_frames
from tests.component.messages_api import Answer, Failure, MessagesApi, PromptCache, ToolUse

SEARCH = ToolDefinition("search_faq", "Searches.", {"type": "object", "properties": {}})
REQUEST = ModelRequest("You answer.", (ModelMessage("user", "How?"),), max_tokens=50, temperature=0.3, tools=(SEARCH,))
SENTENCES = ("Open Settings, ", "then choose ", "Export für alle [1].")
SONNET = "eu.anthropic.claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "ANTHROPIC_BEDROCK_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bedrock_frames.ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bedrock_frames.SECRET_KEY)
    monkeypatch.setenv("AWS_SESSION_TOKEN", bedrock_frames.SESSION_TOKEN)
    # The SDK keeps sessions, with the credentials that they found, for the life of the process.
    from anthropic.lib.aws import _auth

    _auth._get_session.cache_clear()


def model_for(api: MessagesApi, model: str = SONNET, timeout_s: float = 10.0) -> AnthropicLanguageModel:
    connection = BedrockConnection(bedrock_frames.REGION, endpoint=api.url)
    return AnthropicLanguageModel(connection, model=model, timeout_s=timeout_s)


def texts(events: Iterator[ModelEvent] | list[ModelEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


def test_a_signed_request_is_answered_in_frames_with_usage_and_the_price_of_the_model() -> None:
    with (
        MessagesApi(Answer(SENTENCES, input_tokens=50, cache_read_tokens=600)) as api,
        closing(model_for(api)) as model,
    ):
        events = list(model.stream(REQUEST))
        received = api.requests[0]
    assert received.path == "/model/eu.anthropic.claude-sonnet-5-5/invoke-with-response-stream"
    assert {"model", "stream"}.isdisjoint(received.body)
    assert texts(events) == list(SENTENCES)
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    assert (finished.model, finished.input_tokens, finished.cache_read_tokens) == ("claude-sonnet-5-5", 650, 600)
    assert finished.cost_usd == pytest.approx((50 * 2.0 + 600 * 0.1 + 20 * 10.0) / 1e6)


def test_tools_and_the_prompt_cache_work_in_frames_as_well() -> None:
    cache = PromptCache()
    long = ModelRequest("Rules. " * 500, REQUEST.messages, max_tokens=50, temperature=0.3, tools=(SEARCH,))
    script = (Answer(("Wait.", ToolUse("search_faq", {"query": "Größe"}))), Answer(SENTENCES))
    with MessagesApi(*script, cache=cache) as api, closing(model_for(api)) as model:
        first, second = list(model.stream(long)), list(model.stream(long))
    assert ToolCall("toolu_1", "search_faq", {"query": "Größe"}) in first
    end = second[-1]
    assert isinstance(end, ModelFinished)
    assert end.cache_read_tokens > 800


@pytest.mark.parametrize("model", list(claude_models()))
@pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")
def test_every_listed_model_takes_the_request_that_is_made_for_it(model: str) -> None:
    identifier = bedrock_id(model, bedrock_frames.REGION, claude_models())
    with MessagesApi(Answer(SENTENCES)) as api, closing(model_for(api, identifier)) as made:
        assert texts(made.stream(REQUEST)) == list(SENTENCES)
        assert api.requests[0].body.get("temperature") == (0.3 if claude_models()[model].temperature else None)


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [(429, "ThrottlingException", 2), (503, "ServiceUnavailableException", 2), (408, "ModelTimeoutException", 2)],
)
def test_a_busy_service_is_asked_twice_and_is_unavailable(status: int, kind: str, tries: int) -> None:
    with MessagesApi(Failure(status, kind, {"retry-after": "0.01"})) as api, closing(model_for(api)) as model:
        with pytest.raises(LanguageModelUnavailableError):
            list(model.stream(REQUEST))
        assert len(api.requests) == tries


def test_a_model_that_failed_inside_the_service_is_unavailable() -> None:
    api = MessagesApi(Failure(424, "ModelErrorException"))
    with api, closing(model_for(api)) as model, pytest.raises(LanguageModelUnavailableError):
        list(model.stream(REQUEST))


@pytest.mark.parametrize(("status", "kind"), [(403, "AccessDeniedException"), (404, "ResourceNotFoundException")])
def test_a_refused_request_is_refused(status: int, kind: str) -> None:
    with MessagesApi(Failure(status, kind)) as api, closing(model_for(api)) as model:
        with pytest.raises(LanguageModelRefusedError):
            list(model.stream(REQUEST))
        assert len(api.requests) == 1


@pytest.mark.parametrize(
    "ending",
    [
        "throttlingException",
        "modelStreamErrorException",
        "internalServerException",
        "modelTimeoutException",
        "serviceUnavailableException",
        "bad_checksum",
        "ended_early",
        "cut",
    ],
)
def test_a_stream_that_breaks_after_some_text_is_unavailable_and_its_text_was_passed_on(ending: str) -> None:
    seen = []
    with MessagesApi(Answer(SENTENCES[:2], ending=ending)) as api, closing(model_for(api)) as model:
        with pytest.raises(LanguageModelUnavailableError):
            for event in model.stream(REQUEST):
                seen += texts([event])
        assert len(api.requests) == 1
    assert seen == list(SENTENCES[:2])


def test_a_request_that_is_found_invalid_in_mid_stream_is_refused() -> None:
    api = MessagesApi(Answer(SENTENCES[:1], ending="validationException"))
    with api, closing(model_for(api)) as model, pytest.raises(LanguageModelRefusedError):
        list(model.stream(REQUEST))


def test_a_wrong_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    api = MessagesApi(Answer(SENTENCES))
    with api, closing(model_for(api)) as model, pytest.raises(LanguageModelRefusedError, match="403"):
        list(model.stream(REQUEST))


def test_a_machine_without_credentials_says_so_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with MessagesApi(Answer(SENTENCES)) as api, closing(model_for(api)) as model:
        with pytest.raises(LanguageModelRefusedError, match="credentials"):
            list(model.stream(REQUEST))
        assert api.requests == []


def test_neither_boto3_nor_the_sdk_is_imported_before_a_model_is_asked() -> None:
    program = (
        "import sys; from firstline.language_models import model_chain; from firstline.settings import Settings\n"
        "model_chain(Settings(llm_fallback_models='bedrock:claude-haiku-5-5'), 'key', region='eu-central-1',"
        " on_failure=print)\n"
        "print(sorted({'anthropic', 'boto3', 'httpx2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
