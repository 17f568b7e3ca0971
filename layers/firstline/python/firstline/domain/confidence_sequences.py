"""Intervals of means of rewards in [0, 1] that stay valid however often, and whenever, one looks at them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firstline.domain.errors import InvalidInputError

_RATES = 0.5 ** np.arange(1.0, 14.0)
"""The mixture's betting rates: 1/2 for the first few rewards down to what suits tens of millions."""
_PSI = -np.log1p(-_RATES) - _RATES
_LOG_WEIGHT = -math.log(2 * _RATES.size)
_GRID = 257
_log_gamma = np.vectorize(math.lgamma, otypes=[float])


@dataclass(frozen=True)
class RewardSums:
    """What is kept of a stream of rewards; sums, so that a day's rewards can be added as one batch."""

    n: int = 0
    """Rewards, >= 0."""
    total: float = 0.0
    """Their sum, in [0, n]."""
    deviation: float = 0.0
    """Sum of the squares of each reward less what was guessed of it before it was seen, in [0, n]."""

    @property
    def mean(self) -> float | None:
        """The mean reward; None where there is none."""
        return self.total / self.n if self.n else None

    @property
    def guess(self) -> float:
        """What is guessed of the next reward: the mean so far, and 1/2 counted as one reward more."""
        return (self.total + 0.5) / (self.n + 1)

    def plus(self, n: int, total: float, squares: float) -> RewardSums:
        """Return the sums with one batch more, given by its number, sum and sum of squares.

        All rewards of a batch are guessed by what came before the batch. What a batch holds must not change once a
        later one was added: put a late reward into the batch of the time at which it came.

        Raises
        ------
        InvalidInputError
            The three cannot be those of rewards in [0, 1].
        """
        tolerance = 1e-6 * (1 + n)
        if n < 0 or not -tolerance <= squares <= total + tolerance <= n + 2 * tolerance:
            raise InvalidInputError("a batch needs n >= 0 and 0 <= sum of squares <= sum <= n")
        around_guess = squares - 2 * self.guess * total + n * self.guess**2
        return RewardSums(self.n + n, self.total + total, self.deviation + max(0.0, around_guess))


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds that hold at all times at once with the stated probability."""

    estimate: float | None
    """None where there is nothing to estimate from."""
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether no effect is ruled out."""
        return self.low > 0 or self.high < 0


def sums_of(rewards: Iterable[float]) -> RewardSums:
    """Return the sums of rewards in the order in which they came, each in [0, 1].

    Raises
    ------
    InvalidInputError
        A reward is outside [0, 1] or not a number.
    """
    values = np.fromiter(rewards, float)
    if values.size and not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError("rewards are numbers in [0, 1]")
    before = np.concatenate(([0.0], np.cumsum(values)[:-1]))[: values.size]
    guesses = (before + 0.5) / (np.arange(values.size) + 1)
    return RewardSums(int(values.size), float(values.sum()), float(((values - guesses) ** 2).sum()))


def sums_of_batches(batches: Iterable[tuple[int, float, float]]) -> RewardSums:
    """Return the sums of batches (n, sum, sum of squares) in the order of time, such as days.

    Raises
    ------
    InvalidInputError
        A batch cannot be one of rewards in [0, 1].
    """
    sums = RewardSums()
    for n, total, squares in batches:
        sums = sums.plus(n, total, squares)
    return sums


def mean_interval(sums: RewardSums, *, alpha: float = 0.05) -> Interval:
    """Return an interval that holds the mean at all times at once with probability >= 1 - alpha.

    Parameters
    ----------
    alpha : float
        In (0, 1).

    Raises
    ------
    InvalidInputError
        ``alpha`` is outside (0, 1).

    Notes
    -----
    The mean of two non-negative supermartingales, which is one as well, so it ever reaches 1 / alpha with probability
    <= alpha (Ville 1939). No approximation by the normal distribution and no least number of rewards is needed; a mean
    that drifts is covered as the running mean.

    The empirical-Bernstein one is narrow where rewards vary little. For x in [0, 1] with mean m, a guess g in [0, 1]
    made before x is seen and l in [0, 1), E exp(l (x - m) - psi(l) (x - g)^2) <= 1 with psi(l) = -log(1 - l) - l (Fan,
    Grama and Liu 2015, Electronic Journal of Probability 20, 1-22; Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of
    Statistics 49, 1055-1080, theorem 4); the product over rewards is mixed over a fixed set of l and both signs.

    The likelihood ratio is narrow where rewards are near 0 or 1. For p in (0, 1), (p / m)^x ((1 - p) / (1 - m))^(1 - x)
    is convex in x, so its expectation is at most that of x in {0, 1} with mean m, which is 1; the product is mixed over
    p by Beta(1/2, 1/2) (Robbins 1970, Annals of Mathematical Statistics 41, 1397-1409).
    """
    _check(alpha)
    low, high = _bounds(sums, math.log(1 / alpha))
    return Interval(sums.mean, low, high)


