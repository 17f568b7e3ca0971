"""Peers of the bandit task, each as its documentation says to use it: MABWiser and Vowpal Wabbit."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.evaluation.bandit_runs import order_of_rows
from firstline.evaluation.bandit_sets import ClassificationSet

Floats = NDArray[np.float64]
Play = Callable[[ClassificationSet, int, int], Floats]
"""Given a set, the rounds and the seed: the reward of each round."""

VOWPAL_WABBIT = {"vw_epsilon": "", "vw_cover": "--cover 16"}


def peers() -> dict[str, Play]:
    """Return the peers that are installed, by name."""
    found: dict[str, Play] = {}
    if find_spec("mabwiser") is not None:
        found |= {f"mabwiser_{name}": _mabwiser(name) for name in ("linucb", "lints", "thompson")}
    if find_spec("vowpalwabbit") is not None:
        found |= {name: _vowpal_wabbit(options) for name, options in VOWPAL_WABBIT.items()}
    return found


def _mabwiser(name: str) -> Play:
    def play(data: ClassificationSet, rounds: int, seed: int) -> Floats:
        from mabwiser.mab import MAB, LearningPolicy

        policies = {
            "linucb": LearningPolicy.LinUCB,
            "lints": LearningPolicy.LinTS,
            "thompson": LearningPolicy.ThompsonSampling,
        }
        model: Any = MAB(list(range(data.n_classes)), policies[name](), seed=seed)
        contextual = name != "thompson"
        rewards = np.zeros(rounds)
        rng = np.random.default_rng([seed, 1])
        for turn, row in enumerate(order_of_rows(len(data.classes), rounds, seed)):
            context = [data.contexts[row : row + 1]] if contextual else []
            # Its models must be fitted before they predict: the first arm is drawn.
            arm = int(model.predict(*context)) if turn else int(rng.integers(data.n_classes))
            rewards[turn] = float(arm == data.classes[row])
            learn = model.partial_fit if turn else model.fit
            learn([arm], [rewards[turn]], *context)
        return rewards

    return play


def _vowpal_wabbit(options: str) -> Play:
    def play(data: ClassificationSet, rounds: int, seed: int) -> Floats:
        from vowpalwabbit import Workspace

        names = [f"f{index}" for index in range(data.contexts.shape[1])]
        model = Workspace(f"--cb_explore {data.n_classes} {options} --random_seed {seed} --quiet")
        rewards = np.zeros(rounds)
        rng = np.random.default_rng([seed, 1])
        for turn, row in enumerate(order_of_rows(len(data.classes), rounds, seed)):
            pairs = zip(names, data.contexts[row].tolist(), strict=True)
            features = " ".join(f"{name}:{value:.6g}" for name, value in pairs)
            ends = np.cumsum(model.predict(f"|x {features}"))
            arm = min(int(np.searchsorted(ends, rng.random() * ends[-1], side="right")), data.n_classes - 1)
            rewards[turn] = float(arm == data.classes[row])
            share = float(np.diff(ends, prepend=0.0)[arm] / ends[-1])
            # It minimises costs and counts actions from 1.
            model.learn(f"{arm + 1}:{1.0 - rewards[turn]}:{max(share, 1e-6)} |x {features}")
        model.finish()
        return rewards

    return play
