"""What an experiment has found so far: by variant, and whether its shares are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

from pydantic import BaseModel, Field

from firstline.domain.confidence_sequences import Interval, difference_interval, mean_interval, sums_of
from firstline.domain.decisions import Decision, Group
from firstline.domain.experiments import MISMATCH_ALPHA, Experiment, Metric, Variant, mismatch_p_value
from firstline.domain.ports import Clock
from firstline.domain.turn import Action, Reason
from firstline.repositories.decisions import DecisionRepository
from firstline.repositories.receipts import ReceiptRepository

MAX_DAYS = 92
"""So many of an experiment's last days are read."""


class Bounds(BaseModel):
    """An estimate with bounds that hold at all times at once."""

    estimate: float | None
    low: float
    high: float


class GuardrailReport(BaseModel):
    """A share of a variant's turns against the control's."""

    metric: Metric
    share: float | None
    worse: Bounds = Field(description="The variant's share less the control's")
    margin: float
    breached: bool = Field(description="It is surely higher by more than the margin")


class SegmentReport(BaseModel):
    """A variant against the control in one category; a hint, for a test of its own."""

    category: str
    n: int
    difference: Bounds


class VariantReport(BaseModel):
    """One variant."""

    name: str
    is_control: bool
    share: float
    customers: int
    turns: int
    rewarded: int = Field(description="Customers whose first settled answer has a reward; the means are over these")
    unobserved: int = Field(description="Settled answers of which nothing was ever observed; in no mean")
    reward: Bounds
    difference: Bounds | None = Field(description="Its mean reward less the control's")
    guardrails: list[GuardrailReport]
    segments: list[SegmentReport]


class ExperimentReport(BaseModel):
    """An experiment and what it has found."""

    experiment: Experiment
    variants: list[VariantReport]
    mismatch_p_value: float
    mismatch: bool = Field(description="The shares are not as assigned: nothing here can be trusted")
    verdict: str
    method: str = "confidence sequences (empirical Bernstein and likelihood ratio), valid whenever one looks"


@dataclass
class _Seen:
    units: set[str] = field(default_factory=set)
    turns: int = 0
    bad: dict[Metric, list[float]] = field(default_factory=lambda: defaultdict(list))
    rewards: list[float] = field(default_factory=list)
    by_category: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    unobserved: int = 0


class ReadExperiment:
    """Reads receipts, which every reply has, and decisions, which every answer has."""

    def __init__(self, receipts: ReceiptRepository, decisions: DecisionRepository, *, clock: Clock) -> None:
        self._receipts = receipts
        self._decisions = decisions
        self._clock = clock

    def read(self, experiment: Experiment) -> ExperimentReport:
        """Return what was found, of the last 92 days at most.

        A customer counts once, with the first answer that is settled, as their answers are not independent; answers
        whose window has not ended are not read. Guardrails count every turn. An experiment that only changes the
        policy is read over the answers that the policy chose, so without the holdout.

        Raises
        ------
        StoreUnavailableError
        """
        seen = {variant.name: _Seen() for variant in experiment.variants}
        days = self._days(experiment)
        for day in days:
            for receipt in self._receipts.of_day(day):
                _add_receipt(seen, receipt, experiment.experiment_id)
        _add_rewards(seen, (found for day in days for found in self._decisions.of_day(day)), experiment)
        control, *others = experiment.variants
        p_value = mismatch_p_value({name: len(found.units) for name, found in seen.items()}, experiment.variants)
        reports = [self._variant(experiment, variant, seen, len(others)) for variant in (control, *others)]
        return ExperimentReport(
            experiment=experiment,
            variants=reports,
            mismatch_p_value=p_value,
            mismatch=p_value < MISMATCH_ALPHA,
            verdict=_verdict(reports, mismatch=p_value < MISMATCH_ALPHA),
        )

    def _days(self, experiment: Experiment) -> list[date]:
        if experiment.started_at is None:
            return []
        first = experiment.started_at.astimezone(UTC).date()
        last = (experiment.stopped_at or self._clock.now()).astimezone(UTC).date()
        n_days = min(MAX_DAYS, (last - first).days + 1)
        return [last - timedelta(days=age) for age in range(n_days - 1, -1, -1)]

    def _variant(
        self, experiment: Experiment, variant: Variant, seen: dict[str, _Seen], n_others: int
    ) -> VariantReport:
        own, control = seen[variant.name], seen[experiment.variants[0].name]
        is_control, alpha = own is control, experiment.alpha / n_others
        categories = sorted(own.by_category)
        guardrails = experiment.guardrails
        return VariantReport(
            name=variant.name,
            is_control=is_control,
            share=variant.share,
            customers=len(own.units),
            turns=own.turns,
            rewarded=len(own.rewards),
            unobserved=own.unobserved,
            reward=_bounds(mean_interval(sums_of(own.rewards), alpha=experiment.alpha)),
            difference=None if is_control else _compared(own.rewards, control.rewards, alpha),
            guardrails=[]
            if is_control
            else [_guarded(rail.metric, rail.margin, own, control, alpha / len(guardrails)) for rail in guardrails],
            segments=[]
            if is_control
            else [
                SegmentReport(
                    category=category,
                    n=len(own.by_category[category]),
                    difference=_compared(
                        own.by_category[category], control.by_category[category], alpha / len(categories)
                    ),
                )
                for category in categories
            ],
        )


