"""Arms beyond their bounds are frozen, and arms within them are not."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.domain.arm_guard import ALPHA, Bounds, why_frozen
from firstline.domain.rewards import REWARD_SCALE

BOUNDS = Bounds(least_rating=0.4, most_reopened=0.3)


def rated(values: list[float]) -> dict[str, int]:
    return {
        "guard_rated": len(values),
        "guard_rating_sum": round(sum(values) * REWARD_SCALE),
        "guard_rating_squares": round(sum(value**2 for value in values) * REWARD_SCALE),
    }


def test_an_arm_without_evidence_and_one_with_little_bad_evidence_go_on() -> None:
    assert why_frozen({}, BOUNDS) == ""
    assert why_frozen({"n": 5_000_000, "r": 0}, BOUNDS) == ""
    assert why_frozen(rated([0.0, 0.0]), BOUNDS) == ""
    assert why_frozen({"guard_closed": 3, "guard_reopened": 3}, BOUNDS) == ""


def test_bad_ratings_and_reopened_answers_freeze_and_say_why() -> None:
    assert why_frozen(rated([0.0] * 60), BOUNDS).startswith("ratings: 60 ")
    assert why_frozen({"guard_closed": 80, "guard_reopened": 60}, BOUNDS).startswith("reopened: at least ")
    assert why_frozen({"guard_closed": 80, "guard_reopened": 8}, BOUNDS) == ""
    assert why_frozen(rated([1.0, 0.75] * 50), BOUNDS) == ""


def test_after_a_freeze_was_lifted_only_new_evidence_counts() -> None:
    before = rated([0.0] * 60)
    assert why_frozen(before, BOUNDS, since=before) == ""
    assert why_frozen(rated([0.0] * 62), BOUNDS, since=before) == ""
    assert why_frozen(rated([0.0] * 120), BOUNDS, since=before)


@pytest.mark.parametrize("mean", [0.4, 0.5])
def test_an_arm_at_its_bound_that_is_looked_at_after_every_rating_is_seldom_frozen(mean: float) -> None:
    rng, frozen, runs = np.random.default_rng(5), 0, 25
    for _ in range(runs):
        values = (rng.random(120) < mean).astype(float)
        sums, squares = np.cumsum(values), np.cumsum(values**2)
        looks = range(9, values.size, 25)
        frozen += any(
            why_frozen(
                {
                    "guard_rated": n + 1,
                    "guard_rating_sum": round(sums[n] * REWARD_SCALE),
                    "guard_rating_squares": round(squares[n] * REWARD_SCALE),
                },
                BOUNDS,
            )
            for n in looks
        )
    assert frozen <= ALPHA * runs + 3 * np.sqrt(ALPHA * runs)
