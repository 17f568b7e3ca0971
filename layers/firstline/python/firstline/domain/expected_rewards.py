"""A model of every arm's reward, fitted on logged decisions other than those it tells of."""

from __future__ import annotations

import numpy as np

from firstline.domain.logged_decisions import Floats, LoggedDecisions


def fit_expected_rewards(
    log: LoggedDecisions, rng: np.random.Generator, *, n_folds: int = 3, ridge: float = 10.0
) -> Floats:
    """Return every arm's reward for every decision, by ridge regression on the other folds; shape (n, n_arms).

    All arms share the context's weights; each has its own departures from them, held back as strongly. Groups are
    never split over folds, so that no decision's reward is in its own prediction. Values are cut to [0, 1].

    Parameters
    ----------
    n_folds : int
        >= 2.
    ridge : float
        The penalty in decisions: what an arm was tried that often weighs as much as what all arms share; > 0.

    Notes
    -----
    Cross-fitting: Chernozhukov et al. (2018), Econometrics Journal 21, C1-C68, definition 3.2.
    """
    n = log.actions.size
    groups = np.arange(n) if log.groups is None else np.unique(log.groups, return_inverse=True)[1]
    folds = rng.permutation(int(groups.max(initial=-1)) + 1)[groups] % n_folds
    spread = log.contexts.std(axis=0, keepdims=True)
    scaled = (log.contexts - log.contexts.mean(axis=0, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    features = np.column_stack([np.ones(n), scaled])
    predicted = np.zeros((n, log.n_arms))
    for fold in range(n_folds):
        rows, others = folds == fold, folds != fold
        x, y, arms = features[others], log.rewards[others], log.actions[others]
        mean = float(y.mean()) if y.size else 0.5
        shared = _ridge(x, y - mean, ridge)
        common = mean + features[rows] @ shared
        rest = y - mean - x @ shared
        for arm in range(log.n_arms):
            own = arms == arm
            predicted[rows, arm] = common + features[rows] @ _ridge(x[own], rest[own], ridge)
    return np.clip(predicted, 0.0, 1.0)


def _ridge(x: Floats, y: Floats, penalty: float) -> Floats:
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y), float)
