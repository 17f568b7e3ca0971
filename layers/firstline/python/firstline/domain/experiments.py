"""A/B tests: what they compare, who gets which variant, how many answers they need, whether the shares are right."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from statistics import NormalDist
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from firstline.domain.confidence_sequences import RewardSums, difference_interval
from firstline.domain.errors import ConflictError, InvalidInputError
from firstline.domain.learning_names import POLICIES
from firstline.domain.treatment import Treatment

ExperimentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
MISMATCH_ALPHA = 0.001
"""Probability with which right shares are ever called wrong."""
LEAST_EFFECT = 0.001


class ExperimentChangedError(ConflictError):
    """An experiment is not as the caller has read it, or not in the state that is needed."""


class Status(StrEnum):
    """An experiment is made, started once and stopped once."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"


class Metric(StrEnum):
    """Shares of turns that a variant must not make worse; more is worse for each."""

    HANDED_OVER = "handed_over"
    NOT_ANSWERED = "not_answered"
    """Asked back, or nothing known."""
    WITHOUT_MODEL = "without_model"
    """Answered in the articles' own words, because what the model wrote failed or was not sent."""


class Variant(BaseModel):
    """One way; all empty is what is done anyway."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ExperimentId
    share: float = Field(gt=0, lt=1, description="Share of customers")
    policy: str = Field("", description="Policy that chooses the strategy, as RL_POLICY names them")
    prompt: str = Field("", max_length=2_000, description="Added to the model's instructions")
    retrieved: int | None = Field(None, ge=1, le=20, description="Most chunks that a search brings")

    @field_validator("policy")
    @classmethod
    def _is_known(cls, policy: str) -> str:
        if policy and policy not in POLICIES:
            raise ValueError(f"there is no such policy; known are {', '.join(POLICIES)}")
        return policy

    @property
    def changes(self) -> frozenset[str]:
        """Names of what this variant changes."""
        given = {"policy": bool(self.policy), "prompt": bool(self.prompt), "retrieved": self.retrieved is not None}
        return frozenset(name for name, is_given in given.items() if is_given)


class Guardrail(BaseModel):
    """A share that may rise by no more than a margin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Metric
    margin: float = Field(0.02, ge=0, le=1, description="How much higher than the control's it may be")


class ExperimentContent(BaseModel):
    """What an experiment compares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field("", max_length=500, description="What it is to find out")
    variants: tuple[Variant, ...] = Field(min_length=2, max_length=5, description="The control first; shares sum to 1")
    guardrails: tuple[Guardrail, ...] = Field(
        (Guardrail(metric=Metric.HANDED_OVER), Guardrail(metric=Metric.NOT_ANSWERED)), max_length=3
    )
    alpha: float = Field(0.05, ge=0.001, le=0.2, description="Error rate of all comparisons together")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({variant.name for variant in self.variants}) != len(self.variants):
            raise ValueError("names of variants must differ")
        if abs(sum(variant.share for variant in self.variants) - 1) > 1e-6:
            raise ValueError("shares must sum to 1")
        if len({variant.model_dump_json(exclude={"name", "share"}) for variant in self.variants}) == 1:
            raise ValueError("at least one variant must change something")
        return self

    @property
    def changes(self) -> frozenset[str]:
        """Names of what any variant changes."""
        return frozenset().union(*(variant.changes for variant in self.variants))


class Experiment(ExperimentContent):
    """An experiment and how it stands."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    experiment_id: ExperimentId
    version: int = Field(default=1, ge=1)
    status: Status = Status.DRAFT
    by: str = ""
    created_at: datetime
    started_at: datetime | None = None
    stopped_at: datetime | None = None


def assigned(experiment: Experiment, unit: str) -> Variant:
    """Return the variant of a unit, such as a customer's id: always the same, and independent between experiments."""
    digest = hashlib.sha256(f"experiment#{experiment.experiment_id}#{unit}".encode()).digest()
    place, end = int.from_bytes(digest[:8], "big") / 2**64, 0.0
    for variant in experiment.variants:
        end += variant.share
        if place < end:
            return variant
    return experiment.variants[-1]


def treatment_of(running: Iterable[Experiment], unit: str) -> Treatment:
    """Return what the running experiments change for a unit. No two of them change the same thing."""
    treatment = Treatment(unit=hashlib.sha256(f"experiments#{unit}".encode()).hexdigest()[:16])
    for experiment in running:
        variant = assigned(experiment, unit)
        update = {name: getattr(variant, name) for name in variant.changes}
        variants = {**treatment.variants, experiment.experiment_id: variant.name}
        treatment = treatment.model_copy(update={**update, "variants": variants})
    return treatment if treatment.variants else Treatment()


def mismatch_p_value(units: Mapping[str, int], variants: Sequence[Variant]) -> float:
    """Return how well the numbers of units fit the shares, valid however often one looks; small where they do not.

    Notes
    -----
    1 / Bayes factor of a Dirichlet(1, ..., 1) prior against the stated shares; under these it is ever below a with
    probability <= a. Lindon and Malek (2022), NeurIPS 35, "Anytime-valid inference for multinomial count data".
    """
    counts = [units.get(variant.name, 0) for variant in variants]
    log_factor = math.lgamma(len(counts)) - math.lgamma(sum(counts) + len(counts))
    for count, variant in zip(counts, variants, strict=True):
        log_factor += math.lgamma(count + 1) - count * math.log(variant.share)
    return min(1.0, math.exp(-log_factor)) if log_factor < 700 else 0.0


def sample_size(
    baseline: float, effect: float, *, share: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> tuple[int, int]:
    """Return how many rewarded answers both sides together need: for one look at the end, and for looking always.

    Parameters
    ----------
    baseline : float
        Mean reward of the control, in (0, 1).
    effect : float
        Smallest difference worth finding, at least ``LEAST_EFFECT`` up or down; baseline + effect in (0, 1).
    share : float
        The variant's share of the answers, in (0, 1).

    Returns
    -------
    tuple of int
        By the normal approximation for one test at the end, and the number at which ``difference_interval`` excludes
        no effect with that power. Rewards are taken as 0 or 1, which vary most; others need fewer.

    Raises
    ------
    InvalidInputError
        A number is outside its range.
    """
    changed = baseline + effect
    inside = all(0 < value < 1 for value in (baseline, changed, share, alpha, power))
    if not inside or abs(effect) < LEAST_EFFECT:
        raise InvalidInputError(
            f"baseline, baseline + effect, share, alpha and power must be in (0, 1), effect at least {LEAST_EFFECT}"
        )
    spread = math.sqrt(changed * (1 - changed) / share + baseline * (1 - baseline) / (1 - share))
    z_power = NormalDist().inv_cdf(power)
    once = math.ceil(((NormalDist().inv_cdf(1 - alpha / 2) + z_power) * spread / effect) ** 2)

    def is_found(n: int) -> bool:
        # Where the estimate is as far towards no effect as the power allows.
        shift = math.copysign(z_power * spread / math.sqrt(n), effect)
        treated, control = (
            _expected(n * part, mean)
            for part, mean in ((share, min(1.0, max(0.0, changed - shift))), (1 - share, baseline))
        )
        return difference_interval(treated, control, alpha=alpha).excludes_zero

    low, high = once, 2 * once
    while not is_found(high):
        low, high = high, 2 * high
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return once, high


def _expected(n: float, mean: float) -> RewardSums:
    count = max(1, round(n))
    return RewardSums(count, mean * count, mean * (1 - mean) * count)
