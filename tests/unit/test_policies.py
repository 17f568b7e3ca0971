import itertools
import math
from typing import Any

import numpy as np
import pytest

from firstline.adapters.aws.table_expressions import Placeholders, _update_expression
from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.policies.adaptive import AdaptiveLinUCB
from firstline.domain.policies.policy import AdditivePolicy, InvalidContextError, Policy, bounded, draw
from firstline.domain.policies.q_learning import STATE_LEVELS, QLearning
from firstline.domain.policies.registry import LINEAR, STORED_POLICIES, UnknownPolicyError, make_policy
from firstline.domain.policies.statistics import (
    MAX_FEATURES,
    SCALE,
    inherited,
    statistic_names,
    summed,
    to_statistics,
    without,
)
from firstline.domain.table import Update

N_ARMS, N_FEATURES = 5, 4
LINEAR_NAMES = tuple(name for name in STORED_POLICIES if name.endswith(("linucb", "lints")))
ADDITIVE_NAMES = tuple(name for name in STORED_POLICIES if name != "q-learning")


def made(name: str, **options: Any) -> AdditivePolicy:
    policy = make_policy(name, n_arms=N_ARMS, n_features=N_FEATURES, **options)
    assert isinstance(policy, AdditivePolicy)
    return policy


def observations(n: int, *, seed: int = 7) -> list[tuple[int, np.ndarray, float, float, float]]:
    rng = np.random.default_rng(seed)
    return [
        (
            int(rng.integers(N_ARMS)),
            rng.uniform(-2, 2, N_FEATURES),
            float(rng.random()),
            float(rng.choice([0.5, 1.0, 2.0])),
            100.0 * step / n,
        )
        for step in range(n)
    ]


def stored(policy: AdditivePolicy, seen: list[tuple[int, np.ndarray, float, float, float]]) -> list[dict[str, int]]:
    sums: list[dict[str, int]] = [{} for _ in range(N_ARMS)]
    for arm, context, reward, weight, now in seen:
        sums[arm] = summed(sums[arm], policy.increments(arm, context, reward, weight, now=now))
    return sums


@pytest.mark.parametrize("name", ADDITIVE_NAMES)
def test_loading_summed_increments_equals_updating_one_by_one(name: str) -> None:
    seen = observations(300)
    updated, loaded = (made(name, bucket=10.0, buckets=4, exploration_rate=0.1) for _ in range(2))
    for arm, context, reward, weight, now in seen:
        updated.update(arm, context, reward, weight, now=now)
    now = seen[-1][-1]
    for arm, sums in enumerate(stored(loaded, seen)):
        loaded.load(arm, sums, now=now)
    for context in np.random.default_rng(3).uniform(-2, 2, (20, N_FEATURES)):
        one, other = (policy.probabilities(context, np.random.default_rng(5)) for policy in (updated, loaded))
        assert np.allclose(one, other, atol=0.021), "sampling policies may differ in a draw or two that is a near tie"
    assert np.allclose(updated.counts, loaded.counts, atol=1e-3)  # type: ignore[attr-defined]
    assert np.allclose(updated.rewards, loaded.rewards, atol=1e-3)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["thompson", "linucb", "discounted-lints"])
def test_any_order_and_any_split_of_rewards_gives_the_same_state_to_the_last_digit(name: str) -> None:
    policy, seen, rng = made(name, bucket=10.0), observations(200), np.random.default_rng(11)
    expected = stored(policy, seen)
    for _ in range(5):
        shuffled = [seen[index] for index in rng.permutation(len(seen))]
        cut = int(rng.integers(len(seen)))
        halves = stored(policy, shuffled[:cut]), stored(policy, shuffled[cut:])
        assert [summed(*both) for both in zip(*halves, strict=True)] == [summed(sums) for sums in expected]


def test_one_update_of_the_widest_policy_fits_into_one_request_of_the_store() -> None:
    policy = make_policy("discounted-linucb", n_arms=5, n_features=MAX_FEATURES)
    assert isinstance(policy, AdditivePolicy)
    context = np.random.default_rng(1).uniform(-1, 1, MAX_FEATURES)
    increments = policy.increments(3, context, 0.7, now=1.8e9)
    assert len(increments) == (MAX_FEATURES + 2) * (MAX_FEATURES + 3) // 2
    # What a repository writes beside them: schema, expiry, version.
    update = Update("ARM#p#s", "3", set={"schema": 1, "expires_at": 2, "updated_at": "x"}, add={**increments, "v": 1})
    expression = _update_expression(update, Placeholders())
    assert len(expression.encode()) <= 4096
    assert len(update.add) + len(update.set) <= 300


