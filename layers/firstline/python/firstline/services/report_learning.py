"""What was learned: arms by segment, rewards by part, the effect beside the holdout, freezes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, Field

from firstline.domain.confidence_sequences import Interval, RewardSums, difference_interval, mean_interval
from firstline.domain.errors import InvalidInputError
from firstline.domain.learning_figures import Cell, Figures, added_up, hour_of, regret_estimate
from firstline.domain.ports import Clock
from firstline.domain.rewards import REWARD_SCALE
from firstline.domain.turn import Strategy
from firstline.repositories.arm_controls import ArmControl
from firstline.repositories.arms import ArmRepository
from firstline.repositories.decisions import DecisionRepository, Group
from firstline.repositories.effects import EffectRepository
from firstline.repositories.learning_hours import LearningHours
from firstline.services.guard_arms import DEFAULT_ARM, GuardArms
from firstline.services.learning_policies import LearningPolicies

ALPHA = 0.05
MAX_DAYS = 400
_COUNTED_ANEW = 2
"""Days that are counted from the decisions themselves."""


class Estimate(BaseModel):
    """A mean with the bounds that hold at all times at once with 95 %."""

    n: int
    mean: float | None
    low: float
    high: float


class ArmReport(BaseModel):
    """One arm in one segment."""

    segment: str
    arm: Strategy
    pulls: int = Field(description="Answers given this way by the learner")
    rewarded: int = Field(description="Those of which something was observed")
    assumed: int = Field(description="Those of which nothing was observed until the window ended; in no mean")
    reward: Estimate
    posterior_n: float = Field(description="Rewards that the learner holds of this arm and segment, by weight")
    posterior_mean: float | None
    parts: dict[str, tuple[int, float]] = Field(description="By part: how often observed, and its mean value")


class CurvePoint(BaseModel):
    """One day of one group."""

    day: date
    group: Group
    decisions: int
    rewarded: int
    mean: float | None


class EffectReport(BaseModel):
    """Learning against the holdout: of each conversation the first answer with a reward whose window has ended."""

    learned: Estimate
    holdout: Estimate
    difference: float | None
    low: float
    high: float
    settled: dict[str, int] = Field(description="Answers whose window has ended, by group")
    assumed: dict[str, int] = Field(description="Those without any observation, by group; in no mean")
    method: str = "confidence sequences (empirical Bernstein and likelihood ratio), valid whenever one looks; 95 %"


class LearningReport(BaseModel):
    """All of it."""

    policy: str
    days: int
    as_of: datetime
    default_arm: Strategy = DEFAULT_ARM
    arms: list[ArmReport]
    curve: list[CurvePoint]
    effect: EffectReport
    regret: float | None = Field(description="Rewards missed, by the means of now; an estimate")
    agreement: float | None = Field(description="Share of answers where inferred and stated satisfaction agree")
    compared: int
    controls: list[ArmControl]
    nights: list[dict[str, object]]


class ReportLearning:
    """Reads the hourly figures of the days that are settled, and the decisions of the last days themselves."""

    def __init__(
        self,
        hours: LearningHours,
        decisions: DecisionRepository,
        arms: ArmRepository,
        effects: EffectRepository,
        guard: GuardArms,
        policies: LearningPolicies,
        *,
        clock: Clock,
    ) -> None:
        self._hours = hours
        self._decisions = decisions
        self._arms = arms
        self._effects = effects
        self._guard = guard
        self._policies = policies
        self._clock = clock

    def report(self, policy: str, *, days: int = 30) -> LearningReport:
        """Return what a policy version has learned.

        Today and yesterday are counted from the decisions themselves, the days before from the hourly figures.

        Raises
        ------
        InvalidInputError
            ``days`` is not 1 to 400.
        StoreUnavailableError
        """
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInputError(f"days must be 1 to {MAX_DAYS}")
        now = self._clock.now()
        today = now.astimezone(UTC).date()
        cells = list(self.cells_of_days(policy, today, min(days, _COUNTED_ANEW)))
        if days > _COUNTED_ANEW:
            first, last = today - timedelta(days=days - 1), today - timedelta(days=_COUNTED_ANEW)
            cells = [*self._hours.of_days(policy, first, last), *cells]
        whole = next(iter(added_up(cells).values()), Figures())
        return LearningReport(
            policy=policy,
            days=days,
            as_of=now,
            arms=self._of_arms(policy, cells),
            curve=_curve(cells),
            effect=self.effect(policy),
            regret=regret_estimate(cells),
            agreement=whole.agreed / whole.compared if whole.compared else None,
            compared=whole.compared,
            controls=self._guard.controls(),
            nights=self._hours.nights(),
        )

    def effect(self, policy: str) -> EffectReport:
        """Return the effect of learning so far, over the whole life of a policy version."""
        learned, holdout = (self._effects.sums(policy, group) for group in (Group.LEARNED, Group.HOLDOUT))
        difference: Interval = difference_interval(learned, holdout, alpha=ALPHA)
        settled: dict[str, int] = {}
        assumed: dict[str, int] = {}
        for _, group, row in self._effects.days(policy):
            settled[group] = settled.get(group, 0) + row["closed"]
            assumed[group] = assumed.get(group, 0) + row["outcome_assumed"]
        return EffectReport(
            learned=_estimate(learned),
            holdout=_estimate(holdout),
            difference=difference.estimate,
            low=difference.low,
            high=difference.high,
            settled=settled,
            assumed=assumed,
        )

    def cells_of_days(self, policy: str, last: date, days: int) -> list[tuple[Cell, Figures]]:
        """Return the figures of so many days up to ``last``, counted from the decisions."""
        counted: dict[Cell, Figures] = {}
        for decision in self._decisions.of_days(last, days):
            if decision.policy != policy:
                continue
            hour = hour_of(decision.decided_at)
            cell = Cell(hour, decision.segment, decision.arm.value, decision.group.value)
            assumed = decision.closed_at is not None and not decision.parts
            counted.setdefault(cell, Figures()).count(decision.reward, decision.values, assumed=assumed)
        return sorted(counted.items())

    def _of_arms(self, policy: str, cells: Sequence[tuple[Cell, Figures]]) -> list[ArmReport]:
        sums = added_up(cells, "segment", "arm", "group")
        found = []
        for segment in sorted({segment for segment, _, group in sums if group == Group.LEARNED}):
            for arm, stored in zip(Strategy, self._arms.read(policy, segment), strict=True):
                figures = sums.get((segment, arm.value, Group.LEARNED.value), Figures())
                n, total = self._policies.held(policy.partition(".")[0], stored, now=self._clock.now())
                found.append(
                    ArmReport(
                        segment=segment,
                        arm=arm,
                        pulls=figures.decisions,
                        rewarded=figures.rewards,
                        assumed=figures.assumed,
                        reward=_estimate(_sums(figures)),
                        posterior_n=n,
                        posterior_mean=total / n if n else None,
                        parts={name: (n, total / REWARD_SCALE / n) for name, (n, total) in figures.parts.items()},
                    )
                )
        return found


def _sums(figures: Figures) -> RewardSums:
    total = figures.reward_sum / REWARD_SCALE
    return RewardSums().plus(figures.rewards, total, min(total, figures.reward_squares / REWARD_SCALE))


def _estimate(sums: RewardSums) -> Estimate:
    interval = mean_interval(sums, alpha=ALPHA)
    return Estimate(n=sums.n, mean=interval.estimate, low=interval.low, high=interval.high)


def _curve(cells: Sequence[tuple[Cell, Figures]]) -> list[CurvePoint]:
    days: dict[tuple[str, str], Figures] = {}
    for cell, figures in cells:
        days.setdefault((cell.hour[:10], cell.group), Figures()).add(figures)
    return [
        CurvePoint(
            day=date.fromisoformat(day),
            group=Group(group),
            decisions=figures.decisions,
            rewarded=figures.rewards,
            mean=figures.mean,
        )
        for (day, group), figures in sorted(days.items())
    ]
