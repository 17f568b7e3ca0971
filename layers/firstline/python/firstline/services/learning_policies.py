"""Policies filled with what the store holds of a segment and of the segment it starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from firstline.domain.learning_context import levels_of, parent_of, vector_of
from firstline.domain.policies.policy import AdditivePolicy, Policy
from firstline.domain.policies.q_learning import QLearning
from firstline.domain.policies.statistics import inherited, summed, without
from firstline.domain.policies.summed import SummedPolicy
from firstline.domain.table import Operation
from firstline.domain.turn import Strategy
from firstline.repositories.arms import ArmRepository
from firstline.repositories.decisions import Decision
from firstline.repositories.q_values import QValueRepository

MakePolicy = Callable[[str], Policy]
"""Makes an empty policy of a name of ``RL_POLICY``."""


def context_for(policy: Policy, context: Sequence[int]) -> NDArray[np.float64]:
    """Return a logged context in the form that a policy takes."""
    return levels_of(context) if isinstance(policy, QLearning) else vector_of(context)


class LearningPolicies:
    """A segment's posterior is its own sums and its parent's, down-weighted: a new segment starts from those.

    Q-learning has one table for all segments.
    """

    def __init__(self, arms: ArmRepository, q_values: QValueRepository, make: MakePolicy) -> None:
        self._arms = arms
        self._q_values = q_values
        self._make = make
        self._empty: dict[str, Policy] = {}

    def of(self, decision: Decision) -> Policy:
        """Return an empty policy of the kind that decided, to ask for increments."""
        return self.empty(decision.policy_name)

    def empty(self, name: str) -> Policy:
        """Return a policy of this name that knows nothing. Raises ``UnknownPolicyError``."""
        if name not in self._empty:
            self._empty[name] = self._make(name)
        return self._empty[name]

    def read(self, name: str, version: str, segment: str, *, now: datetime) -> tuple[Policy, list[dict[str, int]]]:
        """Return a policy as of now, and all stored sums of the parent's arms: two queries."""
        policy = self._make(name)
        parents = self._arms.read(version, parent_of(segment))
        if isinstance(policy, QLearning):
            for state, values in self._q_values.rows(version):
                policy.load_row(state, values)
        elif isinstance(policy, AdditivePolicy):
            own = self._arms.read(version, segment)
            for arm, (known, of_parent) in enumerate(zip(own, parents, strict=True)):
                statistics = summed(known, inherited(without(of_parent, known)))
                policy.load(arm, statistics, now=now.timestamp())
        return policy, parents

    def held(self, name: str, stored: Mapping[str, int], *, now: datetime) -> tuple[float, float]:
        """Return the weight and the reward of an arm's stored sums as a policy counts them now; zeros for a table."""
        policy = self.empty(name)
        return policy.held(stored, now=now.timestamp()) if isinstance(policy, SummedPolicy) else (0.0, 0.0)

    def q_rows(self, version: str) -> Iterator[tuple[int, dict[str, int]]]:
        """Yield every state and its row of Q-learning's table."""
        return self._q_values.rows(version)

    def corrected(self, before: Decision, after: Decision, following: Decision | None) -> list[Operation]:
        """Return what evidence that came after the window changes in such a policy: by the difference of the rewards.

        A first reward is learned as one that came in time. The row is read here, as ``replaced`` does.
        """
        if before.reward_value is None:
            return self.replaced(after, following)
        policy = self.of(after)
        reward = after.reward_value
        if not isinstance(policy, QLearning) or reward is None or reward == before.reward_value or not after.learns:
            return []
        state, arm = policy.state_of(levels_of(after.context)), tuple(Strategy).index(after.arm)
        values, version = self._q_values.row(after.policy, state)
        row = policy.row_of(values)
        learned = row + policy.learned_row(row, arm, reward) - policy.learned_row(row, arm, before.reward_value)
        return [self._q_values.replaced(after.policy, state, policy.row_statistics(learned), version=version)]

    def replaced(self, decision: Decision, following: Decision | None) -> list[Operation]:
        """Return what a settled decision changes in a policy whose state is no sum; none for the others.

        The row is read here; the operation's condition fails where another writer comes in between.

        Parameters
        ----------
        following : Decision, optional
            The conversation's next decision.
        """
        policy = self.of(decision)
        reward = decision.reward_value
        if not isinstance(policy, QLearning) or reward is None or not decision.learns:
            return []
        state = policy.state_of(levels_of(decision.context))
        values, version = self._q_values.row(decision.policy, state)
        next_row = None
        if following is not None and following.policy == decision.policy:
            ahead, _ = self._q_values.row(decision.policy, policy.state_of(levels_of(following.context)))
            next_row = policy.row_of(ahead)
        learned = policy.learned_row(
            policy.row_of(values), tuple(Strategy).index(decision.arm), reward, next_row=next_row
        )
        row = policy.row_statistics(learned)
        return [self._q_values.replaced(decision.policy, state, row, version=version)]