def difference_interval(treated: RewardSums, control: RewardSums, *, alpha: float = 0.05) -> Interval:
    """Return an interval that holds mean(treated) - mean(control) at all times at once with probability >= 1 - alpha.

    The two streams may be of any lengths and interleaved in any way; either may be empty.

    Raises
    ------
    InvalidInputError
        ``alpha`` is outside (0, 1).

    Notes
    -----
    The product of the two supermartingales of ``mean_interval`` is one of the pair of means; the interval holds the
    differences of all pairs at which it is below 1 / alpha. That is narrower than the difference of two intervals, as
    both means need not be at their bounds at once.
    """
    _check(alpha)
    budget = math.log(1 / alpha)
    high = _highest_difference(treated, control, budget)
    low = -_highest_difference(control, treated, budget)
    both = treated.mean is not None and control.mean is not None
    return Interval((treated.mean or 0.0) - (control.mean or 0.0) if both else None, low, high)


def _check(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise InvalidInputError("alpha must be between 0 and 1")


def log_wealth(n: ArrayLike, total: ArrayLike, deviation: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    """Return the logarithm of the mixture of ``mean_interval`` at possible means; convex in the mean.

    The arguments are those of ``RewardSums`` and broadcast together; means whose sum over streams is below
    log(1 / alpha) are inside the interval.
    """
    leads = np.multiply.outer(np.asarray(total) - np.asarray(n) * np.asarray(mean), _RATES)  # (..., n_rates)
    terms = (
        np.abs(leads)
        + np.log1p(np.exp(-2 * np.abs(leads)))
        - np.multiply.outer(np.asarray(deviation), _PSI)
        + _LOG_WEIGHT
    )
    highest: NDArray[np.float64] = terms.max(axis=-1)
    rest: NDArray[np.float64] = np.log(np.exp(terms - highest[..., None]).sum(axis=-1))
    both: NDArray[np.float64] = np.logaddexp(highest + rest, _log_likelihood_ratio(n, total, mean)) - math.log(2)
    return both


def _log_likelihood_ratio(n: ArrayLike, total: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    good = np.asarray(total, float)
    bad = np.maximum(np.asarray(n) - good, 0.0)
    inside = np.clip(np.asarray(mean, float), 1e-12, 1 - 1e-12)
    mixed = _log_gamma(good + 0.5) + _log_gamma(bad + 0.5) - _log_gamma(good + bad + 1.0) - math.log(math.pi)
    found: NDArray[np.float64] = mixed - good * np.log(inside) - bad * np.log1p(-inside)
    return found


def _log_wealth(sums: RewardSums, means: ArrayLike) -> NDArray[np.float64]:
    return log_wealth(sums.n, sums.total, sums.deviation, means)


def _bounds(sums: RewardSums, budget: float) -> tuple[float, float]:
    """Return the lowest and the highest mean at which the logarithm of the mixture is below the budget."""
    if sums.n == 0:
        return 0.0, 1.0
    mean = sums.total / sums.n
    return _crossing(sums, mean, 0.0, budget), _crossing(sums, mean, 1.0, budget)


def _crossing(sums: RewardSums, inside: float, outside: float, budget: float) -> float:
    """Return where, on the way outwards, the budget is reached, at most 1e-6 too far out; ``outside`` where nowhere."""
    for _ in range(4):
        steps = np.linspace(inside, outside, 33)
        reached = np.flatnonzero(_log_wealth(sums, steps) >= budget)
        if not reached.size:
            return outside
        place = int(reached[0])
        inside, outside = float(steps[max(0, place - 1)]), float(steps[place])
    return outside


def _highest_difference(upper: RewardSums, lower: RewardSums, budget: float) -> float:
    middles = [0.5 if sums.mean is None else sums.mean for sums in (upper, lower)]
    least = [float(_log_wealth(sums, middle)) for sums, middle in zip((upper, lower), middles, strict=True)]
    of_upper = np.linspace(middles[0], _bounds(upper, budget - least[1])[1], _GRID)
    # What the one mean leaves of the budget, the other may use.
    left = np.maximum(budget - _log_wealth(upper, of_upper), least[1])
    of_lower = np.linspace(middles[1], _bounds(lower, budget - least[0])[0], _GRID)
    reached = np.searchsorted(np.maximum.accumulate(_log_wealth(lower, of_lower)), left)
    # One step of either grid outwards, so that rounding never narrows the interval.
    step = of_upper[1] - of_upper[0]
    return float(min(1.0, (of_upper - of_lower[np.minimum(reached, _GRID - 1)]).max() + step))
