"""LinUCB that finds out how much of the context is worth learning on: nothing, the features, or Fourier features."""

from __future__ import annotations

import numpy as np

from firstline.domain.policies.bases import Basis, FourierFeatures, Interactions, NoFeatures
from firstline.domain.policies.linear import LinUCB
from firstline.domain.policies.memory import Memory
from firstline.domain.policies.policy import Choice, Vector, draw, mixed

LOSS_DISCOUNT = 0.998
"""What a loss counts beside the next one: some 500 rewards are remembered."""

TRIALS_PER_COEFFICIENT = 2
"""Rewards for each coefficient of the plain linear model before the model without features may decide."""


class AdaptiveLinUCB:
    """One LinUCB on each of several bases; the one whose predictions have erred least of late decides.

    All of them learn from every reward. Before they do, the square of each one's error at the arm that was played is
    added to its discounted loss. On features that tell nothing it is as careful as a policy that sees none, on linear
    rewards as fast as LinUCB, and on others it goes on to the richer features once they predict better. The model
    without features waits: while rewards are rare it errs least by expecting nothing, and would never look further.
    In memory only.

    Notes
    -----
    Selection by accumulated prediction errors: Dawid (1984), Journal of the Royal Statistical Society A 147, 278-292.
    """

    def __init__(
        self,
        n_arms: int,
        n_features: int,
        *,
        width: float,
        basis: Basis | None = None,
        memory: Memory | None = None,
        exploration_rate: float = 0.0,
    ) -> None:
        """Begin with no observations; see ``RidgePolicy``. ``basis`` is the richest, Fourier features where None."""
        richest = FourierFeatures() if basis is None else basis
        self.n_arms, self.n_features = n_arms, n_features
        self._candidates = [
            LinUCB(n_arms, n_features, width=width, basis=candidate, memory=memory)
            for candidate in (NoFeatures(), Interactions(), richest)
        ]
        self._exploration_rate = exploration_rate
        self.losses: Vector = np.zeros(len(self._candidates))
        self._weight_to_wait = float(TRIALS_PER_COEFFICIENT * n_arms * (n_features + 1))

    def probabilities(self, context: Vector, rng: np.random.Generator) -> Vector:
        """Return the probability of each arm, shape (n_arms,); see ``Policy.probabilities``."""
        decides = self._candidates[self.deciding]
        return mixed(decides.probabilities(context, rng), self._exploration_rate)

    @property
    def deciding(self) -> int:
        """Which model decides: 0 without features, 1 with them, 2 with the richest."""
        first = int(self._weight_to_wait > 0.0)
        return first + int(self.losses[first:].argmin())

    def choose(self, context: Vector, rng: np.random.Generator) -> Choice:
        """Draw an arm; see ``Policy.choose``."""
        return draw(self.probabilities(context, rng), rng)

    def update(
        self, arm: int, context: Vector, reward: float, weight: float = 1.0, *, now: float | None = None
    ) -> None:
        """Learn from one reward; see ``Policy.update``."""
        expected = [candidate.predicted(context)[0] for candidate in self._candidates]
        for candidate in self._candidates:
            candidate.update(arm, context, reward, weight, now=now)
        self._weight_to_wait -= weight
        self.losses = LOSS_DISCOUNT * self.losses + weight * np.array(
            [(reward - means[arm]) ** 2 for means in expected]
        )
