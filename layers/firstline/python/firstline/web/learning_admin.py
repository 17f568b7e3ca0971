"""What was learned, why an answer was given the way it was, and what people set for arms; for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.decisions import Decision, Group, Outcome
from firstline.domain.errors import InvalidInputError, NotFoundError
from firstline.domain.learning_names import POLICIES
from firstline.domain.turn import Strategy
from firstline.repositories.arm_controls import ArmControl
from firstline.services.report_learning import LearningReport
from firstline.web.access import Admin, ContainerOfApp
from firstline.web.answers_admin import turn_id_of

router = APIRouter(prefix="/admin/learning", tags=["learning"])

Days = Annotated[int, Query(ge=1, le=400, description="Days that figures are of, today included")]
PolicyName = Annotated[str, Query(max_length=40, description="Name of a policy; by default that of RL_POLICY")]


class ArmControls(BaseModel):
    """What is set for arms."""

    controls: list[ArmControl]


class ArmChange(BaseModel):
    """What is to be set for an arm; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    segment: str = Field("all", max_length=60, description="A category, or `all`")
    paused: bool | None = Field(None, description="The arm is not chosen")
    cap: float | None = Field(None, ge=0.0, le=1.0, description="Largest probability with which it is chosen")
    least: float | None = Field(None, ge=0.0, le=0.2, description="Least probability with which it is chosen")
    frozen: bool | None = Field(None, description="False lifts a freeze; the guard then counts anew")
    reason: str = Field("", max_length=500)


class ObservedPart(BaseModel):
    """One piece of evidence about an answer."""

    part: str
    value: float = Field(description="1 is good, 0 is bad")
    at: datetime
    evidence: str = Field(description="Where it was seen; never its words")


class DecisionDetail(BaseModel):
    """Why an answer was given the way it was, and what was observed of it."""

    turn_id: str
    conversation_id: str
    policy: str
    segment: str
    arm: Strategy
    propensity: float
    because: str
    group: Group
    probabilities: dict[str, float]
    snapshot_age_s: float
    variants: dict[str, str] = Field(description="Variant by experiment")
    decided_at: datetime
    outcome: Outcome
    reward: float | None = Field(description="In [0, 1]; null where nothing was observed")
    weights: str
    parts: list[ObservedPart]
    closed_at: datetime | None


@router.get("")
def learning(container: ContainerOfApp, by: Admin, days: Days = 30, policy: PolicyName = "") -> LearningReport:
    """Arms by segment, reward parts, learning curve, the effect beside the holdout, regret, freezes, past nights."""
    if policy and policy not in POLICIES:
        raise InvalidInputError(f"no policy is called {policy!r:.40}")
    learner = container.learning
    return learner.report.report(learner.options.version_of(policy), days=days)


@router.get("/decisions/{turn_id}")
def decision(turn_id: Annotated[str, Depends(turn_id_of)], container: ContainerOfApp, by: Admin) -> DecisionDetail:
    """Why this answer was given the way it was, with which probability; a moment after it was given."""
    found = container.learning.decisions.get(container.receipts.get(turn_id)["conversation_id"], turn_id)
    if found is None:
        raise NotFoundError("nothing was chosen in this turn")
    return detail_of(found)


@router.get("/arms")
def arms(container: ContainerOfApp, by: Admin) -> ArmControls:
    """What people, or the guard, have set for arms."""
    return ArmControls(controls=container.learning.guard.controls(consistent=True))


@router.patch("/arms/{arm}")
def change_arm(arm: Strategy, body: ArmChange, container: ContainerOfApp, by: Admin) -> ArmControl:
    """Pause, cap or free an arm; processes at work follow once what they have read is older than RL_SNAPSHOT_S."""
    learner = container.learning
    return learner.guard.set(
        body.segment,
        arm,
        by=by.user_id,
        policy=learner.options.version_of(),
        paused=body.paused,
        cap=body.cap,
        least=body.least,
        frozen=body.frozen,
        reason=body.reason,
    )


def detail_of(found: Decision) -> DecisionDetail:
    """Return a decision as administrators see it."""
    told: dict[str, Any] = {
        name: getattr(found, name)
        for name in DecisionDetail.model_fields
        if name not in ("probabilities", "parts", "reward")
    }
    shares = zip((arm.value for arm in Strategy), found.probabilities, strict=False)
    return DecisionDetail(
        **told,
        reward=found.reward_value,
        probabilities=dict(shares),
        parts=[
            ObservedPart(part=seen.part, value=seen.value, at=seen.at, evidence=seen.evidence)
            for seen in sorted(found.parts.values(), key=lambda seen: seen.at)
        ],
    )
