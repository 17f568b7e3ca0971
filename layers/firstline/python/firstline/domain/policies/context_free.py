"""Policies that look at no context: controls, epsilon-greedy, UCB1 and Thompson sampling."""

from __future__ import annotations

import numpy as np

from firstline.domain.policies.memory import Memory
from firstline.domain.policies.policy import InvalidContextError, Vector
from firstline.domain.policies.summed import N_DRAWS, SummedPolicy, among_best, winning_shares


class Fixed(SummedPolicy):
    """Always one arm (but for uniform exploration): a control, and the default that a holdout gets."""

    def __init__(
        self, n_arms: int, n_features: int, *, arm: int = 0, memory: Memory | None = None, exploration_rate: float = 0.0
    ) -> None:
        super().__init__(n_arms, n_features, memory=memory, exploration_rate=exploration_rate)
        if not 0 <= arm < n_arms:
            raise InvalidContextError(f"arm {arm} is not one of {n_arms}")
        self._shares_of_arms: Vector = np.zeros(n_arms)
        self._shares_of_arms[arm] = 1.0

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        return self._shares_of_arms


class Uniform(SummedPolicy):
    """Every arm alike: a control."""

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        return np.full(self.n_arms, 1.0 / self.n_arms)


class EpsilonGreedy(SummedPolicy):
    """The arm of the highest mean, and with probability epsilon = ``exploration_rate`` any arm.

    Means have a prior of one observation of 1/2; equal means share. Propensity: (1 - eps) / ties + eps / n_arms.

    Notes
    -----
    Sutton and Barto (2018), Reinforcement Learning, 2nd edition, section 2.2.
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        return among_best((self.rewards + 0.5) / (self.counts + 1.0))


class UCB1(SummedPolicy):
    """The arm of the highest mean + sqrt(2 ln t / n); arms never played come first.

    Notes
    -----
    Auer, Cesa-Bianchi and Fischer (2002), Machine Learning 47, 235-256. With a forgetting memory t and n are the
    discounted counts (Garivier and Moulines 2011, ALT, 174-188).
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        counts = np.maximum(self.counts, 0.0)
        played = counts > 1e-9
        if not played.all():
            return among_best((~played).astype(float))
        bonus = np.sqrt(2.0 * np.log(max(counts.sum(), 1.0)) / counts)
        return among_best(self.rewards / counts + bonus)


class BetaThompson(SummedPolicy):
    """Thompson sampling with a Beta(1, 1) prior; fractional rewards count as parts of a success.

    Notes
    -----
    Thompson (1933), Biometrika 25, 285-294; for rewards within [0, 1], Agrawal and Goyal (2012), COLT, 39.1-39.26.
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        successes = np.maximum(self.rewards, 0.0)
        failures = np.maximum(self.counts - self.rewards, 0.0)
        return winning_shares(rng.beta(1.0 + successes, 1.0 + failures, size=(N_DRAWS, self.n_arms)))


class GaussianThompson(SummedPolicy):
    """Thompson sampling with a normal posterior of variance 1 / (4 (n + 1)) and a prior observation of 1/2.

    1/4 is the largest variance that a reward in [0, 1] can have.

    Notes
    -----
    Agrawal and Goyal (2013), AISTATS, 99-107.
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        weights = np.maximum(self.counts, 0.0) + 1.0
        means = (self.rewards + 0.5) / weights
        return winning_shares(means + rng.standard_normal((N_DRAWS, self.n_arms)) / (2.0 * np.sqrt(weights)))
