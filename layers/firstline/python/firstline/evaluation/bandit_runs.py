"""Policies at work in simulated streams: classification sets as bandits, arms that swap, logged propensities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.policies.policy import Policy
from firstline.evaluation.bandit_sets import ClassificationSet

Floats = NDArray[np.float64]
MakePolicy = Callable[[int, int], Policy]
"""Given n_arms and n_features."""


def order_of_rows(n_rows: int, rounds: int, seed: int) -> NDArray[np.intp]:
    """Return which row comes in which round, shape (rounds,): every row once, in random order, then all once more."""
    rng = np.random.default_rng(seed)
    passes = -(-rounds // n_rows)
    return np.concatenate([rng.permutation(n_rows) for _ in range(passes)])[:rounds]


def play_set(make: MakePolicy, data: ClassificationSet, *, rounds: int, seed: int) -> Floats:
    """Return the rewards of a policy that guesses a class a round and is told only whether it was right.

    Returns
    -------
    ndarray, shape (rounds,)
        1 where the arm was the row's class, else 0.

    Notes
    -----
    Dudik, Langford and Li (2011), ICML 28, 1097-1104, section 5; Bietti, Agarwal and Langford (2021), JMLR 22(133).
    """
    policy, rng = make(data.n_classes, data.contexts.shape[1]), np.random.default_rng([seed, 1])
    rewards = np.zeros(rounds)
    for turn, row in enumerate(order_of_rows(len(data.classes), rounds, seed)):
        context = data.contexts[row]
        arm = policy.choose(context, rng).arm
        rewards[turn] = float(arm == data.classes[row])
        policy.update(arm, context, rewards[turn])
    return rewards


@dataclass(frozen=True)
class SupportStream:
    """Customers of a made-up help desk: flags and levels as contexts, a probability of success for each arm."""

    contexts: Floats
    """Shape (rounds, n_features), in [0, 1]."""
    success: Floats
    """Shape (rounds, n_arms): the expected reward of each arm."""


def support_stream(rounds: int, seed: int, *, n_arms: int = 5, n_features: int = 12, swap: bool) -> SupportStream:
    """Return a stream in which each arm suits other customers; with ``swap`` the arms change places half-way.

    Half of the features are 0/1 flags, the others uniform levels. Success is linear in them, between .05 and .95.
    """
    rng = np.random.default_rng([seed, 2])
    contexts = rng.random((rounds, n_features))
    flags = slice(0, n_features // 2)
    contexts[:, flags] = contexts[:, flags] < 0.3
    tastes = rng.normal(scale=0.45, size=(n_arms, n_features))
    success = np.clip(0.5 + (contexts - contexts.mean(axis=0)) @ tastes.T, 0.05, 0.95)
    if swap:
        success[rounds // 2 :] = np.roll(success[rounds // 2 :], 1, axis=1)
    return SupportStream(contexts, success)


def play_stream(policy: Policy, stream: SupportStream, seed: int, *, until: int | None = None) -> Floats:
    """Return the expected reward of each choice, shape (rounds,); the policy itself sees 0 or 1.

    ``until``: the round from which it learns no more.
    """
    rng, coins = np.random.default_rng([seed, 3]), np.random.default_rng([seed, 4])
    earned = np.zeros(len(stream.contexts))
    for turn, context in enumerate(stream.contexts):
        arm = policy.choose(context, rng).arm
        earned[turn] = stream.success[turn, arm]
        if until is None or turn < until:
            policy.update(arm, context, float(coins.random() < earned[turn]))
    return earned


def recovered_share(make: MakePolicy, *, rounds: int, seed: int, within: int = 1_000, over: int = 500) -> float:
    """Return how much of the reward that a swap of arms costs is earned again ``within`` so many rounds.

    The loss is between the last ``over`` rounds before the swap and what the policy would earn after it if it learned
    no more; the gain is the mean of the ``over`` rounds that end ``within`` rounds after the swap. 1: all of it.
    """
    stream, half = support_stream(rounds, seed, swap=True), rounds // 2
    n_features, n_arms = stream.contexts.shape[1], stream.success.shape[1]
    learned = play_stream(make(n_arms, n_features), stream, seed)
    stopped = play_stream(make(n_arms, n_features), stream, seed, until=half)
    before, floor = learned[half - over : half].mean(), stopped[half:].mean()
    return float((learned[half + within - over : half + within].mean() - floor) / (before - floor))


@dataclass(frozen=True)
class Calibration:
    """Whether logged propensities are the rates at which arms were drawn."""

    z_scores: Floats
    """Shape (n_arms,): how many standard errors the sum of 1 / p over an arm's choices is off the number of rounds."""
    inverse_mean: float
    """Mean of 1 / p over all choices; n_arms where every arm could be drawn in every round."""
    least: float
    """The smallest propensity."""


def calibrate(policy: Policy, rounds: int, seed: int, *, learn_every: int = 1) -> Calibration:
    """Let a policy choose and learn in a stream, and check the propensities that it logs.

    If p is right, the indicator of an arm divided by p has expectation 1 in every round, whatever was learned before:
    the sum is a martingale, its variance that of sum (1 / p - 1), estimated from the choices by sum (1 - p) / p^2.
    """
    n_arms, n_features = policy.n_arms, policy.n_features
    stream = support_stream(rounds, seed, n_arms=n_arms, n_features=n_features, swap=False)
    rng, coins = np.random.default_rng([seed, 3]), np.random.default_rng([seed, 4])
    sums, variances, least = np.zeros(n_arms), np.zeros(n_arms), 1.0
    for turn, context in enumerate(stream.contexts):
        choice = policy.choose(context, rng)
        sums[choice.arm] += 1.0 / choice.propensity
        variances[choice.arm] += (1.0 - choice.propensity) / choice.propensity**2
        least = min(least, choice.propensity)
        if turn % learn_every == 0:
            policy.update(choice.arm, context, float(coins.random() < stream.success[turn, choice.arm]))
    z_scores = (sums - rounds) / np.sqrt(np.maximum(variances, 1e-12))
    return Calibration(z_scores, float(sums.sum() / rounds), least)
