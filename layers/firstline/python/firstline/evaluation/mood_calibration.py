"""Puts the judges' log-odds where 0 parts the classes, and frustration on the scale people rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NEGATIVE, _POSITIVE, _FRUSTRATED = 0, 1, 2
_OFFSETS = np.arange(-2.0, 2.01, 0.1)
_MOST_STEPS = 60
_TOWARDS_CHAT = np.array([1.0, 0.5, 0.5])
"""By view. Where only signs tell chat from service, customers too write without any: their edge lies between."""
_PENALTY = 100.0


def calibrated(
    views: tuple[Floats, ...],
    targets: Floats,
    frustration: Floats,
    own: NDArray[np.bool_],
    of_service: NDArray[np.bool_],
) -> tuple[Floats, Floats, Floats]:
    """Return slopes and offsets of three views on rows that none of them had seen.

    Parameters
    ----------
    views : tuple of ndarray, shape (n, 3) each
        Log-odds by wording and vector, by wording, by signs.
    targets : ndarray, shape (n, 3)
        0, 1 or NaN.
    frustration : ndarray, shape (n,)
        As rated, in [0, 1]; NaN where only the target is known.
    own : ndarray of bool, shape (n,)
        Our messages; together they count as much as all the others.
    of_service : ndarray of bool, shape (n,)
        Texts about a service, for which the edges are found by our messages; for the others by all.

    Returns
    -------
    calibration : ndarray, shape (2, 3, 2)
    alone : ndarray, shape (3, 2)
    chat : ndarray, shape (3, 3)
        What is added for texts that are not about a service, by view and output.
    """
    found = [_of_view(view, targets, frustration, own, of_service) for view in views]
    towards = _TOWARDS_CHAT[: len(views), None]
    lines = np.stack([line for line, _ in found])
    return lines[:2], lines[2], towards * np.stack([chat for _, chat in found])


def customer_judge(inputs: Floats, own: NDArray[np.bool_]) -> Floats:
    """Return weights, the last one the bias, by which messages to companies are told from comments among people.

    Parameters
    ----------
    inputs : ndarray, shape (n, n_inputs)
    own : ndarray of bool, shape (n,)
        Messages to companies; they count as much as all the others. Where there are no others, nothing is chat.

    Notes
    -----
    Logistic regression.
    """
    if own.all():
        return np.array([*np.zeros(inputs.shape[1]), _PENALTY])
    from sklearn.linear_model import LogisticRegression

    judge = LogisticRegression(C=1 / _PENALTY, solver="liblinear", tol=1e-4, random_state=0)
    judge.fit(inputs, own, sample_weight=np.where(own, (~own).sum() / own.sum(), 1.0))
    return np.array([*judge.coef_[0], judge.intercept_[0]])


def _of_view(
    view: Floats,
    targets: Floats,
    frustration: Floats,
    own: NDArray[np.bool_],
    of_service: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    weights = np.where(own, max(1, (~own).sum()) / max(1, own.sum()), 1.0)
    found = np.zeros((3, 2))
    for place in (_NEGATIVE, _POSITIVE):
        known = ~np.isnan(targets[:, place])
        found[place] = _logistic(view[known, place], targets[known, place], weights[known])
    rated = ~np.isnan(frustration)
    found[_FRUSTRATED] = _logistic(view[rated, _FRUSTRATED], frustration[rated], np.ones(int(rated.sum())))
    log_odds = view * found[:, 0] + found[:, 1]
    known = ~np.isnan(targets[:, :2]).any(axis=1) & (targets[:, :2].sum(axis=1) < 2)
    truth = np.where(targets[:, 0] > 0, -1, np.where(targets[:, 1] > 0, 1, 0))
    service = _edges(log_odds, truth, known & own)
    chat = _edges(log_odds, truth, known & ~of_service)
    found[:2, 1] += service
    return found, np.array([*(chat - service), 0.0])


def _edges(log_odds: Floats, truth: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Floats:
    """Return what to add to the log-odds of negative and positive for the best macro-F1 of the chosen rows."""
    if not chosen.any():
        return np.zeros(2)
    odds, wanted = log_odds[chosen], truth[chosen]
    best = max(
        ((_worth(odds, low, high, wanted), low, high) for low in _OFFSETS for high in _OFFSETS),
        key=lambda one: (round(one[0], 3), -abs(one[1]) - abs(one[2])),
    )
    return np.array(best[1:])


def _worth(odds: Floats, low: float, high: float, truth: NDArray[np.int64]) -> float:
    bad, good = odds[:, 0] + low, odds[:, 1] + high
    return macro_f1(np.where((bad > 0) & (bad >= good), -1, np.where(good > 0, 1, 0)), truth)


def macro_f1(called: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Return the mean F1 of the classes that are there, in [0, 1]; both arrays of shape (n,)."""
    scores = []
    for label in np.unique(truth):
        right = float(((called == label) & (truth == label)).sum())
        scores.append(2 * right / max(1.0, float((called == label).sum() + (truth == label).sum())))
    return float(np.mean(scores))


def _logistic(scores: Floats, targets: Floats, weights: Floats) -> Floats:
    """Return slope and offset of a logistic curve through targets in [0, 1], by Newton's method (Platt 1999)."""
    centre, spread = float(scores.mean()), float(scores.std()) or 1.0
    inputs = np.stack([(scores - centre) / spread, np.ones(len(scores))], axis=1)
    weights = weights / weights.sum()
    found = np.zeros(2)
    for _ in range(_MOST_STEPS):
        at = 1.0 / (1.0 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slope = inputs.T @ (weights * (at - targets)) + 1e-3 * found
        bend = (inputs * (weights * at * (1 - at))[:, None]).T @ inputs + 1e-3 * np.eye(2)
        # A step of Newton's is cut, so that it cannot leave the region in which the curve tells anything.
        found = found - np.clip(np.linalg.solve(bend, slope), -1.0, 1.0)
    return np.array([found[0] / spread, found[1] - found[0] * centre / spread])
