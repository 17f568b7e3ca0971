"""What was observed, weighed anew: another preset's rewards over the history, and arms that learn from those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from pydantic import BaseModel, Field

from firstline.domain.decisions import Decision
from firstline.domain.errors import InvalidInputError
from firstline.domain.learning_context import FEATURES_VERSION, parent_of
from firstline.domain.ports import Clock
from firstline.domain.rewards import REWARD_SCALE, Preset, preset, reward_of
from firstline.domain.turn import Strategy
from firstline.repositories.arms import ArmRepository
from firstline.repositories.decisions import DecisionRepository
from firstline.services.choose_strategy import LearningOptions
from firstline.services.learning_policies import LearningPolicies
from firstline.services.settle_rewards import contribution

MAX_DAYS = 400


class ReweighedArm(BaseModel):
    """One arm in one category."""

    category: str
    arm: Strategy
    rewards: int = Field(description="Answers with a reward under the preset in use")
    mean: float | None
    reweighed_rewards: int = Field(description="Answers with a reward under the other preset")
    reweighed_mean: float | None


class Reweighed(BaseModel):
    """What another preset makes of the history."""

    weights: str
    in_use: str
    decisions: int
    arms: list[ReweighedArm]
    best_changes: list[str] = Field(description="Categories in which another arm has the highest mean")
    stored: int | None = Field(description="Arms that were written for that preset; null where only told")


class ReweighRewards:
    """The raw parts of every decision are kept, so that any weighting can be computed over them."""

    def __init__(
        self,
        decisions: DecisionRepository,
        arms: ArmRepository,
        policies: LearningPolicies,
        options: LearningOptions,
        *,
        clock: Clock,
        normalise: bool,
    ) -> None:
        self._decisions = decisions
        self._arms = arms
        self._policies = policies
        self._options = options
        self._clock = clock
        self._normalise = normalise

    def reweigh(self, weights: str, *, days: int = 90, store: bool = False) -> Reweighed:
        """Compute the rewards of the learner's decisions anew.

        Parameters
        ----------
        weights : str
            The preset.
        days : int
            How far back to look, 1 to 400.
        store : bool
            Write the arms that the policy in use would have under the preset, so that with ``REWARD_WEIGHTS`` set to
            it the learner starts from the history. What is written is the sums over these ``days``, in the place of
            what was there: a second call changes nothing, one with fewer days leaves less.

        Raises
        ------
        InvalidInputError
            There is no such preset; ``days`` is not 1 to 400; or the preset to store is in use, so that its arms are
            written by every reward and are right already.
        StoreUnavailableError
        """
        chosen = preset(weights)
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInputError(f"days must be 1 to {MAX_DAYS}")
        if store and weights == self._options.weights:
            raise InvalidInputError(f"{weights} is in use: its arms are right already")
        today = self._clock.now().astimezone(UTC).date()
        history = [
            decision
            for decision in self._decisions.of_days(today, days)
            if decision.learns and decision.features_version == FEATURES_VERSION
        ]
        anew = [self._under(decision, chosen) for decision in history]
        arms = list(_compared(history, anew))
        return Reweighed(
            weights=weights,
            in_use=self._options.weights,
            decisions=len(history),
            arms=arms,
            best_changes=_changes(arms),
            stored=self._store(anew, weights) if store else None,
        )

    def _under(self, decision: Decision, chosen: Preset) -> Decision:
        # What has not been waited for long enough says nothing yet, whatever a preset takes silence for.
        is_told = bool(decision.parts) or (chosen.assumed is not None and decision.closed_at is not None)
        reward = None
        if is_told:
            reward = reward_of(decision.values, answer_s=decision.answer_s, weights=chosen, normalise=self._normalise)
        scaled = None if reward is None else round(reward * REWARD_SCALE)
        return replace(decision, reward=scaled, weights=chosen.name)

    def _store(self, anew: list[Decision], weights: str) -> int:
        version = replace(self._options, weights=weights).version_of()
        policy = self._policies.empty(self._options.policy)
        sums: dict[tuple[str, Strategy], Counter[str]] = {}
        for decision in anew:
            for segment in (decision.segment, parent_of(decision.segment)):
                if segment:
                    sums.setdefault((segment, decision.arm), Counter()).update(contribution(decision, policy))
        for segment in sorted({segment for segment, _ in sums}):
            for arm, stored in zip(Strategy, self._arms.read(version, segment), strict=True):
                wanted = sums.get((segment, arm), Counter())
                change = {name: wanted[name] - stored.get(name, 0) for name in {*wanted, *stored}}
                for operation in self._arms.added(version, segment, arm, change, by=f"reweigh {weights}"):
                    self._decisions.commit([operation])
        return len(sums)


def _compared(history: list[Decision], anew: list[Decision]) -> Iterator[ReweighedArm]:
    rewards: dict[tuple[str, Strategy], tuple[list[float], list[float]]] = {}
    for before, after in zip(history, anew, strict=True):
        own = rewards.setdefault((before.category, before.arm), ([], []))
        for values, decision in zip(own, (before, after), strict=True):
            if decision.reward_value is not None:
                values.append(decision.reward_value)
    for (category, arm), (old, new) in sorted(rewards.items()):
        yield ReweighedArm(
            category=category,
            arm=arm,
            rewards=len(old),
            mean=sum(old) / len(old) if old else None,
            reweighed_rewards=len(new),
            reweighed_mean=sum(new) / len(new) if new else None,
        )


def _changes(arms: list[ReweighedArm]) -> list[str]:
    changed = []
    for category in sorted({arm.category for arm in arms}):
        own = [arm for arm in arms if arm.category == category and arm.mean is not None]
        own = [arm for arm in own if arm.reweighed_mean is not None]
        if own and max(own, key=lambda arm: arm.mean or 0.0) != max(own, key=lambda arm: arm.reweighed_mean or 0.0):
            changed.append(category)
    return changed
