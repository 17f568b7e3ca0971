"""What another policy would have earned on the decisions that were logged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from firstline.domain.decisions import Decision, Group
from firstline.domain.errors import InvalidInputError
from firstline.domain.learning_context import FEATURES_VERSION, parent_of, vector_of
from firstline.domain.logged_decisions import LoggedDecisions, UnsupportedPolicyError
from firstline.domain.off_policy import Estimator, estimate_value
from firstline.domain.policies.policy import Policy
from firstline.domain.ports import Clock
from firstline.domain.turn import Strategy
from firstline.repositories.decisions import DecisionRepository
from firstline.services.learning_policies import MakePolicy, context_for

MAX_DAYS = 400
ARMS = tuple(Strategy)


class ValueEstimate(BaseModel):
    """What one estimator says, or why it says nothing."""

    estimator: Estimator
    value: float | None = Field(description="Mean reward in [0, 1]")
    low: float | None
    high: float | None
    refused: str = Field("", description="Why the logs cannot tell")


class PolicyValue(BaseModel):
    """What a policy would have earned where the logged ones decided."""

    policy: str
    days: int
    decisions: int = Field(description="Explored decisions with an observed reward; all figures are over these")
    without_reward: int = Field(description="Explored decisions of which nothing was observed; left out")
    logged: float | None = Field(description="What was earned on them")
    effective_sample_size: float | None
    estimates: list[ValueEstimate]


class ValuePolicy:
    """Lets a policy learn from the log as it went, and asks it before each decision what it would have chosen."""

    def __init__(self, decisions: DecisionRepository, make: MakePolicy, *, clock: Clock) -> None:
        self._decisions = decisions
        self._make = make
        self._clock = clock

    def value(self, name: str, *, days: int = 30, seed: int = 13) -> PolicyValue:
        """Estimate what the policy would have earned over the last days.

        At each decision the policy knows the rewards that had been observed by then, whoever chose; what it does there
        depends on the past alone, so that weighing the reward by its probability over the logged one is unbiased. A
        policy of its own is kept for each category, as the learner does. Intervals draw whole conversations.

        Raises
        ------
        InvalidInputError
            There is no such policy, or ``days`` is not 1 to 400.
        StoreUnavailableError
        """
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInputError(f"days must be 1 to {MAX_DAYS}")
        self._make(name)
        explored = [
            decision
            for decision in self._decisions.of_days(self._clock.now().astimezone(UTC).date(), days)
            if decision.group is Group.LEARNED and decision.features_version == FEATURES_VERSION
        ]
        rewarded = sorted(
            (decision for decision in explored if decision.reward is not None),
            key=lambda decision: (decision.decided_at, decision.turn_id),
        )
        rng = np.random.default_rng(seed)
        target = self._replayed(name, rewarded, rng)
        log = _logged(rewarded)
        estimates, effective = [], None
        for estimator in Estimator:
            try:
                found = estimate_value(log, target, estimator, rng)
            except UnsupportedPolicyError as error:
                refused = ValueEstimate(estimator=estimator, value=None, low=None, high=None, refused=str(error))
                estimates.append(refused)
            else:
                effective = found.effective_sample_size
                estimates.append(ValueEstimate(estimator=estimator, value=found.value, low=found.low, high=found.high))
        return PolicyValue(
            policy=name,
            days=days,
            decisions=len(rewarded),
            without_reward=len(explored) - len(rewarded),
            logged=float(log.rewards.mean()) if rewarded else None,
            effective_sample_size=effective,
            estimates=estimates,
        )

    def _replayed(self, name: str, log: Sequence[Decision], rng: np.random.Generator) -> NDArray[np.float64]:
        policies: dict[str, Policy] = {}

        def of(decision: Decision) -> Policy:
            return policies.setdefault(parent_of(decision.segment), self._make(name))

        arrivals = sorted(log, key=lambda decision: (_known_at(decision), decision.turn_id))
        learned, rows = 0, []
        for decision in log:
            while learned < len(arrivals) and _known_at(arrivals[learned]) <= decision.decided_at:
                past = arrivals[learned]
                policy = of(past)
                policy.update(
                    ARMS.index(past.arm),
                    context_for(policy, past.context),
                    past.reward_value or 0.0,
                    now=past.decided_at.timestamp(),
                )
                learned += 1
            policy = of(decision)
            rows.append(policy.probabilities(context_for(policy, decision.context), rng))
        return np.array(rows).reshape(len(log), len(ARMS))


def _known_at(decision: Decision) -> datetime:
    return decision.rewarded_at or decision.decided_at


def _logged(decisions: Sequence[Decision]) -> LoggedDecisions:
    contexts = [vector_of(decision.context) for decision in decisions]
    conversations = [decision.conversation_id for decision in decisions]
    return LoggedDecisions(
        actions=np.array([ARMS.index(decision.arm) for decision in decisions], dtype=np.int64),
        rewards=np.array([decision.reward_value for decision in decisions], dtype=float),
        propensities=np.array([decision.propensity for decision in decisions], dtype=float),
        contexts=np.array(contexts) if contexts else np.zeros((0, 0)),
        n_arms=len(ARMS),
        groups=np.unique(conversations, return_inverse=True)[1].astype(np.int64),
    )
