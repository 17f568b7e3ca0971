"""Intervals that hold at all times at once: coverage under daily looks, width, sums by day, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.domain.confidence_sequences import (
    RewardSums,
    difference_interval,
    mean_interval,
    sums_of,
    sums_of_batches,
)
from firstline.domain.errors import InvalidInputError
from firstline.evaluation.interval_coverage import share_covered


def drawn(rng: np.random.Generator, n: int, mean: float) -> RewardSums:
    return sums_of((rng.random(n) < mean).astype(float))


@pytest.mark.parametrize("means", [(0.7, 0.7), (0.9, 0.6), (0.02, 0.02)])
def test_looked_at_daily_the_interval_misses_the_truth_in_at_most_its_stated_share_of_runs(
    means: tuple[float, float],
) -> None:
    rng = np.random.default_rng(13)
    covered = share_covered(*means, rng, n_runs=100, n_days=40, per_day=60, control_share=0.1, alpha=0.2)
    # Three standard errors below the stated rate, of a hundred runs.
    assert covered >= 0.8 - 3 * np.sqrt(0.8 * 0.2 / 100)


def test_the_usual_interval_of_one_look_fails_where_this_one_holds() -> None:
    rng, n_runs, missed = np.random.default_rng(7), 200, 0
    for _ in range(n_runs):
        rewards = (rng.random(2_000) < 0.5).cumsum()
        n = np.arange(1, 2_001)
        error = 1.96 * np.sqrt(np.maximum(rewards / n * (1 - rewards / n), 1e-9) / n)
        looks = slice(50, None, 50)
        missed += bool((np.abs(rewards / n - 0.5) > error)[looks].any())
    covered = share_covered(0.5, 0.5, rng, n_runs=100, n_days=40, per_day=100, control_share=0.5, alpha=0.05)
    assert missed / n_runs > 0.15
    assert covered >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)


def test_a_true_difference_is_found_and_with_more_rewards_the_interval_narrows_around_it() -> None:
    rng = np.random.default_rng(3)
    few = difference_interval(drawn(rng, 500, 0.7), drawn(rng, 500, 0.5))
    many = difference_interval(drawn(rng, 20_000, 0.7), drawn(rng, 20_000, 0.5))
    assert many.excludes_zero
    assert few.low <= 0.2 <= few.high
    assert many.low <= 0.2 <= many.high
    assert (many.high - many.low) < (few.high - few.low) / 4
    usual = 1.96 * np.sqrt(0.7 * 0.3 / 20_000 + 0.5 * 0.5 / 20_000)
    assert (many.high - many.low) / 2 < 2.5 * usual


def test_a_reward_that_varies_little_gives_a_narrower_interval_than_one_that_varies_much() -> None:
    calm = mean_interval(sums_of([0.5, 0.52] * 500))
    wild = mean_interval(sums_of([0.0, 1.0] * 500))
    assert calm.high - calm.low < (wild.high - wild.low) / 3


def test_nothing_seen_tells_nothing() -> None:
    assert mean_interval(RewardSums()) == difference_interval(RewardSums(), RewardSums()).__class__(None, 0.0, 1.0)
    both = difference_interval(RewardSums(), RewardSums())
    assert (both.estimate, both.low, both.high) == (None, -1.0, 1.0)
    one = difference_interval(sums_of([1.0] * 400), RewardSums())
    assert (one.estimate, one.high) == (None, 1.0)
    assert -0.2 < one.low < 0


def test_swapping_the_two_sides_turns_the_interval_around() -> None:
    rng = np.random.default_rng(5)
    a, b = drawn(rng, 300, 0.8), drawn(rng, 40, 0.6)
    there, back = difference_interval(a, b), difference_interval(b, a)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_the_difference_is_surer_than_two_intervals_apart() -> None:
    rng = np.random.default_rng(11)
    a, b = drawn(rng, 1_000, 0.6), drawn(rng, 1_000, 0.5)
    together = difference_interval(a, b)
    ones, others = mean_interval(a, alpha=0.025), mean_interval(b, alpha=0.025)
    apart = (ones.high - others.low) - (ones.low - others.high)
    assert together.high - together.low < apart


def test_days_added_as_batches_give_nearly_the_interval_of_single_rewards() -> None:
    rng = np.random.default_rng(2)
    days = [(rng.random(50) < 0.7).astype(float) for _ in range(20)]
    batches = sums_of_batches((day.size, day.sum(), (day**2).sum()) for day in days)
    single = sums_of(np.concatenate(days))
    assert (batches.n, batches.total) == (single.n, single.total)
    assert batches.deviation == pytest.approx(single.deviation, rel=0.05)
    assert sums_of_batches([]) == RewardSums() == sums_of([])


@pytest.mark.parametrize("rewards", [[1.1], [-0.1], [float("nan")], [0.5, float("inf")]])
def test_rewards_outside_their_range_are_refused(rewards: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        sums_of(rewards)


@pytest.mark.parametrize("batch", [(-1, 0.0, 0.0), (1, 2.0, 1.0), (2, 1.0, 1.5), (1, 0.5, -0.2)])
def test_batches_that_cannot_be_are_refused(batch: tuple[int, float, float]) -> None:
    with pytest.raises(InvalidInputError):
        RewardSums().plus(*batch)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_an_error_rate_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(InvalidInputError):
        mean_interval(RewardSums(), alpha=alpha)
    with pytest.raises(InvalidInputError):
        difference_interval(RewardSums(), RewardSums(), alpha=alpha)


def test_millions_of_rewards_stay_finite_and_narrow() -> None:
    huge = RewardSums().plus(40_000_000, 28_000_000.0, 28_000_000.0)
    interval = mean_interval(huge)
    assert interval.low < 0.7 < interval.high
    assert interval.high - interval.low < 0.002
