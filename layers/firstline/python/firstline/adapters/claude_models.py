"""Claude models: what their tokens cost and which request settings they take, from a dated data file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).with_name("claude_models.json")
# What Bedrock puts around a name: eu.anthropic.claude-sonnet-4-5-20250929-v1:0.
_OF_BEDROCK = re.compile(r"^(?:[a-z-]+\.)?anthropic\.|-v\d+(?::\d+)?$")
_RELEASE_DATE = re.compile(r"-\d{8}$")
_PER_TOKEN = 1e-6


class Usage(BaseModel):
    """Tokens of one request, as the service counted them; the three kinds of input do not overlap."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    cache_read_tokens: int = Field(default=0, ge=0)

    @property
    def all_input_tokens(self) -> int:
        """Everything that the model read."""
        return self.input_tokens + self.cache_write_tokens + self.cache_read_tokens


class ClaudeModel(BaseModel):
    """One model. Prices in US dollars per million tokens, each >= 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_write: float = Field(ge=0)
    cache_read: float = Field(ge=0)
    temperature: bool = False
    """Whether a temperature may be sent; the newer models refuse requests that have one."""
    thinking: Literal["", "disabled", "between_tools"] = ""
    """Type to send so that the model answers without thinking first; empty where nothing is to be sent."""
    effort: Literal["", "low", "medium", "high"] = ""
    """Effort to send; empty for the model's own."""
    least_cacheable: int = Field(default=4096, ge=0)
    """Tokens below which the service does not cache a prefix, whatever marks it has."""
    bedrock: str = ""
    """Its id on Bedrock, without an area; empty where that is ``anthropic.`` and its name."""
    batch: float = Field(default=1.0, gt=0, le=1)
    """Share of the prices that is paid for a request of a batch."""

    def cost_usd(self, usage: Usage, *, in_batch: bool = False) -> float:
        """Return what a request cost, in US dollars."""
        return (
            (self.batch if in_batch else 1.0)
            * _PER_TOKEN
            * (
                usage.input_tokens * self.input
                + usage.output_tokens * self.output
                + usage.cache_write_tokens * self.cache_write
                + usage.cache_read_tokens * self.cache_read
            )
        )


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return json.loads(_FILE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def claude_models() -> Mapping[str, ClaudeModel]:
    """Return the models of the data file by name."""
    batch = _data()["batch"]
    return {name: ClaudeModel.model_validate({"batch": batch} | facts) for name, facts in _data()["models"].items()}


def dearest(models: Mapping[str, ClaudeModel]) -> ClaudeModel:
    """Return the model whose output costs most: what an unknown one is counted as, so that a budget holds."""
    return max(models.values(), key=lambda model: (model.output, model.input))


def find_model(name: str, models: Mapping[str, ClaudeModel]) -> ClaudeModel | None:
    """Return a model's facts by its name, with or without a release date (``-20251001``), or by its id on Bedrock.

    None for an unknown one.
    """
    plain = _OF_BEDROCK.sub("", name)
    return models.get(plain) or models.get(_RELEASE_DATE.sub("", plain))


def bedrock_id(name: str, region: str, models: Mapping[str, ClaudeModel]) -> str:
    """Return the id under which Bedrock answers for a model in a region: that of the inference profile of its area.

    Parameters
    ----------
    name : str
        A model's name; an id of Bedrock's own or an ARN stays as it is.
    region : str
        Such as ``eu-central-1``; where the region's area has no profile of its own, the global one is taken.
    """
    if "anthropic." in name or name.startswith("arn:"):
        return name
    areas: dict[str, str] = _data()["bedrock_areas"]
    near = max((area for area in areas if f"{region}-".startswith(f"{area}-")), key=len, default="")
    known = find_model(name, models)
    return f"{areas.get(near, 'global')}.{(known.bedrock if known else '') or f'anthropic.{name}'}"
