"""Policies by name, as RL_POLICY and experiments give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from firstline.domain.errors import InvalidInputError
from firstline.domain.policies.adaptive import AdaptiveLinUCB
from firstline.domain.policies.bases import Basis, FourierFeatures, Interactions
from firstline.domain.policies.context_free import (
    UCB1,
    BetaThompson,
    EpsilonGreedy,
    Fixed,
    GaussianThompson,
    Uniform,
)
from firstline.domain.policies.linear import LinTS, LinUCB
from firstline.domain.policies.memory import DAY_S, Discounted, Lasting, Memory, SlidingWindow
from firstline.domain.policies.policy import Policy
from firstline.domain.policies.q_learning import STATE_LEVELS, QLearning
from firstline.domain.policies.summed import SummedPolicy

LINUCB_ALPHA = 0.4
"""Between the .3 and .6 that did best on both sets of ``scripts/evaluate bandit``; also for contexts of a few flags."""

LINTS_V = 0.15

CONTEXT_FREE: Mapping[str, Callable[..., SummedPolicy]] = {
    "fixed": Fixed,
    "uniform": Uniform,
    "epsilon-greedy": EpsilonGreedy,
    "ucb1": UCB1,
    "thompson": BetaThompson,
    "gaussian-thompson": GaussianThompson,
}
LINEAR: Mapping[str, tuple[Callable[..., SummedPolicy], float, bool]] = {
    "linucb": (LinUCB, LINUCB_ALPHA, False),
    "lints": (LinTS, LINTS_V, False),
    "fourier-linucb": (LinUCB, LINUCB_ALPHA, True),
    "fourier-lints": (LinTS, LINTS_V, True),
}
"""Class, width of its confidence, and whether it learns on Fourier features, which only memory has room for."""

CONTROLS = ("fixed", "uniform")
FORGETTING = ("discounted", "sliding")
Q_LEARNING = "q-learning"
ADAPTIVE = "adaptive-linucb"

STORED_POLICIES: tuple[str, ...] = (
    *CONTEXT_FREE,
    *(name for name, (_, _, fourier) in LINEAR.items() if not fourier),
    *(
        f"{memory}-{name}"
        for memory in FORGETTING
        for name in (*CONTEXT_FREE, *LINEAR)
        if name not in CONTROLS and not name.startswith("fourier")
    ),
    Q_LEARNING,
)
"""What RL_POLICY may be: policies whose state fits into the store."""

DEFAULT_STORED = "linucb"
DEFAULT_IN_MEMORY = ADAPTIVE
"""``default`` of ``scripts/evaluate bandit``: one configuration for every set."""


class UnknownPolicyError(InvalidInputError):
    """There is no policy of this name."""


def make_policy(
    name: str,
    *,
    n_arms: int,
    n_features: int = 0,
    learning_rate: float = 0.1,
    exploration_rate: float = 0.0,
    discount_factor: float = 0.9,
    interactions: Sequence[tuple[int, int]] = (),
    levels: Sequence[int] = tuple(STATE_LEVELS.values()),
    fixed_arm: int = 0,
    bucket: float = DAY_S,
    buckets: int = 14,
    width: float | None = None,
) -> Policy:
    """Return a policy that knows nothing yet.

    Parameters
    ----------
    name : str
        One of ``STORED_POLICIES``, or in memory only ``adaptive-linucb``, ``fourier-linucb``, ``fourier-lints``;
        before any but the controls and Q-learning may stand ``discounted-`` or ``sliding-``.
    n_arms, n_features : int
        Arms, and length of a context. Q-learning's context is one number per entry of ``levels`` instead.
    learning_rate : float
        Step of Q-learning, in [0, 1].
    exploration_rate : float
        Share of choices drawn uniformly, in [0, 1].
    discount_factor : float
        Q-learning: what the next answer's value counts; ``discounted-``: what a bucket counts beside the one after
        it. In [0, 1].
    interactions : sequence of (int, int)
        Pairs of features whose products linear policies learn on as well.
    levels : sequence of int
        Of each part of Q-learning's state.
    fixed_arm : int
        What ``fixed`` chooses.
    bucket, buckets : float, int
        Length of a time bucket in the unit of ``now`` (seconds; a day), and how many a sliding window has.
    width : float, optional
        LinUCB's alpha or LinTS's v instead of the policy's own.

    Raises
    ------
    UnknownPolicyError
    InvalidContextError
        A number is out of its range.
    """
    if name == Q_LEARNING:
        return QLearning(
            n_arms,
            levels,
            learning_rate=learning_rate,
            discount_factor=discount_factor,
            exploration_rate=exploration_rate,
        )
    prefix, dash, base = name.partition("-")
    memory: Memory = Lasting()
    if dash and prefix in FORGETTING and base not in CONTROLS:
        memory = Discounted(discount_factor, bucket) if prefix == "discounted" else SlidingWindow(buckets, bucket)
    else:
        base = name
    if base == "fixed":
        return Fixed(n_arms, n_features, arm=fixed_arm, memory=memory, exploration_rate=exploration_rate)
    if base in CONTEXT_FREE:
        return CONTEXT_FREE[base](n_arms, n_features, memory=memory, exploration_rate=exploration_rate)
    if base == ADAPTIVE:
        alpha = LINUCB_ALPHA if width is None else width
        return AdaptiveLinUCB(n_arms, n_features, width=alpha, memory=memory, exploration_rate=exploration_rate)
    if base not in LINEAR:
        raise UnknownPolicyError(f"no policy is called {name!r:.60}; there are {', '.join(STORED_POLICIES)}")
    policy, own_width, fourier = LINEAR[base]
    basis: Basis = FourierFeatures() if fourier else Interactions(tuple(interactions))
    return policy(
        n_arms,
        n_features,
        width=own_width if width is None else width,
        basis=basis,
        memory=memory,
        exploration_rate=exploration_rate,
    )
