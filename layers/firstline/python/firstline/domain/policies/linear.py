"""Contextual policies: a ridge regression of the reward for each arm, explored by confidence or by sampling."""

from __future__ import annotations

import numpy as np

from firstline.domain.policies.bases import Basis, Interactions
from firstline.domain.policies.memory import Memory
from firstline.domain.policies.policy import Vector
from firstline.domain.policies.summed import N_DRAWS, SummedPolicy, among_best, winning_shares


class RidgePolicy(SummedPolicy):
    """Arm a expects theta_a' x with theta_a = A_a^-1 b_a, A_a = ridge I + sum x x', b_a = sum x r, x_0 = 1.

    The inverse follows each observation by Sherman and Morrison (1950), Annals of Mathematical Statistics 21,
    124-127, in O(n_features^2).

    Parameters
    ----------
    width : float
        How strongly uncertainty counts: alpha of LinUCB, v of LinTS; >= 0.
    ridge : float
        Prior precision, > 0.
    """

    def __init__(
        self,
        n_arms: int,
        n_features: int,
        *,
        width: float,
        ridge: float = 1.0,
        basis: Basis | None = None,
        memory: Memory | None = None,
        exploration_rate: float = 0.0,
    ) -> None:
        super().__init__(
            n_arms,
            n_features,
            basis=Interactions() if basis is None else basis,
            memory=memory,
            exploration_rate=exploration_rate,
        )
        self._width, self._ridge = width, ridge
        self._side = self._n_expanded + 1
        self._inverse = np.tile(np.eye(self._side) / ridge, (n_arms, 1, 1))
        self._theta = np.zeros((n_arms, self._side))

    def predicted(self, context: Vector) -> tuple[Vector, Vector]:
        """Return what each arm is expected to earn and its uncertainty sqrt(x' A^-1 x), each of shape (n_arms,)."""
        return self._estimates(self._expanded(context))

    def _estimates(self, features: Vector) -> tuple[Vector, Vector]:
        x = np.concatenate(((1.0,), features))
        means = self._theta @ x
        # One product over all arms' rows is faster than one for each arm.
        projected = (self._inverse.reshape(-1, self._side) @ x).reshape(self.n_arms, self._side)
        return means, np.sqrt(np.maximum(projected @ x, 0.0))

    def _refit(self, arm: int) -> None:
        sums = self.sums[arm]
        self._inverse[arm] = np.linalg.inv(sums[:-1, :-1] + self._ridge * np.eye(self._side))
        self._theta[arm] = self._inverse[arm] @ sums[:-1, -1]

    def _absorb(self, arm: int, features: Vector, weight: float) -> None:
        x = np.concatenate(((1.0,), features))
        inverse = self._inverse[arm]
        projected = inverse @ x
        inverse -= np.multiply.outer(projected * (weight / (1.0 + weight * (projected @ x))), projected)
        self._theta[arm] = inverse @ self.sums[arm, :-1, -1]


class LinUCB(RidgePolicy):
    """The arm of the highest theta' x + alpha sqrt(x' A^-1 x).

    Notes
    -----
    Li, Chu, Langford and Schapire (2010), WWW, 661-670, algorithm 1 (disjoint arms).
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        means, deviations = self._estimates(features)
        return among_best(means + self._width * deviations)


class LinTS(RidgePolicy):
    """The arm of the highest sampled theta' x with theta ~ N(A^-1 b, v^2 A^-1).

    The arms are disjoint, so the sampled values are independent normals N(theta' x, v^2 x' A^-1 x): they are drawn
    without drawing theta.

    Notes
    -----
    Agrawal and Goyal (2013), ICML, 127-135.
    """

    def _shares(self, features: Vector, rng: np.random.Generator) -> Vector:
        means, deviations = self._estimates(features)
        noise = rng.standard_normal((N_DRAWS, self.n_arms))
        return winning_shares(means + self._width * deviations * noise)
