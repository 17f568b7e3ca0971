"""What another policy would have earned, from the decisions that were logged: five estimators, and when they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from firstline.domain.errors import InvalidInputError
from firstline.domain.expected_rewards import fit_expected_rewards
from firstline.domain.logged_decisions import Floats, Ints, LoggedDecisions, check_support, effective_sample_size

_CELLS_AT_ONCE = 2_000_000


class Estimator(StrEnum):
    """How the value is estimated."""

    IPS = "ips"
    SNIPS = "snips"
    DM = "dm"
    DR = "dr"
    SWITCH_DR = "switch_dr"


@dataclass(frozen=True)
class Estimate:
    """The value of a policy: its mean reward per decision."""

    estimator: Estimator
    value: float
    low: float
    high: float
    """Bounds of the bootstrap interval."""
    effective_sample_size: float
    """In (0, n]; as many decisions, had the policy itself made them, would tell about as much (Kish 1965)."""
    n: int


def estimate_value(
    log: LoggedDecisions,
    target: Floats,
    estimator: Estimator,
    rng: np.random.Generator,
    *,
    expected_rewards: Floats | None = None,
    n_resamples: int = 1_000,
    alpha: float = 0.05,
) -> Estimate:
    """Estimate what a policy would have earned where the logged one decided.

    Parameters
    ----------
    log : LoggedDecisions
        n decisions.
    target : ndarray, shape (n, n_arms)
        The probability with which the policy would have chosen each arm; rows sum to 1.
    expected_rewards : ndarray, shape (n, n_arms) or None
        A model's reward of every arm for every decision, fitted without that decision; None fits
        ``fit_expected_rewards``. IPS and SNIPS use none.
    n_resamples : int
        Bootstrap draws of the groups (of the decisions where there are none), >= 2.
    alpha : float
        The interval's two tails together, in (0, 1).

    Raises
    ------
    InvalidInputError
        ``target`` or ``expected_rewards`` is not of its shape, or not of probabilities.
    UnsupportedPolicyError
        The logs cannot answer: see ``check_support``. The direct method alone leans on no weights, so for it only
        arms that were never tried are refused.

    Notes
    -----
    With w = target[a] / propensity, r the reward and q the model's:

    - IPS, mean of w r: Horvitz and Thompson (1952), JASA 47, 663-685;
    - SNIPS, sum of w r / sum of w: Swaminathan and Joachims (2015), NIPS 28, 3231-3239;
    - DM, mean of sum_a target[a] q[a];
    - DR, DM + mean of w (r - q): Dudik, Langford and Li (2011), ICML 28, 1097-1104;
    - SWITCH-DR, DR with w = 0 where w is above a threshold: Wang, Agarwal and Dudik (2017), ICML 34, 3589-3597. The
      threshold is that with the least estimated variance plus squared bound of the bias (their section 3.1).

    Interval: percentile bootstrap, Efron (1979), Annals of Statistics 7, 1-26. The model is not fitted anew in it, so
    that of DM tells of the sample alone and nothing of the model's own error: never read DM by itself.
    """
    _check_target(log, target)
    chosen = np.arange(log.actions.size), log.actions
    weights = target[chosen] / log.propensities
    check_support(log, target, weighs=estimator is not Estimator.DM)
    ones = np.ones_like(weights)
    if estimator in (Estimator.IPS, Estimator.SNIPS):
        over, under = weights * log.rewards, weights if estimator is Estimator.SNIPS else ones
    else:
        model = fit_expected_rewards(log, rng) if expected_rewards is None else expected_rewards
        if model.shape != target.shape:
            raise InvalidInputError("expected_rewards must be of shape (n, n_arms)")
        direct = (target * model).sum(axis=1)
        residuals = log.rewards - model[chosen]
        if estimator is Estimator.DM:
            used = np.zeros_like(weights)
        elif estimator is Estimator.DR:
            used = weights
        else:
            used = np.where(weights <= _switch_at(log, target, direct, weights * residuals), weights, 0.0)
        over, under = direct + used * residuals, ones
    drawn = _bootstrap(over, under, log.groups, rng, n_resamples)
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return Estimate(
        estimator,
        float(over.sum() / under.sum()),
        float(low),
        float(high),
        effective_sample_size(weights),
        log.actions.size,
    )


def _switch_at(log: LoggedDecisions, target: Floats, direct: Floats, corrections: Floats) -> float:
    """Return the weight above which the model alone is trusted."""
    n = log.actions.size
    weights = target[np.arange(n), log.actions] / log.propensities
    best, threshold = np.inf, np.inf
    for candidate in np.unique(np.quantile(weights, [0.5, 0.75, 0.9, 0.95, 0.99, 1.0])):
        over = weights > candidate
        # Rewards are at most 1, so the model errs by at most the policy's mass on what is left to it.
        bias = float(np.where(over, weights, 0.0).mean())
        error = float(np.where(over, direct, direct + corrections).var() / n) + bias**2
        if error < best:
            best, threshold = error, float(candidate)
    return threshold


def _bootstrap(over: Floats, under: Floats, groups: Ints | None, rng: np.random.Generator, n_resamples: int) -> Floats:
    if groups is not None:
        places = np.unique(groups, return_inverse=True)[1]
        over, under = (np.asarray(np.bincount(places, weights=each), float) for each in (over, under))
    drawn = [
        np.array([(counts @ over) / max(counts @ under, 1e-12) for counts in block])
        for block in _resamples(over.size, n_resamples, rng)
    ]
    return np.concatenate(drawn)


def _resamples(n: int, n_resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    at_once = max(1, min(n_resamples, _CELLS_AT_ONCE // n))
    for start in range(0, n_resamples, at_once):
        size = min(at_once, n_resamples - start)
        yield np.array([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(size)], float)


def _check_target(log: LoggedDecisions, target: Floats) -> None:
    if target.shape != (log.actions.size, log.n_arms):
        raise InvalidInputError("target must be of shape (n, n_arms)")
    if not np.isfinite(target).all() or (target < 0).any() or not np.allclose(target.sum(axis=1), 1.0, atol=1e-6):
        raise InvalidInputError("rows of target must be probabilities that sum to 1")
