"""Prices and request settings of the Claude models."""

from __future__ import annotations

import pytest

from firstline.adapters.claude_models import ClaudeModel, Usage, bedrock_id, claude_models, find_model


def test_a_dated_model_name_has_the_price_of_its_model() -> None:
    models = claude_models()
    assert find_model("claude-haiku-4-5-20251001", models) is models["claude-haiku-4-5"]
    assert find_model("claude-haiku-4-5-latest", models) is None


def test_each_kind_of_token_has_its_own_price() -> None:
    model = ClaudeModel(input=1, output=2, cache_write=4, cache_read=8)
    usage = Usage(input_tokens=1, output_tokens=10, cache_write_tokens=100, cache_read_tokens=1000)
    assert model.cost_usd(usage) == pytest.approx(8421e-6)
    assert usage.all_input_tokens == 1101


def test_cached_input_is_cheaper_and_written_cache_dearer_than_plain_input_for_every_listed_model() -> None:
    for model in claude_models().values():
        assert 0 < model.cache_read < model.input < model.cache_write < model.output


def test_a_request_of_a_batch_costs_half_with_every_listed_model() -> None:
    usage = Usage(input_tokens=1000, output_tokens=1000, cache_write_tokens=1000, cache_read_tokens=1000)
    for model in claude_models().values():
        assert model.cost_usd(usage, in_batch=True) == pytest.approx(model.cost_usd(usage) / 2)


def test_every_listed_model_says_from_how_many_tokens_on_a_prefix_is_cached() -> None:
    assert {model.least_cacheable for model in claude_models().values()} <= {512, 1024, 2048, 4096}


@pytest.mark.parametrize(
    ("name", "region", "identifier"),
    [
        ("claude-sonnet-5-5", "us-east-1", "us.anthropic.claude-sonnet-5-5"),
        ("claude-sonnet-4-5", "eu-central-1", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("claude-haiku-4-5", "ap-northeast-1", "jp.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("claude-haiku-5-5", "ap-south-1", "apac.anthropic.claude-haiku-5-5"),
        ("claude-haiku-5-5", "us-gov-west-1", "us-gov.anthropic.claude-haiku-5-5"),
        ("claude-haiku-5-5", "sa-east-1", "global.anthropic.claude-haiku-5-5"),
        ("claude-haiku-5-5", "used-elsewhere-1", "global.anthropic.claude-haiku-5-5"),
        ("global.anthropic.claude-haiku-5-5", "eu-west-1", "global.anthropic.claude-haiku-5-5"),
        ("anthropic.claude-opus-4-6-v1", "eu-west-1", "anthropic.claude-opus-4-6-v1"),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/a", "eu-west-1", None),
    ],
)
def test_a_models_name_is_found_on_bedrock_by_the_profile_of_the_regions_area(
    name: str, region: str, identifier: str | None
) -> None:
    assert bedrock_id(name, region, claude_models()) == (identifier or name)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3", "ap-southeast-2", "me-central-1"])
def test_the_id_on_bedrock_has_the_price_of_its_model(region: str) -> None:
    models = claude_models()
    for name, model in models.items():
        assert find_model(bedrock_id(name, region, models), models) is model
