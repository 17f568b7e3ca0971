"""Claude models: what their tokens cost and which request settings they take, from a dated data file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).with_name("claude_models.json")
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

    def cost_usd(self, usage: Usage) -> float:
        """Return what a request cost, in US dollars."""
        return _PER_TOKEN * (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_write_tokens * self.cache_write
            + usage.cache_read_tokens * self.cache_read
        )


@lru_cache(maxsize=1)
def claude_models() -> Mapping[str, ClaudeModel]:
    """Return the models of the data file by name."""
    listed = json.loads(_FILE.read_text(encoding="utf-8"))["models"]
    return {name: ClaudeModel.model_validate(facts) for name, facts in listed.items()}


def find_model(name: str, models: Mapping[str, ClaudeModel]) -> ClaudeModel | None:
    """Return a model's facts by its name, with or without a release date (``-20251001``); None for an unknown one."""
    return models.get(name) or models.get(_RELEASE_DATE.sub("", name))
