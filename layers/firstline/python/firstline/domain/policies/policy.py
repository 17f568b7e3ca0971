"""What every learning policy offers, and how an arm is drawn so that its propensity is the true one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError

Vector = NDArray[np.float64]

MAX_FEATURE = 1_000.0
"""Largest absolute value of a context feature."""


class InvalidContextError(InvalidInputError):
    """A context, arm, reward or weight does not fit the policy."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A drawn arm and the probability with which it was drawn."""

    arm: int
    propensity: float
    """In (0, 1]."""


class Policy(Protocol):
    """Chooses among arms by a context and learns from rewards in [0, 1]."""

    @property
    def n_arms(self) -> int:
        """At least 1."""

    @property
    def n_features(self) -> int:
        """Length of a context; 0 where the policy looks at none."""

    def probabilities(self, context: Vector, rng: np.random.Generator) -> Vector:
        """Return the probability of each arm, shape (n_arms,); they sum to 1.

        Policies that sample (Thompson) sample here: the probabilities depend on ``rng``, and an arm drawn from them
        has exactly the probability they say.

        Raises
        ------
        InvalidContextError
            Not of shape (n_features,), or a value is not finite or beyond ``MAX_FEATURE``.
        """

    def choose(self, context: Vector, rng: np.random.Generator) -> Choice:
        """Return ``draw(probabilities(context, rng), rng)``."""

    def update(
        self, arm: int, context: Vector, reward: float, weight: float = 1.0, *, now: float | None = None
    ) -> None:
        """Learn, in memory, from one reward in [0, 1] that counts ``weight`` times, weight >= 0.

        ``now`` is what time it is in the unit of the policy's ``bucket`` (seconds where the store is used); None: the
        number of updates so far. Only discounted and sliding-window policies look at it.

        Raises
        ------
        InvalidContextError
        """


@runtime_checkable
class AdditivePolicy(Policy, Protocol):
    """A policy whose state is sums, so that any number of writers may add to it in any order."""

    def increments(
        self, arm: int, context: Vector, reward: float, weight: float = 1.0, *, now: float = 0.0
    ) -> dict[str, int]:
        """Return what one reward adds to the arm's stored statistics: fixed-point integers by name, none of them 0.

        Reads nothing of the policy's state. Raises as ``update``.
        """

    def load(self, arm: int, statistics: Mapping[str, int], *, now: float = 0.0) -> None:
        """Replace what is known of an arm by stored sums of ``increments``; names of other things are passed over.

        Raises
        ------
        InvalidPosteriorError
            The sums cannot come from ``increments``.
        """

    def outdated(self, statistics: Mapping[str, int], *, now: float = 0.0) -> list[str]:
        """Return the names that no longer count and may be removed from the store."""


def draw(probabilities: Vector, rng: np.random.Generator) -> Choice:
    """Draw an arm with exactly the given probabilities.

    Parameters
    ----------
    probabilities : ndarray, shape (n_arms,)
        Each >= 0; they sum to 1.

    Notes
    -----
    A sampling policy first samples its posterior and then draws from the resulting shares. Given the samples the
    probability is known exactly, and the samples do not depend on the reward; so inverse-propensity weights stay
    unbiased with any number of samples, which an estimate of the propensity by a second sampling would not give.
    """
    ends = np.cumsum(probabilities)
    arm = int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))
    return Choice(arm=arm, propensity=float(probabilities[arm] / ends[-1]))


def mixed(probabilities: Vector, exploration_rate: float) -> Vector:
    """Return the probabilities with a share of ``exploration_rate`` spread evenly over all arms, shape (n_arms,)."""
    return (1.0 - exploration_rate) * probabilities + exploration_rate / probabilities.size


def bounded(
    probabilities: Vector,
    *,
    allowed: Sequence[bool] | None = None,
    least: float | Sequence[float] = 0.0,
    most: Sequence[float] | None = None,
) -> Vector:
    """Return probabilities that keep to what people have set: paused arms, a minimum for each, caps.

    Parameters
    ----------
    probabilities : ndarray, shape (n_arms,)
    allowed : sequence of bool, length n_arms
        False: the arm is paused and gets 0. None: all are allowed.
    least : float or sequence of float, length n_arms
        An allowed arm gets at least this (one number: each of them), cut to an equal share where there is less, and
        to the arm's cap.
    most : sequence of float, length n_arms
        No arm gets more than its cap; where the caps of the allowed arms leave less than 1, they are raised alike.

    Returns
    -------
    ndarray, shape (n_arms,)
        Sums to 1. What a cap takes goes to the other arms in proportion.

    Raises
    ------
    InvalidContextError
        No arm is allowed.
    """
    size = probabilities.size
    open_arms = np.ones(size, dtype=bool) if allowed is None else np.asarray(allowed, dtype=bool)
    if not open_arms.any():
        raise InvalidContextError("at least one arm must be allowed")
    caps = np.where(open_arms, 1.0 if most is None else np.clip(np.asarray(most, dtype=float), 0.0, 1.0), 0.0)
    if caps.sum() <= 0.0:
        caps = open_arms.astype(float)
    caps = caps * max(1.0, 1.0 / caps.sum())
    floors = np.minimum(np.where(open_arms, np.minimum(least, 1.0 / open_arms.sum()), 0.0), caps)
    shares = np.where(open_arms, probabilities, 0.0)
    shares = shares if shares.sum() > 0.0 else open_arms.astype(float)
    return _scaled_between(shares, floors, caps)


def _scaled_between(shares: Vector, floors: Vector, caps: Vector) -> Vector:
    # The one factor at which the shares, cut to their bounds, sum to 1; the sum grows with it, so halving finds it.
    floored = np.maximum(shares, 1e-12 * (caps > 0.0))
    low, high = 0.0, 1.0 / floored[floored > 0.0].min()
    for _ in range(100):
        factor = (low + high) / 2
        if np.clip(floored * factor, floors, caps).sum() < 1.0:
            low = factor
        else:
            high = factor
    found = np.clip(floored * high, floors, caps)
    scaled: Vector = found / found.sum()
    return scaled


def checked_context(context: Vector, n_features: int) -> Vector:
    """Return the context as floats of shape (n_features,).

    Raises
    ------
    InvalidContextError
        Another shape, or a value that is not finite or beyond ``MAX_FEATURE``.
    """
    values = np.asarray(context, dtype=np.float64)
    if values.shape != (n_features,):
        raise InvalidContextError(f"a context has shape ({n_features},), not {values.shape}")
    # NaN fails the comparison too.
    if not (np.abs(values) <= MAX_FEATURE).all():
        raise InvalidContextError(f"context features are finite and within {MAX_FEATURE:g}")
    return values


def check_reward(arm: int, n_arms: int, reward: float, weight: float) -> None:
    """Refuse an arm, reward or weight that cannot be.

    Raises
    ------
    InvalidContextError
        The arm is not in [0, n_arms), the reward not in [0, 1], or the weight negative or not finite.
    """
    if not 0 <= arm < n_arms:
        raise InvalidContextError(f"arm {arm} is not one of {n_arms}")
    if not 0.0 <= reward <= 1.0:
        raise InvalidContextError("a reward is in [0, 1]")
    if not 0.0 <= weight < float("inf"):
        raise InvalidContextError("a weight is finite and not negative")
