"""A calibrated confidence fitted on judged features, and the threshold below which a question is declined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.ranking import ConfidenceFeatures
from firstline.evaluation.metrics import auroc

RIDGE = 1.0
STEPS = 50
FOLDS = 5
UNANSWERABLE_SHARE = 0.2
"""Of the questions that customers ask: what the probability is calibrated to and the threshold is chosen for."""
SMALL_WEIGHT = 0.5
"""How much all small collections of a folder count against the folder itself."""
_FOLDER_WEIGHT = 500.0


@dataclass(frozen=True)
class JudgedFeatures:
    """Features of one folder's questions; a row is a question put to some collection."""

    features: NDArray[np.float64]
    """Shape (n, n_features)."""
    answered: NDArray[np.bool_]
    """The best chunk answers; shape (n,)."""
    served: NDArray[np.bool_]
    """One of the chunks that an answer is written from does; shape (n,)."""
    answerable: NDArray[np.bool_]
    """Some chunk does; shape (n,)."""
    whole: NDArray[np.bool_]
    """Put to the whole folder, nothing taken away; shape (n,)."""
    small: NDArray[np.bool_]
    """Put to a small collection; shape (n,)."""
    question: NDArray[np.int64]
    """Which question the row is of; shape (n,)."""


def fit_logistic(
    features: NDArray[np.float64], answered: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Fit a ridge logistic regression by Newton's method.

    Parameters
    ----------
    features : ndarray, shape (n, n_features)
    answered : ndarray, shape (n,)
    weight : ndarray, shape (n,)
        How much each row counts, > 0.

    Returns
    -------
    weights : ndarray, shape (n_features,)
        For features as they are, not standardised.
    intercept : float
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    penalty = np.diag([RIDGE] * features.shape[1] + [0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-rows @ solution))
        gradient = rows.T @ (weight * (probability - answered)) + penalty @ solution
        curvature = (rows * (weight * probability * (1 - probability))[:, None]).T @ rows + penalty
        solution -= np.linalg.solve(curvature, gradient)
    weights = solution[:-1] / spread
    return weights, float(solution[-1] - weights @ mean)


def fit_calibration(collections: Mapping[str, JudgedFeatures]) -> dict[str, object]:
    """Fit on all folders, each counting alike, and report cross-validated figures of each.

    The threshold has the least expected cost where ``UNANSWERABLE_SHARE`` of the questions have no answer, and these
    cost alike: to serve a question that nothing answers, to serve only chunks that do not answer, and to decline
    where a served chunk would have answered.
    """
    entries = list(collections.values())
    folds = {name: _logits_in_folds(entries, entry) for name, entry in collections.items()}
    threshold = _threshold([(entry, folds[name]) for name, entry in collections.items()])
    without: dict[str, dict[str, object]] = {}
    across: dict[str, dict[str, float]] = {}
    for name, entry in collections.items():
        weights, intercept = _fit([other for other in entries if other is not entry] or entries)
        without[name] = _spelled(weights, intercept)
        across[name] = _measured(entry, entry.features @ weights + intercept, threshold)
    return {
        **_spelled(*_fit(entries)),
        "threshold": threshold,
        "fitted_without": without,
        "measured_in_folds": {name: _measured(entry, folds[name], threshold) for name, entry in collections.items()},
        "measured_fitted_on_the_others": across,
    }


def _fit(entries: Sequence[JudgedFeatures], left_out: int = -1) -> tuple[NDArray[np.float64], float]:
    kept = [entry.question % FOLDS != left_out for entry in entries]
    pairs = list(zip(entries, kept, strict=True))
    return fit_logistic(
        np.concatenate([entry.features[rows] for entry, rows in pairs]),
        np.concatenate([entry.answered[rows] for entry, rows in pairs]),
        np.concatenate([_row_weights(entry)[rows] for entry, rows in pairs]),
    )


def _row_weights(entry: JudgedFeatures) -> NDArray[np.float64]:
    """Every folder counts alike, however many questions it has, and so do its questions without an answer."""
    weights = np.zeros(len(entry.answered))
    for of_size, size_weight in ((~entry.small, 1.0), (entry.small, SMALL_WEIGHT)):
        for answerable, share in ((True, 1 - UNANSWERABLE_SHARE), (False, UNANSWERABLE_SHARE)):
            rows = of_size & (entry.answerable == answerable)
            weights[rows] = _FOLDER_WEIGHT * size_weight * share / max(1, int(rows.sum()))
    return weights


def _logits_in_folds(entries: Sequence[JudgedFeatures], own: JudgedFeatures) -> NDArray[np.float64]:
    logits = np.zeros(len(own.answered))
    for fold in range(FOLDS):
        rows = own.question % FOLDS == fold
        weights, intercept = _fit(entries, fold)
        logits[rows] = own.features[rows] @ weights + intercept
    return logits


def _threshold(judged: Sequence[tuple[JudgedFeatures, NDArray[np.float64]]]) -> float:
    tried = np.arange(0.02, 0.9, 0.005)
    cost = [sum(_cost(_measured(entry, logits, threshold)) for entry, logits in judged) for threshold in tried]
    return round(float(tried[int(np.argmin(cost))]), 3)


def _cost(measured: Mapping[str, float]) -> float:
    wrong = measured["wrongly_declined"] + measured["wrongly_served"]
    return wrong * (1 - UNANSWERABLE_SHARE) + measured.get("served_unanswerable", 0.0) * UNANSWERABLE_SHARE


def _measured(entry: JudgedFeatures, logits: NDArray[np.float64], threshold: float) -> dict[str, float]:
    """Return shares of the answerable questions (wrongly declined, wrongly served) and of the unanswerable ones."""
    probability = 1 / (1 + np.exp(-logits))
    low = probability < threshold
    asked, hopeless = entry.whole & entry.answerable, entry.whole & ~entry.answerable
    measured = {
        "wrongly_declined": float(np.mean((low & entry.served)[asked])),
        "wrongly_served": float(np.mean((~low & ~entry.served)[asked])),
        "brier": float(np.mean((probability - entry.answered)[entry.whole] ** 2)),
        "mean_confidence": float(probability[entry.whole].mean()),
        "answered_by_the_best": float(entry.answered[entry.whole].mean()),
    }
    if hopeless.any():
        measured["abstention_auroc"] = auroc(logits[asked], logits[hopeless])
        measured["served_unanswerable"] = float(np.mean(~low[hopeless]))
    return {name: round(value, 4) for name, value in measured.items()}


def _spelled(weights: NDArray[np.float64], intercept: float) -> dict[str, object]:
    named = zip(ConfidenceFeatures.__dataclass_fields__, weights, strict=True)
    return {"weights": {name: round(float(value), 4) for name, value in named}, "intercept": round(intercept, 4)}
