"""Tabular Q-learning over a few levels of the context: the one policy whose state is not a sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.policies.policy import (
    Choice,
    InvalidContextError,
    Vector,
    check_reward,
    checked_context,
    draw,
    mixed,
)
from firstline.domain.policies.statistics import SCALE
from firstline.domain.policies.summed import among_best

STATE_LEVELS = {"style": 6, "urgency": 3, "sentiment": 3, "interactions": 3, "tier": 4}
"""How many levels each part of the state has, in the order of the context."""


class QLearning:
    """Q(s, a) += rate (r + gamma max_b Q(s', b) - Q(s, a)), the arm of the highest Q(s, .) but for exploration.

    A context holds one level per part of the state, as whole numbers from 0. After a conversation's last answer, and
    in ``update`` where no next context is given, there is no s' and the maximum is 0.

    A row of Q depends on the order of its updates: where several writers share it, each reads the row, makes
    ``learned_row`` of it, and writes it on condition that its version is still the one read.

    Notes
    -----
    Watkins and Dayan (1992), Machine Learning 8, 279-292.
    """

    def __init__(
        self,
        n_arms: int,
        levels: Sequence[int] = tuple(STATE_LEVELS.values()),
        *,
        learning_rate: float = 0.1,
        discount_factor: float = 0.9,
        exploration_rate: float = 0.1,
    ) -> None:
        """Begin with a table of zeros.

        Parameters
        ----------
        n_arms : int
            At least 1.
        levels : sequence of int
            How many levels each part of the state has, each >= 1.
        learning_rate, discount_factor, exploration_rate : float
            In [0, 1].

        Raises
        ------
        InvalidContextError
        """
        rates = (learning_rate, discount_factor, exploration_rate)
        if n_arms < 1 or not levels or min(levels) < 1 or not all(0.0 <= rate <= 1.0 for rate in rates):
            raise InvalidContextError("n_arms >= 1, levels >= 1, rates in [0, 1]")
        self.n_arms, self.n_features = n_arms, len(levels)
        self.levels = tuple(levels)
        self._learning_rate, self._discount_factor = learning_rate, discount_factor
        self._exploration_rate = exploration_rate
        self._rows: dict[int, Vector] = {}

    @property
    def n_states(self) -> int:
        """Rows of the table."""
        return prod(self.levels)

    def state_of(self, context: Vector) -> int:
        """Return the number of the row that a context belongs to, in [0, n_states); levels beyond the last are cut.

        Raises
        ------
        InvalidContextError
        """
        values = checked_context(context, self.n_features)
        state = 0
        for value, size in zip(values.tolist(), self.levels, strict=True):
            state = state * size + min(max(round(value), 0), size - 1)
        return state

    def row(self, state: int) -> Vector:
        """Return the values of a state's arms, shape (n_arms,); zeros where nothing was learned."""
        return self._rows.get(state, np.zeros(self.n_arms))

    def probabilities(self, context: Vector, rng: np.random.Generator) -> Vector:
        """Return the probability of each arm, shape (n_arms,); see ``Policy.probabilities``."""
        return mixed(among_best(self.row(self.state_of(context))), self._exploration_rate)

    def choose(self, context: Vector, rng: np.random.Generator) -> Choice:
        """Draw an arm; see ``Policy.choose``."""
        return draw(self.probabilities(context, rng), rng)

    def update(
        self,
        arm: int,
        context: Vector,
        reward: float,
        weight: float = 1.0,
        *,
        now: float | None = None,
        next_context: Vector | None = None,
    ) -> None:
        """Learn from one reward; ``next_context`` is that of the conversation's next choice. See ``Policy.update``."""
        state = self.state_of(context)
        next_row = None if next_context is None else self.row(self.state_of(next_context))
        self._rows[state] = self.learned_row(self.row(state), arm, reward, weight, next_row=next_row)

    def learned_row(
        self, row: Vector, arm: int, reward: float, weight: float = 1.0, *, next_row: Vector | None = None
    ) -> Vector:
        """Return a state's row after one reward, shape (n_arms,); a weight above 1 moves as one of 1 / rate at most.

        Raises
        ------
        InvalidContextError
        """
        check_reward(arm, self.n_arms, reward, weight)
        ahead = 0.0 if next_row is None else float(next_row.max())
        learned = row.copy()
        step = min(1.0, self._learning_rate * weight)
        learned[arm] += step * (reward + self._discount_factor * ahead - row[arm])
        return learned

    def load_row(self, state: int, statistics: Mapping[str, int]) -> None:
        """Replace a state's row by a stored one.

        Raises
        ------
        InvalidPosteriorError
            The state is none of the table's.
        """
        if not 0 <= state < self.n_states:
            raise InvalidPosteriorError(f"state {state} is not one of {self.n_states}")
        self._rows[state] = self.row_of(statistics)

    def row_of(self, statistics: Mapping[str, int]) -> Vector:
        """Return the row that ``row_statistics`` wrote, shape (n_arms,)."""
        return np.array([int(statistics.get(f"v{arm}", 0)) / SCALE for arm in range(self.n_arms)])

    def row_statistics(self, row: Vector) -> dict[str, int]:
        """Return a row in fixed point, to be stored under the state's version."""
        return {f"v{arm}": round(value * SCALE) for arm, value in enumerate(row.tolist())}