def _add_receipt(seen: dict[str, _Seen], receipt: dict[str, Any], experiment_id: str) -> None:
    told = receipt.get("experiments") or {}
    found = seen.get(told.get("variants", {}).get(experiment_id, ""))
    if found is None:
        return
    found.units.add(told["unit"])
    found.turns += 1
    action, reason = receipt["action"], receipt["reason"]
    found.bad[Metric.HANDED_OVER].append(float(action == Action.HAND_OVER))
    unknown = action == Action.CLARIFY or reason == Reason.KNOWLEDGE_UNAVAILABLE
    found.bad[Metric.NOT_ANSWERED].append(float(unknown))
    found.bad[Metric.WITHOUT_MODEL].append(float(bool(receipt.get("without_model"))))


def _add_rewards(seen: dict[str, _Seen], decisions: Iterable[Decision], experiment: Experiment) -> None:
    only_learned = experiment.changes == {"policy"}
    settled = [
        (decision.closed_at, decision.turn_id, decision)
        for decision in decisions
        if decision.closed_at is not None
        and experiment.experiment_id in decision.variants
        and (decision.group is Group.LEARNED or not only_learned)
    ]
    counted: set[str] = set()
    for _, _, decision in sorted(settled, key=lambda one: one[:2]):
        found = seen.get(decision.variants[experiment.experiment_id])
        reward = decision.reward_value
        if found is None:
            continue
        if reward is None:
            found.unobserved += 1
        elif decision.customer_id not in counted:
            counted.add(decision.customer_id)
            found.rewards.append(reward)
            found.by_category[decision.category].append(reward)


def _guarded(metric: Metric, margin: float, own: _Seen, control: _Seen, alpha: float) -> GuardrailReport:
    worse = _compared(own.bad[metric], control.bad[metric], alpha)
    share = sum(own.bad[metric]) / own.turns if own.turns else None
    return GuardrailReport(metric=metric, share=share, worse=worse, margin=margin, breached=worse.low > margin)


def _compared(own: Sequence[float], control: Sequence[float], alpha: float) -> Bounds:
    return _bounds(difference_interval(sums_of(own), sums_of(control), alpha=alpha))


def _bounds(interval: Interval) -> Bounds:
    return Bounds(estimate=interval.estimate, low=interval.low, high=interval.high)


def _verdict(variants: Sequence[VariantReport], *, mismatch: bool) -> str:
    if mismatch:
        return "customers are not shared out as they should be: find out why before reading anything else"
    others = [variant for variant in variants if not variant.is_control]
    breached = [variant.name for variant in others if any(rail.breached for rail in variant.guardrails)]
    if breached:
        return f"stop: a guardrail is breached by {', '.join(breached)}"
    better = [variant.name for variant in others if variant.difference and variant.difference.low > 0]
    worse = [variant.name for variant in others if variant.difference and variant.difference.high < 0]
    if better:
        return f"better than the control: {', '.join(better)}"
    if len(worse) == len(others):
        return f"worse than the control: {', '.join(worse)}"
    return "no difference is sure yet"
