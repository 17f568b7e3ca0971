"""What policies over additive sums have in common: remembering, storing and loading; each adds its own scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from firstline.domain.policies.bases import Basis, NoFeatures
from firstline.domain.policies.memory import Lasting, Memory, outdated, prefix_of, recalled
from firstline.domain.policies.policy import (
    Choice,
    InvalidContextError,
    Vector,
    check_reward,
    checked_context,
    draw,
    mixed,
)
from firstline.domain.policies.statistics import COUNT, REWARD, SCALE, from_statistics, products, to_statistics

N_DRAWS = 100
"""Posterior samples behind the probabilities of a sampling policy."""


class SummedPolicy(ABC):
    """A policy whose whole state is, per arm, the weighted sum of z z' with z = (1, features, reward).

    Attributes
    ----------
    sums : ndarray, shape (n_arms, n_expanded + 2, n_expanded + 2)
        What counts now, after forgetting.
    """

    def __init__(
        self,
        n_arms: int,
        n_features: int,
        *,
        basis: Basis | None = None,
        memory: Memory | None = None,
        exploration_rate: float = 0.0,
    ) -> None:
        """Begin with no observations.

        Parameters
        ----------
        n_arms : int
            At least 1.
        n_features : int
            Length of a context, >= 0.
        basis : Basis, optional
            Makes the features that are learned on from a context; none: the policy looks at no context.
        memory : Memory, optional
            How long observations count; for ever where None.
        exploration_rate : float
            Share of choices drawn uniformly, in [0, 1].

        Raises
        ------
        InvalidContextError
        """
        if n_arms < 1 or n_features < 0 or not 0.0 <= exploration_rate <= 1.0:
            raise InvalidContextError("n_arms >= 1, n_features >= 0, exploration_rate in [0, 1]")
        self.n_arms, self.n_features = n_arms, n_features
        self._basis = NoFeatures() if basis is None else basis
        self._memory = Lasting() if memory is None else memory
        self._exploration_rate = exploration_rate
        self._n_expanded = self._basis.width(n_features)
        side = self._n_expanded + 2
        self.sums: NDArray[np.float64] = np.zeros((n_arms, side, side))
        self._buckets: dict[int, NDArray[np.float64]] = {}
        self._bucket: int | None = None
        self._n_updates = 0

    @abstractmethod
    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        """Return the probability of each arm before uniform exploration, shape (n_arms,)."""

    def _refit(self, arm: int) -> None:  # noqa: B027 - a policy that scores by its sums alone has nothing to do
        """Take over an arm's sums that were replaced."""

    def _absorb(self, arm: int, features: Vector, weight: float) -> None:  # noqa: B027
        """Take over one more observation, which is in the arm's sums already."""

    def probabilities(self, context: Vector, rng: np.random.Generator) -> Vector:
        """Return the probability of each arm, shape (n_arms,); see ``Policy.probabilities``."""
        return mixed(self._shares(self._expanded(context), rng), self._exploration_rate)

    def choose(self, context: Vector, rng: np.random.Generator) -> Choice:
        """Draw an arm; see ``Policy.choose``."""
        return draw(self.probabilities(context, rng), rng)

    def update(
        self, arm: int, context: Vector, reward: float, weight: float = 1.0, *, now: float | None = None
    ) -> None:
        """Learn from one reward; see ``Policy.update``."""
        check_reward(arm, self.n_arms, reward, weight)
        features = self._expanded(context)
        added = products(features, reward, weight)
        if not self._memory.lasting:
            bucket = self._memory.bucket(self._n_updates if now is None else now)
            self._enter(bucket)
            kept = self._buckets.setdefault(bucket, np.zeros_like(self.sums))
            kept[arm] += added
            added = added * self._memory.weight((self._bucket or 0) - bucket)
        self._n_updates += 1
        self.sums[arm] += added
        self._absorb(arm, features, float(added[0, 0]))

    def increments(
        self, arm: int, context: Vector, reward: float, weight: float = 1.0, *, now: float = 0.0
    ) -> dict[str, int]:
        """Return what one reward adds to the stored statistics; see ``AdditivePolicy.increments``."""
        check_reward(arm, self.n_arms, reward, weight)
        return to_statistics(products(self._expanded(context), reward, weight), prefix_of(self._memory, now))

    def load(self, arm: int, statistics: Mapping[str, int], *, now: float = 0.0) -> None:
        """Replace an arm's sums by stored ones, as they count now; see ``AdditivePolicy.load``."""
        self.sums[arm] = from_statistics(recalled(self._memory, statistics, now=now), self._n_expanded)
        self._refit(arm)

    def held(self, statistics: Mapping[str, int], *, now: float = 0.0) -> tuple[float, float]:
        """Return the weight and the reward of stored sums, as they count now."""
        counted = recalled(self._memory, statistics, now=now)
        return counted.get(COUNT, 0) / SCALE, counted.get(REWARD, 0) / SCALE

    def outdated(self, statistics: Mapping[str, int], *, now: float = 0.0) -> list[str]:
        """Return the names of forgotten statistics; see ``AdditivePolicy.outdated``."""
        return outdated(self._memory, statistics, now=now)

    @property
    def counts(self) -> Vector:
        """Weight observed per arm, as it counts now, shape (n_arms,)."""
        return self.sums[:, 0, 0]

    @property
    def rewards(self) -> Vector:
        """Weighted sum of rewards per arm, as it counts now, shape (n_arms,)."""
        return self.sums[:, 0, -1]

    def _expanded(self, context: Vector) -> Vector:
        return self._basis.expand(checked_context(context, self.n_features))

    def _enter(self, bucket: int) -> None:
        if self._bucket is not None and bucket <= self._bucket:
            return
        if self._bucket is not None:
            self._buckets = {old: sums for old, sums in self._buckets.items() if self._memory.weight(bucket - old) > 0}
            self.sums[:] = 0.0
            for old, sums in self._buckets.items():
                self.sums += self._memory.weight(bucket - old) * sums
            for arm in range(self.n_arms):
                self._refit(arm)
        self._bucket = bucket


def among_best(scores: Vector) -> Vector:
    """Return an equal share for each arm of the highest score, shape (n_arms,)."""
    best = scores >= scores.max() - 1e-12
    shares: Vector = best / best.sum()
    return shares


def winning_shares(samples: NDArray[np.float64]) -> Vector:
    """Return how often each arm wins, shape (n_arms,); no arm has 0.

    Parameters
    ----------
    samples : ndarray, shape (n_draws, n_arms)
        Sampled values of the arms. One more draw is uniform, so that every arm has at least
        ``1 / (n_arms (n_draws + 1))`` and inverse-propensity weights have full support.
    """
    n_draws, n_arms = samples.shape
    wins = np.bincount(samples.argmax(axis=1), minlength=n_arms)
    shares: Vector = (wins + 1.0 / n_arms) / (n_draws + 1.0)
    return shares
