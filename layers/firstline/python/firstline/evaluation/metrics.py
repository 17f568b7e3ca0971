"""Measures of rankings and of scores that should tell two groups apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray


def ndcg(ranking: Sequence[str], gains: dict[str, float], *, at: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first ``at`` documents, in [0, 1].

    Notes
    -----
    Jarvelin and Kekalainen (2002), ACM Transactions on Information Systems 20, 422-446; gains enter linearly.
    """
    ideal = sorted(gains.values(), reverse=True)[:at]
    best = sum(gain / math.log2(place + 2) for place, gain in enumerate(ideal))
    got = sum(gains.get(name, 0.0) / math.log2(place + 2) for place, name in enumerate(ranking[:at]))
    return got / best if best else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str], *, at: int = 10) -> float:
    """Return 1 / the place of the first relevant document among the first ``at``, 0 where there is none."""
    return next((1 / place for place, name in enumerate(ranking[:at], start=1) if name in relevant), 0.0)


def recall(ranking: Sequence[str], relevant: Collection[str], *, at: int) -> float:
    """Return the share of relevant documents among the first ``at``, in [0, 1]."""
    return len(set(ranking[:at]) & set(relevant)) / len(relevant)


def hit(ranking: Sequence[str], relevant: Collection[str], *, at: int) -> float:
    """Return 1 where the first ``at`` hold a relevant document, else 0."""
    return float(any(name in relevant for name in ranking[:at]))


def auroc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return how often a positive scores above a negative, ties counting half; in [0, 1].

    Parameters
    ----------
    positive, negative : ndarray, shapes (n_positive,) and (n_negative,)
        Scores; neither is empty.

    Raises
    ------
    ValueError
        One of them is empty.
    """
    if not len(positive) or not len(negative):
        raise ValueError("both groups need a score")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float(np.mean(below + not_above) / (2 * len(negative)))


def balanced_accuracy(called: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Return the mean of the shares of positives and of negatives that are called right, in [0, 1].

    Parameters
    ----------
    called, true : ndarray, shape (n,)
        There is a positive and a negative among ``true``.
    """
    return float((np.mean(called[true]) + np.mean(~called[~true])) / 2)


def spearman(scores: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Return the rank correlation, ties by their mean rank, in [-1, 1]; 0 where one of them does not vary.

    Parameters
    ----------
    scores, target : ndarray, shape (n,)
    """
    ranks = np.stack([_mean_ranks(scores), _mean_ranks(target)])
    if (ranks.std(axis=1) == 0).any():
        return 0.0
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return ranks


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Return the mean over labels of the harmonic mean of precision and recall, in [0, 1].

    Parameters
    ----------
    pairs : sequence of (str, str)
        True label and the one that was said; labels that are never true do not count.
    """
    scores = []
    for label in {told for told, _ in pairs}:
        right = sum(told == said == label for told, said in pairs)
        n_told, n_said = sum(told == label for told, _ in pairs), sum(said == label for _, said in pairs)
        scores.append(2 * right / (n_told + n_said))
    return sum(scores) / len(scores) if scores else 0.0