def test_a_wider_policy_is_refused_by_the_store_side_but_learns_in_memory() -> None:
    policy = make_policy("linucb", n_arms=2, n_features=MAX_FEATURES + 1)
    assert isinstance(policy, AdditivePolicy)
    context = np.ones(MAX_FEATURES + 1)
    policy.update(0, context, 1.0)
    with pytest.raises(InvalidContextError, match="at most 21 features"):
        policy.increments(0, context, 1.0)


def test_the_inverse_kept_by_rank_one_updates_is_the_inverse_of_the_sums() -> None:
    policy = made("linucb")
    for arm, context, reward, weight, _ in observations(500):
        policy.update(arm, context, reward, weight)
    for arm in range(N_ARMS):
        gram = policy.sums[arm, :-1, :-1] + np.eye(N_FEATURES + 1)  # type: ignore[attr-defined]
        assert np.allclose(policy._inverse[arm] @ gram, np.eye(N_FEATURES + 1), atol=1e-9)  # type: ignore[attr-defined]


def test_ridge_predictions_are_those_of_least_squares_with_a_prior() -> None:
    policy, rng = made("lints"), np.random.default_rng(2)
    contexts, rewards = rng.uniform(-1, 1, (50, N_FEATURES)), rng.random(50)
    for context, reward in zip(contexts, rewards, strict=True):
        policy.update(2, context, float(reward))
    design = np.hstack([np.ones((50, 1)), contexts])
    # A row of the unit matrix with target 0 for each coefficient is a ridge of 1.
    theta = np.linalg.lstsq(np.vstack([design, np.eye(5)]), np.append(rewards, np.zeros(5)), rcond=None)[0]
    means, _ = policy.predicted(contexts[0])  # type: ignore[attr-defined]
    assert means[2] == pytest.approx(design[0] @ theta)


@pytest.mark.parametrize("name", ["discounted-thompson", "discounted-linucb"])
def test_a_discounted_bucket_counts_the_factor_once_for_each_bucket_since(name: str) -> None:
    policy, context = made(name, bucket=10.0, discount_factor=0.5), np.zeros(N_FEATURES)
    policy.update(1, context, 1.0, now=5.0)
    policy.update(1, context, 1.0, now=25.0)
    assert policy.counts[1] == pytest.approx(1.25)  # type: ignore[attr-defined]


def test_a_late_reward_counts_as_old_as_it_is() -> None:
    policy, context = made("discounted-thompson", bucket=10.0, discount_factor=0.5), np.zeros(N_FEATURES)
    policy.update(1, context, 1.0, now=25.0)
    policy.update(1, context, 1.0, now=5.0)
    assert policy.counts[1] == pytest.approx(1.25)  # type: ignore[attr-defined]


def test_a_window_forgets_wholly_and_names_what_may_be_removed() -> None:
    policy, context = made("sliding-ucb1", bucket=10.0, buckets=2), np.zeros(N_FEATURES)
    sums = summed(policy.increments(0, context, 1.0, now=5.0), policy.increments(0, context, 0.0, now=15.0))
    policy.load(0, sums, now=19.0)
    assert policy.counts[0] == 2  # type: ignore[attr-defined]
    policy.load(0, sums, now=21.0)
    assert policy.counts[0] == 1  # type: ignore[attr-defined]
    assert sorted(policy.outdated(sums, now=21.0)) == ["0:n", "0:q", "0:r"]
    policy.update(0, context, 1.0, now=5.0)
    policy.update(0, context, 1.0, now=40.0)
    assert policy.counts[0] == 1  # type: ignore[attr-defined]


def test_a_lasting_policy_has_nothing_to_remove_and_passes_over_other_names() -> None:
    policy = made("thompson")
    policy.load(0, {"n": 2 * SCALE, "r": SCALE, "q": SCALE, "updated_at": 17, "5:n": 9})
    assert policy.counts[0] == 2  # type: ignore[attr-defined]
    assert policy.outdated({"n": 1, "5:n": 9}) == []


@pytest.mark.parametrize(
    "sums",
    [{"n": -SCALE}, {"n": SCALE, "r": 2 * SCALE}, {"n": SCALE, "r": -SCALE}],
)
def test_sums_that_no_rewards_can_give_are_refused(sums: dict[str, int]) -> None:
    with pytest.raises(InvalidPosteriorError):
        made("thompson").load(0, sums)


def test_a_bucket_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidPosteriorError, match="time bucket"):
        made("discounted-thompson").load(0, {"x:n": 1})


@pytest.mark.parametrize("name", STORED_POLICIES)
@pytest.mark.parametrize(
    ("arm", "reward", "weight"), [(5, 0.5, 1.0), (-1, 0.5, 1.0), (0, 1.01, 1.0), (0, math.nan, 1.0), (0, 0.5, -1.0)]
)
def test_what_cannot_be_learned_is_refused_and_changes_nothing(
    name: str, arm: int, reward: float, weight: float
) -> None:
    policy = make_policy(name, n_arms=5, n_features=5, levels=(3,) * 5)
    context = np.ones(5)
    before = policy.probabilities(context, np.random.default_rng(1))
    with pytest.raises(InvalidContextError):
        policy.update(arm, context, reward, weight)
    assert (policy.probabilities(context, np.random.default_rng(1)) == before).all()


