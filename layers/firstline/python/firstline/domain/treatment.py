"""What the experiments that a conversation is in change about its answers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Treatment(BaseModel):
    """Empty parts leave things as they are."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    unit: str = ""
    """Who was assigned, as a digest that leads back to nobody; empty where no experiment runs."""
    variants: dict[str, str] = Field(default_factory=dict)
    """Name of the variant by experiment."""
    policy: str = ""
    """Policy that chooses the strategy, a name of ``RL_POLICY``."""
    prompt: str = ""
    """Added at the end of the model's instructions."""
    retrieved: int | None = Field(default=None, ge=1, le=20)
    """Most chunks that a search brings."""
