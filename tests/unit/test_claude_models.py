"""Prices and request settings of the Claude models."""

from __future__ import annotations

import pytest

from firstline.adapters.claude_models import ClaudeModel, Usage, claude_models, find_model


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
