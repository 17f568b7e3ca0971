"""Logged decisions as arrays, and whether they can tell what another policy would have earned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_EFFECTIVE = 30.0
"""Below this effective sample size no estimator that weighs answers."""
_UNSEEN_SHARE = 0.01
_WEIGHT_ERRORS = 4.0


class UnsupportedPolicyError(InvalidInputError):
    """The logs cannot tell what that policy would have earned; the reason is said."""


@dataclass(frozen=True)
class LoggedDecisions:
    """Decisions whose reward is known.

    Raises
    ------
    InvalidInputError
        Shapes differ, an arm is none of 0 .. n_arms - 1, a propensity is outside (0, 1], or a number is not finite.
    """

    actions: Ints
    """Shape (n,); the arm chosen."""
    rewards: Floats
    """Shape (n,); in [0, 1]."""
    propensities: Floats
    """Shape (n,); the probability in (0, 1] with which that arm was chosen then."""
    contexts: Floats
    """Shape (n, n_features); what the policy saw; n_features may be 0."""
    n_arms: int
    groups: Ints | None = None
    """Shape (n,); decisions of one number are drawn together by the bootstrap, such as those of one conversation."""

    def __post_init__(self) -> None:
        shapes = [self.actions.shape, self.rewards.shape, self.propensities.shape, self.contexts.shape[:1]]
        if self.groups is not None:
            shapes.append(self.groups.shape)
        if len(set(shapes)) != 1 or self.actions.ndim != 1 or self.contexts.ndim != 2:
            raise InvalidInputError("actions, rewards, propensities and contexts must have one row per decision")
        if not all(np.isfinite(values).all() for values in (self.rewards, self.propensities, self.contexts)):
            raise InvalidInputError("rewards, propensities and contexts must be finite")
        if self.actions.size and not (self.actions.min() >= 0 and self.actions.max() < self.n_arms):
            raise InvalidInputError("an action is none of the arms")
        if ((self.propensities <= 0) | (self.propensities > 1)).any():
            raise InvalidInputError("propensities must be in (0, 1]")
        if ((self.rewards < 0) | (self.rewards > 1)).any():
            raise InvalidInputError("rewards must be in [0, 1]")


def effective_sample_size(weights: Floats) -> float:
    """Return (sum of w)^2 / sum of w^2, in [0, n]; 0 where all weights are. Kish (1965), Survey Sampling, 11.7."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def check_support(log: LoggedDecisions, target: Floats, *, weighs: bool = True) -> None:
    """Refuse a question that the logs cannot answer.

    Parameters
    ----------
    weighs : bool
        The estimator weighs the logged rewards; without, only arms that were never tried are refused.

    Raises
    ------
    UnsupportedPolicyError
        There are no decisions; the policy would spend over 1 % of its choices on arms that the logs never tried; the
        effective sample size is under ``LEAST_EFFECTIVE``; or the mean weight, which is 1 where the propensities are
        right and every choice had a chance to be logged, is more than four standard errors and 5 % from it.
    """
    n = log.actions.size
    if n == 0:
        raise UnsupportedPolicyError("there are no logged decisions with a reward")
    tried = np.bincount(log.actions, minlength=log.n_arms) > 0
    unseen = float(target[:, ~tried].sum()) / n
    if unseen > _UNSEEN_SHARE:
        raise UnsupportedPolicyError(f"{unseen:.0%} of the policy's choices are arms that the logs never tried")
    if not weighs:
        return
    weights = target[np.arange(n), log.actions] / log.propensities
    effective = effective_sample_size(weights)
    if effective < LEAST_EFFECTIVE:
        raise UnsupportedPolicyError(
            f"{n} decisions tell about this policy as much as {effective:.0f} of its own would; "
            f"at least {LEAST_EFFECTIVE:.0f} are needed"
        )
    mean, error = float(weights.mean()), float(weights.std(ddof=1) / np.sqrt(n))
    if abs(mean - 1) > max(0.05, _WEIGHT_ERRORS * error):
        raise UnsupportedPolicyError(
            f"the weights average {mean:.2f} instead of 1: the logged probabilities are wrong, "
            "or the policy makes choices that had no chance to be logged"
        )