@pytest.mark.parametrize("name", [*STORED_POLICIES, *LINEAR])
@pytest.mark.parametrize("context", [np.ones(4), np.ones((5, 1)), np.array([0, 0, 0, 0, np.nan]), np.full(5, 2e3)])
def test_a_context_that_does_not_fit_is_refused(name: str, context: np.ndarray) -> None:
    policy = make_policy(name, n_arms=3, n_features=5, levels=(2,) * 5)
    with pytest.raises(InvalidContextError):
        policy.choose(context, np.random.default_rng(1))


def test_an_unknown_policy_is_refused_by_name() -> None:
    for name in ("linuvb", "discounted-fixed", "sliding-q-learning", "discounted-", ""):
        with pytest.raises(UnknownPolicyError):
            make_policy(name, n_arms=2)


def test_an_interaction_is_learned_that_no_sum_of_features_shows() -> None:
    rng, correct = np.random.default_rng(4), {}
    for name, interactions in (("plain", ()), ("crossed", ((0, 1),))):
        policy = make_policy("linucb", n_arms=2, n_features=2, interactions=interactions)
        hits = []
        for _ in range(600):
            context = rng.choice([-1.0, 1.0], 2)
            choice = policy.choose(context, rng)
            reward = float(choice.arm == (context[0] == context[1]))
            policy.update(choice.arm, context, reward)
            hits.append(reward)
        correct[name] = np.mean(hits[300:])
    assert correct["crossed"] > 0.95 > 0.85 > correct["plain"]


@pytest.mark.parametrize(("kind", "expected"), [("nothing", 0), ("linear", 1), ("ring", 2)])
def test_the_adaptive_policy_settles_on_the_features_that_the_rewards_need(kind: str, expected: int) -> None:
    policy = make_policy("adaptive-linucb", n_arms=2, n_features=2)
    assert isinstance(policy, AdaptiveLinUCB)
    rng = np.random.default_rng(3)
    for _ in range(500):
        context = rng.normal(size=2)
        lead = {"nothing": 0.3, "linear": 0.2 * context[0], "ring": 0.4 * np.sign(context @ context - 1.4)}[kind]
        choice = policy.choose(context, rng)
        policy.update(choice.arm, context, float(rng.random() < 0.5 + (lead if choice.arm else -lead)))
    assert policy.deciding == expected


def test_the_adaptive_policy_looks_at_the_features_first_even_where_rewards_are_rare() -> None:
    policy, context = make_policy("adaptive-linucb", n_arms=2, n_features=2), np.ones(2)
    assert isinstance(policy, AdaptiveLinUCB)
    for waited in range(14):
        assert (policy.deciding == 0) is (waited >= 12)
        policy.update(waited % 2, context, 0.0 if waited % 6 else 1.0)


def test_the_adaptive_policy_changes_nothing_where_it_cannot_learn() -> None:
    policy = make_policy("adaptive-linucb", n_arms=2, n_features=2, exploration_rate=0.2)
    with pytest.raises(InvalidContextError):
        policy.update(0, np.zeros(2), 2.0)
    assert policy.losses.tolist() == [0, 0, 0]  # type: ignore[attr-defined]
    assert policy.choose(np.zeros(2), np.random.default_rng(1)).propensity == pytest.approx(0.5)


def test_an_interaction_of_a_feature_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidContextError, match="beyond 2"):
        make_policy("linucb", n_arms=2, n_features=2, interactions=((0, 2),))


def test_a_new_segment_starts_from_its_parent_down_weighted_and_is_soon_its_own() -> None:
    child, parent = made("thompson"), made("thompson")
    context = np.zeros(N_FEATURES)
    parents: dict[str, int] = {}
    for _ in range(400):
        parents = summed(parents, parent.increments(0, context, 1.0))
    start = inherited(parents, share=0.5, at_most=20.0)
    child.load(0, start)
    assert child.counts[0] == pytest.approx(20.0)  # type: ignore[attr-defined]
    assert child.rewards[0] == pytest.approx(20.0)  # type: ignore[attr-defined]
    own: dict[str, int] = {}
    for _ in range(60):
        own = summed(own, child.increments(0, context, 0.0))
    child.load(0, summed(start, own))
    assert child.rewards[0] / child.counts[0] == pytest.approx(0.25)  # type: ignore[attr-defined]
    assert without(summed(parents, own), own) == summed(parents) | {"n": parents["n"]}


