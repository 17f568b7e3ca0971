"""How often the interval of a difference holds the truth when it is looked at every day, in simulated runs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from firstline.domain.confidence_sequences import Interval, RewardSums, difference_interval, log_wealth


def share_covered(
    treated_mean: float,
    control_mean: float,
    rng: np.random.Generator,
    *,
    n_runs: int = 1_000,
    n_days: int = 90,
    per_day: float = 200.0,
    control_share: float = 0.05,
    alpha: float = 0.05,
) -> float:
    """Return the share of runs in which no day's interval missed the true difference.

    Parameters
    ----------
    treated_mean, control_mean : float
        Rewards are 1 with these probabilities, else 0.
    per_day : float
        Expected rewards of a day; their number is Poisson's, so that days without any happen.
    control_share : float
        Share of the rewards that are the control's, in [0, 1].

    Returns
    -------
    float
        In [0, 1]; a valid interval gives at least ``1 - alpha``, up to the error of so many runs.
    """
    n = rng.poisson((per_day * (1 - control_share), per_day * control_share), (n_runs, n_days, 2))
    rewarded = rng.binomial(n, (treated_mean, control_mean)).astype(float)
    # Per run, day and stream; each day's rewards are guessed by the days before, as ``RewardSums.plus`` does.
    seen, total = n.cumsum(axis=1), rewarded.cumsum(axis=1)
    guess = (total - rewarded + 0.5) / (seen - n + 1)
    deviation = (rewarded - 2 * guess * rewarded + n * guess**2).cumsum(axis=1)
    wealth = log_wealth(seen, total, deviation, np.array([treated_mean, control_mean])).sum(axis=2)
    truth, covered = treated_mean - control_mean, 0
    for run in range(n_runs):
        # Where the pair of true means is inside, so is their difference: only the other days need the interval.
        looks = {n_days - 1, *np.flatnonzero(wealth[run] >= math.log(1 / alpha)).tolist()}
        covered += all(
            interval.low <= truth <= interval.high
            for interval in (_interval(seen[run, day], total[run, day], deviation[run, day], alpha) for day in looks)
        )
    return covered / n_runs


def _interval(
    n: NDArray[np.int64], total: NDArray[np.float64], deviation: NDArray[np.float64], alpha: float
) -> Interval:
    treated, control = (RewardSums(int(n[i]), float(total[i]), float(deviation[i])) for i in (0, 1))
    return difference_interval(treated, control, alpha=alpha)
