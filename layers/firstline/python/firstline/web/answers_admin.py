"""What an answer was made from, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from firstline.domain.errors import NotFoundError
from firstline.domain.text import is_id
from firstline.domain.turn import Citation, Reply
from firstline.web.access import Admin, ContainerOfApp

router = APIRouter(prefix="/admin/answers", tags=["answers"])


class Policy(BaseModel):
    """What code decided before anything was written."""

    action: str
    reason: str
    strategy_because: str = Field("", description="Why this strategy: by the learner, the holdout or a cautious topic")
    group: str = Field("", description="`learned`, `holdout` or `cautious`")
    learner: str = Field("", description="Version of the policy that chose the strategy")


class ModelUsage(BaseModel):
    """What the model was asked for this answer, in all its requests, by the real usage."""

    model: str = ""
    requests: int = 0
    broken_off: int = Field(0, description="Requests whose usage was never told; booked at the reserved price")
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0


class ToolCallRecord(BaseModel):
    """One call of a tool."""

    name: str
    status: str
    elapsed_ms: float


class ChunkVersion(BaseModel):
    """The very content that an answer was made from."""

    content_hash: str = Field(description="SHA-256 of headings, question and text")
    document: str = Field(description="Version of the document that it was last written with")


class AnswerReceipt(BaseModel):
    """All that an answer was made from."""

    turn_id: str
    conversation_id: str
    correlation_id: str = ""
    at: datetime | None = None
    text: str = Field("", description="The answer as the customer has it")
    citations: list[Citation] = Field(default_factory=list)
    policy: Policy | None = None
    action: str
    reason: str
    resolution_method: str
    confidence: float
    strategy: str | None = None
    propensity: float | None = None
    classification: dict[str, Any] | None = Field(
        None, description="What was made of the message, with what counted for each judgement in `because`"
    )
    customer: dict[str, Any] | None = Field(None, description="How the customer writes, and the profile that was used")
    query: str | None = Field(None, description="What was searched for")
    experiments: dict[str, Any] = Field(default_factory=dict, description="Variants of the experiments it was in")
    retrieval_confidence: float | None = None
    chunks: list[tuple[str, float]] = Field(default_factory=list, description="What was found, with its score")
    chunk_versions: dict[str, ChunkVersion] = Field(default_factory=dict)
    cited: list[str] = Field(default_factory=list)
    context: list[str] = Field(default_factory=list, description="Chunks that the model was given, in order")
    left_out: list[str] = Field(default_factory=list, description="Chunks kept from the model: they carry orders")
    prompt_sha256: str = ""
    prompt_version: int = 0
    model_use: ModelUsage | None = None
    without_model: str | None = Field(
        None,
        description="Why no model wrote it: `no_model`, `budget`, `visitor_cap`, `accounting`, "
        "`unsafe_source`, `model_failed`, `unchecked`",
    )
    masked: bool = Field(False, description="The model was given placeholders in the place of personal data")
    tools: list[ToolCallRecord] = Field(default_factory=list)
    guard: list[Any] = Field(default_factory=list, description="Results of the checks, the last that of the answer")
    rejections: list[str] = Field(default_factory=list, description="Why drafts were held back, in order")
    cache: dict[str, str] = Field(default_factory=dict, description="`miss`, `memory`, `store` or `off`")
    elapsed_ms: dict[str, float] = Field(default_factory=dict, description="Milliseconds by state")
    processing_time_ms: float = 0.0
    error: dict[str, Any] | None = None


def turn_id_of(turn_id: Annotated[str, Path(max_length=64, description="Id of the turn")]) -> str:
    """Return the id in the path. Raises ``NotFoundError`` where it can be none."""
    if not is_id(turn_id):
        raise NotFoundError("no such answer")
    return turn_id


@router.get("/{turn_id}")
def answer(turn_id: Annotated[str, Depends(turn_id_of)], container: ContainerOfApp, by: Admin) -> AnswerReceipt:
    """What this answer was made from; a moment after it was given."""
    receipt = container.receipts.get(turn_id)
    reply: Reply | None = container.turns.get(receipt["conversation_id"], turn_id).reply
    said = {"text": reply.text, "citations": reply.citations} if reply else {}
    return AnswerReceipt.model_validate({**receipt, **said, "turn_id": turn_id})