def test_a_parent_with_little_gives_its_share_and_one_with_nothing_gives_nothing() -> None:
    policy = made("linucb")
    parent = policy.increments(0, np.ones(N_FEATURES), 1.0)
    assert inherited(parent, share=0.25)["n"] == SCALE // 4
    assert inherited({}, share=0.25) == {}


def test_names_of_statistics_are_one_for_each_product() -> None:
    assert statistic_names(0) == ("n", "r", "q")
    assert statistic_names(1) == ("n", "a0_1", "r", "a1_1", "b1", "q")
    assert len(set(statistic_names(MAX_FEATURES))) == 276
    assert to_statistics(np.zeros((4, 4))) == {}


def test_q_learning_finds_the_arm_whose_reward_comes_an_answer_later() -> None:
    # Arm 0 pays .3 at once and ends well nowhere; arm 1 pays nothing but leads to a state where all is worth 1.
    policy = QLearning(2, (2,), learning_rate=0.2, discount_factor=0.9, exploration_rate=0.2)
    rng, first, later = np.random.default_rng(6), np.array([0.0]), np.array([1.0])
    for _ in range(500):
        choice = policy.choose(first, rng)
        if choice.arm == 0:
            policy.update(0, first, 0.3)
        else:
            policy.update(1, first, 0.0, next_context=later)
            policy.update(policy.choose(later, rng).arm, later, 1.0)
    assert policy.row(0) == pytest.approx([0.3, 0.9], abs=0.05)
    assert policy.probabilities(first, rng)[1] == pytest.approx(0.9)


def test_q_learning_keeps_a_row_for_each_state_and_stores_it_in_fixed_point() -> None:
    policy = QLearning(3)
    states = {
        policy.state_of(np.array(levels, dtype=float)) for levels in itertools.product(*map(range, policy.levels))
    }
    assert states == set(range(policy.n_states))
    assert policy.n_states == math.prod(STATE_LEVELS.values())
    assert policy.state_of(np.array([99.0] * 5)) == policy.n_states - 1
    row = policy.learned_row(policy.row(7), 1, 0.8, 2.0)
    assert row == pytest.approx([0.0, 0.16, 0.0])
    policy.load_row(7, policy.row_statistics(row))
    assert policy.row(7) == pytest.approx(row)
    with pytest.raises(InvalidPosteriorError):
        policy.load_row(policy.n_states, {})


def test_paused_arms_minimum_and_caps_are_kept_and_what_is_left_stays_in_proportion() -> None:
    kept = bounded(np.array([0.7, 0.2, 0.1, 0.0]), allowed=[True, True, False, True], least=0.05, most=[0.5, 1, 1, 1])
    assert kept == pytest.approx([0.5, 0.45, 0.0, 0.05])
    assert bounded(np.array([0.0, 1.0]), allowed=[True, False]) == pytest.approx([1.0, 0.0])
    assert bounded(np.array([0.9, 0.1]), least=0.9) == pytest.approx([0.5, 0.5])
    assert bounded(np.array([0.9, 0.1]), most=[0.2, 0.2]) == pytest.approx([0.5, 0.5])
    assert bounded(np.array([0.9, 0.1])) == pytest.approx([0.9, 0.1])
    assert bounded(np.array([0.9, 0.1]), most=[0.0, 1.0], least=0.1) == pytest.approx([0.0, 1.0])
    with pytest.raises(InvalidContextError):
        bounded(np.array([0.9, 0.1]), allowed=[False, False])


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_for_any_probabilities(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 8))
    allowed = rng.random(size) < 0.7
    allowed[int(rng.integers(size))] = True
    most = rng.uniform(0, 1, size)
    kept = bounded(rng.dirichlet(np.full(size, 0.3)), allowed=list(allowed), least=0.03, most=list(most))
    raised = max(1.0, 1.0 / most[allowed].sum())
    assert kept.sum() == pytest.approx(1.0)
    assert (kept[~allowed] == 0).all()
    assert (kept <= np.where(allowed, most, 0) * raised + 1e-9).all()
    assert (kept[allowed] >= np.minimum(np.minimum(0.03, 1 / allowed.sum()), most[allowed] * raised) - 1e-9).all()


def test_an_arm_is_drawn_as_often_as_its_probability_says() -> None:
    rng, probabilities = np.random.default_rng(8), np.array([0.05, 0.0, 0.6, 0.35])
    counts = np.bincount([draw(probabilities, rng).arm for _ in range(20_000)], minlength=4)
    errors = np.sqrt(probabilities * (1 - probabilities) * 20_000)
    assert (np.abs(counts - 20_000 * probabilities) <= 4.5 * errors).all()


def test_every_policy_is_a_policy() -> None:
    for name in STORED_POLICIES:
        policy: Policy = make_policy(name, n_arms=1, n_features=5)
        choice = policy.choose(np.zeros(5), np.random.default_rng(0))
        assert (choice.arm, choice.propensity) == (0, 1.0)
