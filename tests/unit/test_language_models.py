"""Which models the settings make a chain of."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.model_chain import ModelChain
from firstline.domain.counters import MODEL_FAILURES
from firstline.domain.errors import LanguageModelError, LanguageModelUnavailableError
from firstline.language_models import batch_model, failure_counter, model_chain
from firstline.settings import InvalidSettingError, Settings


def ignore(model: str, error: LanguageModelError) -> None:
    """The tests look at the chain instead."""


def chain(api_key: str = "key", region: str = "eu-west-1", **settings: Any) -> ModelChain | None:
    return model_chain(Settings(**settings), api_key, region=region, on_failure=ignore)


def models(made: ModelChain | None) -> list[tuple[str, str]]:
    assert made is not None
    named = []
    for link in made._links:
        assert isinstance(link.model, AnthropicLanguageModel)
        named.append((link.name, link.model.name))
    return named


def test_a_key_alone_makes_a_chain_of_one_model() -> None:
    assert models(chain()) == [("anthropic:claude-sonnet-5-5", "claude-sonnet-5-5")]


def test_fall_backs_follow_in_order_and_may_be_at_the_other_provider() -> None:
    made = chain(llm_fallback_models="claude-haiku-5-5, bedrock:claude-haiku-4-5", bedrock_region="us-west-2")
    assert models(made) == [
        ("anthropic:claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("anthropic:claude-haiku-5-5", "claude-haiku-5-5"),
        ("bedrock:claude-haiku-4-5", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
    ]


def test_bedrock_needs_no_key_and_leaves_out_what_would() -> None:
    made = chain("", llm_provider="bedrock", llm_fallback_models="anthropic:claude-haiku-5-5")
    assert models(made) == [("bedrock:claude-sonnet-5-5", "eu.anthropic.claude-sonnet-5-5")]


def test_an_id_of_bedrocks_own_is_taken_as_it_is_with_its_colon() -> None:
    own = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
    made = chain("", llm_provider="bedrock", llm_model=own, llm_fallback_models=f"bedrock:{own}")
    assert models(made) == [(f"bedrock:{own}", own)] * 2


@pytest.mark.parametrize(("api_key", "settings"), [("", {}), ("key", {"llm_provider": "none"})])
def test_without_a_key_or_by_choice_there_is_no_model(api_key: str, settings: dict[str, Any]) -> None:
    assert chain(api_key, **settings) is None
    assert batch_model(Settings(**settings), api_key) is None


def test_batches_go_to_the_anthropic_api_only() -> None:
    assert batch_model(Settings(), "key") is not None
    assert batch_model(Settings(llm_provider="bedrock"), "key") is None


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"llm_fallback_models": "openai:gpt"}, "LLM_FALLBACK_MODELS"),
        ({"llm_provider": "bedrock", "region": ""}, "BEDROCK_REGION"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_its_setting(settings: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidSettingError, match=word):
        chain(**settings)


def test_each_failure_of_a_single_model_is_counted() -> None:
    class Counted:
        def __init__(self) -> None:
            self.counts: dict[str, int] = {}

        def add_if_possible(self, counts: dict[str, int], *, on_failure: object) -> None:
            self.counts |= counts

    counted = Counted()
    failed: Any = failure_counter(lambda: counted)  # type: ignore[arg-type, return-value]
    failed("bedrock:claude-haiku-5-5", LanguageModelUnavailableError("HTTP 529, overloaded_error"))
    assert counted.counts == {f"{MODEL_FAILURES}|kind=LanguageModelUnavailableError,model=bedrock:claude-haiku-5-5": 1}
