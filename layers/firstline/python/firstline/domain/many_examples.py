"""Labels learnt from thousands of examples: kernel ridge regression over landmarks, and a machine over grams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.domain.example_kernel import ExampleKernel, radial
from firstline.domain.gram_svm import GramSvm, fit_svm
from firstline.domain.ridge_head import (
    MOST_HELD_BACK,
    OUT_OF_SCOPE,
    RIDGE,
    HeldBack,
    RidgeHead,
    Step,
    calibrated_head,
    spread_sample,
)

MOST_LANDMARKS = 2_500
_AT_ONCE = 2_000
_JITTER = 1e-3
_SEED = 13


def fit_many(
    texts: Sequence[str], vectors: NDArray[np.float32], labels: Sequence[str], *, step: Step = lambda _: None
) -> tuple[ExampleKernel, RidgeHead, GramSvm, HeldBack]:
    """Learn labels from so many examples that a kernel over all would take minutes.

    Parameters
    ----------
    vectors : ndarray, shape (n, dimensions)
        The texts' embeddings, of length 1.
    labels : sequence of str
        One for each text; ``OUT_OF_SCOPE`` for none.

    Returns
    -------
    ExampleKernel
        Of at most ``MOST_LANDMARKS`` of the examples, by the embedding alone.
    RidgeHead
    GramSvm
        What judges beside the head.
    HeldBack
    """
    names = sorted(set(labels) - {OUT_OF_SCOPE})
    targets = np.array([[label == name for name in names] for label in labels], np.float32)
    held = spread_sample(labels, min(MOST_HELD_BACK, len(labels) // 5))
    step("landmarks")
    # A row held back must be no landmark, or it would be told by itself.
    free = np.setdiff1d(np.arange(len(labels)), held)
    chosen = np.sort(np.random.default_rng(_SEED).permutation(free)[:MOST_LANDMARKS])
    kernel = ExampleKernel.of([texts[row] for row in chosen], vectors[chosen], word_weight=0.0)
    weights, unseen = _landmark_weights(kernel.vectors, vectors, targets, held)
    step("grams")
    svm, beside = fit_svm(texts, vectors, targets, held)
    head, held_back = calibrated_head(names, weights, [labels[row] for row in held], unseen, beside)
    return kernel, head, svm, held_back


def _landmark_weights(
    landmarks: NDArray[np.float32],
    vectors: NDArray[np.float32],
    targets: NDArray[np.float32],
    held: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights of the landmarks, and scores of the rows held as if each had been left out.

    Notes
    -----
    The subset of regressors: Rasmussen, Williams (2006), Gaussian Processes for Machine Learning, section 8.3.1. A
    row left out: ``y - (y - score) / (1 - leverage)``.
    """
    inner = RIDGE * radial(landmarks @ landmarks.T).astype(np.float64)
    inner[np.diag_indices(len(landmarks))] += _JITTER
    asked = np.zeros((len(landmarks), targets.shape[1]))
    for start in range(0, len(vectors), _AT_ONCE):
        alike = radial(vectors[start : start + _AT_ONCE] @ landmarks.T)
        inner += alike.T @ alike
        asked += alike.T @ targets[start : start + _AT_ONCE]
    of_held = radial(vectors[held] @ landmarks.T).astype(np.float64)
    found = np.linalg.solve(inner, np.hstack([asked, of_held.T]))
    weights, influence = found[:, : targets.shape[1]], found[:, targets.shape[1] :]
    leverage = np.minimum((of_held * influence.T).sum(axis=1, keepdims=True), 0.99)
    unseen = targets[held] - (targets[held] - of_held @ weights) / (1.0 - leverage)
    return weights.astype(np.float32), unseen.astype(np.float32)
