"""What another policy would have earned: against known values, by each estimator, and when the question is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError
from firstline.domain.expected_rewards import fit_expected_rewards
from firstline.domain.logged_decisions import LoggedDecisions, UnsupportedPolicyError, effective_sample_size
from firstline.domain.off_policy import Estimator, estimate_value

N_ARMS, N_FEATURES = 4, 3
Floats = NDArray[np.float64]


def softmax(scores: Floats) -> Floats:
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))


def logged(seed: int, n: int = 1_500, *, tilt: float = -0.5) -> tuple[LoggedDecisions, Floats, float]:
    """Return decisions of one policy, the probabilities of another, and what that other earns in truth."""
    rng = np.random.default_rng(seed)
    contexts = rng.normal(size=(n, N_FEATURES))
    scores = contexts @ np.random.default_rng(1).normal(size=(N_FEATURES, N_ARMS))
    means = 1 / (1 + np.exp(-scores))
    behaviour = 0.8 * softmax(tilt * scores) + 0.2 / N_ARMS
    actions = (behaviour.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    rows = np.arange(n)
    rewards = (rng.random(n) < means[rows, actions]).astype(float)
    target = softmax(2.0 * scores)
    log = LoggedDecisions(actions, rewards, behaviour[rows, actions], contexts, N_ARMS)
    return log, target, float((target * means).sum(axis=1).mean())


@pytest.mark.parametrize("estimator", [Estimator.IPS, Estimator.SNIPS, Estimator.DR, Estimator.SWITCH_DR])
def test_an_estimate_is_near_the_truth_and_its_interval_holds_it_about_as_often_as_stated(estimator: Estimator) -> None:
    errors, held, n_runs = [], 0, 30
    for seed in range(n_runs):
        log, target, truth = logged(seed)
        estimate = estimate_value(log, target, estimator, np.random.default_rng(seed), n_resamples=200)
        errors.append(estimate.value - truth)
        held += estimate.low <= truth <= estimate.high
    # No bias that four standard errors would show, and at most four intervals of thirty beside the truth.
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(n_runs)
    assert held >= n_runs - 4


def test_the_doubly_robust_estimates_vary_less_than_weighing_alone() -> None:
    errors: dict[Estimator, list[float]] = {estimator: [] for estimator in Estimator}
    for seed in range(25):
        log, target, truth = logged(seed, 800)
        for estimator, found in errors.items():
            value = estimate_value(log, target, estimator, np.random.default_rng(seed), n_resamples=2).value
            found.append(value - truth)
    spread = {estimator: float(np.sqrt(np.mean(np.square(found)))) for estimator, found in errors.items()}
    assert spread[Estimator.DR] < spread[Estimator.IPS]
    assert spread[Estimator.SWITCH_DR] < spread[Estimator.IPS]


def test_a_wrong_model_does_not_mislead_the_doubly_robust_estimate_but_does_the_direct_one() -> None:
    log, target, truth = logged(4, 6_000)
    wrong = np.full((6_000, N_ARMS), 0.05)
    values = {
        estimator: estimate_value(
            log, target, estimator, np.random.default_rng(0), expected_rewards=wrong, n_resamples=2
        ).value
        for estimator in (Estimator.DM, Estimator.DR)
    }
    assert values[Estimator.DR] == pytest.approx(truth, abs=0.05)
    assert values[Estimator.DM] == pytest.approx(0.05)


def test_the_policy_that_was_logged_earns_what_was_logged() -> None:
    log, _, _ = logged(8)
    rows = np.arange(log.actions.size)
    uniform = LoggedDecisions(log.actions, log.rewards, np.full(rows.size, 0.25), log.contexts, N_ARMS)
    target = np.full((rows.size, N_ARMS), 0.25)
    for estimator in (Estimator.IPS, Estimator.SNIPS):
        estimate = estimate_value(uniform, target, estimator, np.random.default_rng(0))
        assert estimate.value == pytest.approx(log.rewards.mean())
        assert estimate.effective_sample_size == pytest.approx(rows.size)


def test_estimates_repeat_exactly_with_the_seed_and_do_not_hang_on_the_order_of_columns() -> None:
    log, target, _ = logged(6)
    once, again = (estimate_value(log, target, Estimator.DR, np.random.default_rng(5)) for _ in range(2))
    assert once == again
    other = [3, 1, 0, 2]
    place = np.argsort(other)
    renamed = replace(log, actions=place[log.actions])
    value = estimate_value(renamed, target[:, other], Estimator.DR, np.random.default_rng(5)).value
    assert value == pytest.approx(once.value)


def test_decisions_of_one_conversation_are_drawn_together() -> None:
    log, target, _ = logged(9, 600)
    repeated = LoggedDecisions(
        np.repeat(log.actions, 5),
        np.repeat(log.rewards, 5),
        np.repeat(log.propensities, 5),
        np.repeat(log.contexts, 5, axis=0),
        N_ARMS,
    )
    grouped = replace(repeated, groups=np.repeat(np.arange(600), 5))
    wide_target = np.repeat(target, 5, axis=0)
    apart = estimate_value(repeated, wide_target, Estimator.SNIPS, np.random.default_rng(0))
    together = estimate_value(grouped, wide_target, Estimator.SNIPS, np.random.default_rng(0))
    assert together.value == pytest.approx(apart.value)
    # Five copies of each tell no more than one: their interval must be about sqrt(5) as wide.
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(np.sqrt(5), rel=0.2)


def test_no_decision_takes_part_in_its_own_prediction() -> None:
    log, _, _ = logged(10, 300)
    changed = replace(log, rewards=np.where(np.arange(300) == 7, 1 - log.rewards, log.rewards))
    before, after = (fit_expected_rewards(each, np.random.default_rng(1)) for each in (log, changed))
    assert np.array_equal(before[7], after[7])
    assert not np.array_equal(before, after)


def test_a_policy_whose_arms_were_never_tried_is_refused() -> None:
    log, target, _ = logged(11)
    others = log.actions != 2
    tried = LoggedDecisions(
        log.actions[others], log.rewards[others], log.propensities[others], log.contexts[others], N_ARMS
    )
    for estimator in Estimator:
        with pytest.raises(UnsupportedPolicyError, match="never tried"):
            estimate_value(tried, target[others], estimator, np.random.default_rng(0))


def test_too_few_decisions_like_those_of_the_policy_are_refused() -> None:
    log, target, _ = logged(12, 25)
    with pytest.raises(UnsupportedPolicyError, match="at least 30"):
        estimate_value(log, target, Estimator.DR, np.random.default_rng(0))


def test_propensities_that_cannot_be_right_are_refused() -> None:
    log, target, _ = logged(13)
    halved = replace(log, propensities=log.propensities / 2)
    with pytest.raises(UnsupportedPolicyError, match="average"):
        estimate_value(halved, target, Estimator.SNIPS, np.random.default_rng(0))


def test_no_decisions_are_refused_and_so_are_weights_that_are_all_nothing() -> None:
    none = LoggedDecisions(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros((0, 2)), 3)
    with pytest.raises(UnsupportedPolicyError, match="no logged decisions"):
        estimate_value(none, np.zeros((0, 3)), Estimator.IPS, np.random.default_rng(0))
    assert effective_sample_size(np.zeros(5)) == 0.0


@pytest.mark.parametrize(
    "change",
    [
        {"propensities": np.array([0.5, 0.0])},
        {"propensities": np.array([0.5, 1.5])},
        {"propensities": np.array([0.5, np.nan])},
        {"rewards": np.array([0.5, 1.5])},
        {"rewards": np.array([0.5])},
        {"actions": np.array([0, 2])},
        {"actions": np.array([0, -1])},
        {"contexts": np.array([[1.0], [np.inf]])},
        {"groups": np.array([1])},
    ],
)
def test_logs_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    fits: dict[str, Any] = {
        "actions": np.array([0, 1]),
        "rewards": np.array([0.0, 1.0]),
        "propensities": np.array([0.5, 0.5]),
        "contexts": np.zeros((2, 1)),
    }
    with pytest.raises(InvalidInputError):
        LoggedDecisions(**{**fits, **change}, n_arms=2)


@pytest.mark.parametrize("spoil", [lambda t: t * 2, lambda t: -t, lambda t: t[:, :2], lambda t: t * np.nan])
def test_a_target_that_is_no_policy_is_refused(spoil: object) -> None:
    log, target, _ = logged(14, 100)
    assert callable(spoil)
    with pytest.raises(InvalidInputError, match="target"):
        estimate_value(log, spoil(target), Estimator.IPS, np.random.default_rng(0))
