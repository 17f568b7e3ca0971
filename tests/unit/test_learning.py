"""Thompson sampling, signals and rewards."""

from __future__ import annotations

import numpy as np
import pytest

from firstline.domain.classification import classify
from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.learning import choose_arm, observed_signals, reward_of, similarity


def test_propensities_match_how_often_an_arm_is_drawn() -> None:
    successes, failures = np.array([8.0, 3.0, 5.0]), np.array([4.0, 5.0, 5.0])
    choices = [choose_arm(successes, failures, np.random.default_rng(s), exploration_rate=0.2) for s in range(2_000)]
    for arm in range(3):
        drawn = np.mean([choice.arm == arm for choice in choices])
        stated = np.mean([choice.propensity for choice in choices if choice.arm == arm])
        standard_error = np.sqrt(stated * (1 - stated) / len(choices))
        assert abs(drawn - stated) < 4 * standard_error + 1e-3


def test_exploration_bounds_the_propensity_from_below() -> None:
    successes, failures = np.array([1_000.0, 0.0]), np.array([0.0, 1_000.0])
    choices = [choose_arm(successes, failures, np.random.default_rng(s), exploration_rate=0.2) for s in range(300)]
    rare = [choice.propensity for choice in choices if choice.arm == 1]
    assert rare
    assert all(propensity == pytest.approx(0.1) for propensity in rare)


def test_the_better_arm_is_found() -> None:
    rng, rates = np.random.default_rng(7), np.array([0.2, 0.5, 0.8])
    successes, failures = np.zeros(3), np.zeros(3)
    for _ in range(500):
        arm = choose_arm(successes, failures, rng, n_draws=50).arm
        won = rng.random() < rates[arm]
        successes[arm] += won
        failures[arm] += not won
    assert (successes + failures).argmax() == 2


@pytest.mark.parametrize(
    ("successes", "failures"),
    [([], []), ([1.0], [1.0, 2.0]), ([-1.0], [0.0]), ([np.nan], [0.0]), ([[1.0]], [[1.0]]), ([np.inf], [1.0])],
)
def test_statistics_that_cannot_be_are_refused(successes: list[float], failures: list[float]) -> None:
    with pytest.raises(InvalidPosteriorError):
        choose_arm(np.array(successes), np.array(failures), np.random.default_rng(1))


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("thanks, that worked", {"thanked": 1.0, "resolved": 1.0}),
        ("no, it still does not work", {"unresolved": 0.0}),
        ("thanks but that did not help", {"unresolved": 0.0}),
        ("let me talk to a human", {"asked_for_person": 0.0}),
        ("and what does the pro plan cost?", {}),
    ],
)
def test_signals_are_read_and_silence_is_none(text: str, signals: dict[str, float]) -> None:
    assert observed_signals(text, classify(text), "how do I pay?") == signals


def test_asking_the_same_again_is_a_signal() -> None:
    again = "how can I export my timesheet to excel"
    assert "repeated" in observed_signals(again, classify(again), "how do I export my timesheet to excel")


def test_reward_is_missing_without_signals_and_weighted_with_them() -> None:
    assert reward_of({}) is None
    assert reward_of({"thanked": 1.0}) == 1.0
    assert reward_of({"unresolved": 0.0}) == 0.0
    assert reward_of({"thanked": 1.0, "asked_for_person": 0.0}) == pytest.approx(1 / 3)
    assert reward_of({"thanked": 1.0, "asked_for_person": 0.0}, normalise=False) == 0.0


def test_similarity_is_symmetric_and_bounded() -> None:
    assert similarity("export my timesheet", "export my timesheet") == 1.0
    assert similarity("", "export") == 0.0
    assert similarity("reset password", "export timesheet") == 0.0
