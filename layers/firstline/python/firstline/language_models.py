"""The language models that the settings name, as one chain; adapters are imported only where there is one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from firstline.domain.counters import MODEL_FAILURES, series_key
from firstline.domain.errors import LanguageModelError
from firstline.observability import count, log_uncounted, logger
from firstline.repositories.counters import Counters
from firstline.settings import InvalidSettingError, Settings

if TYPE_CHECKING:
    from firstline.adapters.anthropic_batch import AnthropicBatchModel
    from firstline.adapters.anthropic_connection import ModelConnection
    from firstline.adapters.model_chain import ModelChain

ApiKey = str | Callable[[], str]
OnFailure = Callable[[str, LanguageModelError], None]
PROVIDERS = ("anthropic", "bedrock")
_BATCH_TIMEOUT_S = 60.0


def model_chain(chosen: Settings, api_key: ApiKey, *, region: str, on_failure: OnFailure) -> ModelChain | None:
    """Return the model of ``LLM_MODEL`` and those of ``LLM_FALLBACK_MODELS`` after it.

    Parameters
    ----------
    api_key : str or callable
        Empty: what the Anthropic API would have to answer is left out.
    region : str
        Of Bedrock, where ``BEDROCK_REGION`` names none.

    Returns
    -------
    ModelChain or None
        None where no model is left: answers are extractive.

    Raises
    ------
    InvalidSettingError
        A fall-back names another provider, or Bedrock is to be asked and there is no region, or no boto3.
    """
    if chosen.llm_provider == "none":
        return None
    asked = [_asked(name, chosen.llm_provider) for name in (chosen.llm_model, *chosen.fallback_models)]
    asked = [(provider, name) for provider, name in asked if provider == "bedrock" or api_key]
    if not asked:
        return None
    from firstline.adapters.anthropic_connection import ApiConnection
    from firstline.adapters.anthropic_model import AnthropicLanguageModel
    from firstline.adapters.claude_models import bedrock_id, claude_models
    from firstline.adapters.model_chain import Link, ModelChain

    region = chosen.bedrock_region or region
    connections: dict[str, ModelConnection] = {}
    if api_key:
        connections["anthropic"] = ApiConnection(api_key, base_url=chosen.anthropic_base_url)
    if any(provider == "bedrock" for provider, _ in asked):
        connections["bedrock"] = _bedrock(chosen, region)
    links = []
    for provider, name in asked:
        model = bedrock_id(name, region, claude_models()) if provider == "bedrock" else name
        # Where others wait behind it, a silent model is given up sooner.
        silent_s = chosen.llm_timeout_s / len(asked)
        links.append(
            Link(f"{provider}:{name}", AnthropicLanguageModel(connections[provider], model=model, timeout_s=silent_s))
        )
    return ModelChain(links, total_s=1.5 * chosen.llm_timeout_s, on_failure=on_failure)


def batch_model(chosen: Settings, api_key: ApiKey) -> AnthropicBatchModel | None:
    """Return the model of ``LLM_MODEL`` for batches; None without a key of the Anthropic API, or on Bedrock."""
    if not api_key or chosen.llm_provider != "anthropic":
        return None
    from firstline.adapters.anthropic_batch import AnthropicBatchModel
    from firstline.adapters.anthropic_connection import ApiConnection

    connection = ApiConnection(api_key, base_url=chosen.anthropic_base_url)
    return AnthropicBatchModel(connection, model=chosen.llm_model, timeout_s=_BATCH_TIMEOUT_S)


def failure_counter(counters: Callable[[], Counters]) -> OnFailure:
    """Return what logs and counts each failure of a single model, also where another one answered.

    Parameters
    ----------
    counters : callable
        Gives the counters; asked at a failure only, as models are made before what counts them.
    """

    def on_failure(model: str, error: LanguageModelError) -> None:
        kind = type(error).__name__
        logger.warning("a language model failed", extra={"model": model, "error": kind, "cause": str(error)})
        count({"ModelFailures": (MetricUnit.Count, 1)})
        counted = {series_key(MODEL_FAILURES, {"model": model, "kind": kind}): 1}
        counters().add_if_possible(counted, on_failure=log_uncounted)

    return on_failure


def _asked(name: str, provider: str) -> tuple[str, str]:
    named, colon, rest = name.partition(":")
    if colon and named in PROVIDERS and rest:
        return named, rest
    # A colon may also be part of an id on Bedrock, such as that of a version.
    if colon and "anthropic." not in named and named != "arn":
        raise InvalidSettingError(f"LLM_FALLBACK_MODELS: {named!r} is none of {', '.join(PROVIDERS)}")
    return provider, name


def _bedrock(chosen: Settings, region: str) -> ModelConnection:
    if not region:
        raise InvalidSettingError("BEDROCK_REGION is not set, nor does the environment name a region")
    if importlib.util.find_spec("boto3") is None:
        raise InvalidSettingError("Bedrock needs the package boto3: pip install boto3")
    from firstline.adapters.bedrock_connection import BedrockConnection

    return BedrockConnection(region, endpoint=chosen.bedrock_endpoint)
