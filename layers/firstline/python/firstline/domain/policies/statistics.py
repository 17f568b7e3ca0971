"""The stored state of an arm: sums of products in fixed point, which may be added up in any order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidPosteriorError
from firstline.domain.policies.policy import InvalidContextError, Vector

SCALE = 1_000_000
"""Fixed point: 1 is stored as a million; an increment is rounded to the nearest millionth."""

MAX_STATISTICS = 280
"""Most statistics of one update, so that some of DynamoDB's 300 operators and 4 KB of expression stay for the rest of
it (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)."""

MAX_FEATURES = 21
"""Most features, interactions included, of a policy whose state is stored: (21 + 2) (21 + 3) / 2 = 276 statistics."""

COUNT, REWARD, SQUARED_REWARD = "n", "r", "q"
"""Names of the sums of weight, of weight times reward, and of weight times squared reward."""

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@lru_cache(maxsize=64)
def statistic_names(n_features: int) -> tuple[str, ...]:
    """Return the names of an arm's statistics: the upper triangle, row by row, of sums of z z' with z = (1, x, r).

    ``n`` sums the weights, ``r`` the rewards, ``q`` the squared rewards; ``a<i>_<j>`` sums x_i x_j with x_0 = 1, and
    ``b<i>`` sums x_i r. A policy without features has ``n``, ``r`` and ``q``.
    """
    last = n_features + 1
    special = {(0, 0): COUNT, (0, last): REWARD, (last, last): SQUARED_REWARD}
    rows, columns = _triangle(n_features)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return tuple(special.get((i, j), f"b{i}" if j == last else f"a{i}_{j}") for i, j in pairs)


@lru_cache(maxsize=64)
def _triangle(n_features: int) -> Pairs:
    rows, columns = np.triu_indices(n_features + 2)
    return rows, columns


def products(context: Vector, reward: float, weight: float) -> NDArray[np.float64]:
    """Return weight z z' with z = (1, context, reward), shape (n_features + 2, n_features + 2)."""
    z = np.empty(context.size + 2)
    z[0], z[1:-1], z[-1] = 1.0, context, reward
    return np.multiply.outer(weight * z, z)


def to_statistics(sums: NDArray[np.float64], prefix: str = "") -> dict[str, int]:
    """Return the upper triangle of a symmetric matrix of sums in fixed point, zeros left out.

    Raises
    ------
    InvalidContextError
        There are more statistics than one update of the store may hold.
    """
    n_features = sums.shape[0] - 2
    names = statistic_names(n_features)
    if len(names) > MAX_STATISTICS:
        raise InvalidContextError(f"a stored policy has at most {MAX_FEATURES} features, this one has {n_features}")
    values = np.rint(sums[_triangle(n_features)] * SCALE)
    return {prefix + name: int(value) for name, value in zip(names, values, strict=True) if value}


def from_statistics(statistics: Mapping[str, int], n_features: int) -> NDArray[np.float64]:
    """Return the symmetric matrix of sums that ``to_statistics`` wrote; a name that is missing is 0.

    Raises
    ------
    InvalidPosteriorError
        A sum that cannot be negative is, or more was rewarded than weighed.
    """
    rows, columns = _triangle(n_features)
    values = np.array([int(statistics.get(name, 0)) for name in statistic_names(n_features)], dtype=np.float64) / SCALE
    sums = np.zeros((n_features + 2, n_features + 2))
    sums[rows, columns] = values
    sums[columns, rows] = values
    # Each of n, r and q is rounded on its own, once an update.
    slack = 1e-3 * (1.0 + max(sums[0, 0], 0.0))
    if (np.diagonal(sums) < -slack).any() or not -slack <= sums[0, -1] <= sums[0, 0] + slack:
        raise InvalidPosteriorError("these sums cannot come from rewards in [0, 1]")
    return sums


def summed(*parts: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of statistics, name by name."""
    total: dict[str, int] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0) + int(value)
    return total


def without(whole: Mapping[str, int], part: Mapping[str, int]) -> dict[str, int]:
    """Return what is left of a parent's statistics when one of its segments is taken out of it."""
    return {name: value - int(part.get(name, 0)) for name, value in summed(whole).items()}


def inherited(parent: Mapping[str, int], *, share: float = 0.5, at_most: float = 20.0) -> dict[str, int]:
    """Return what a segment starts from: its parent's statistics, down-weighted.

    Parameters
    ----------
    parent : mapping
        Sums of the parent segment, with or without the segment's own part (``without``).
    share : float
        Weight of an observation of the parent's beside one of the segment's own, in [0, 1].
    at_most : float
        All of the parent's observations together weigh no more than so many of the segment's own, >= 0.

    Returns
    -------
    dict
        All sums of the parent multiplied by one factor: its means and its relative certainty about directions stay.
        ``summed`` with the segment's own statistics is the segment's posterior.

    Notes
    -----
    A power prior: Ibrahim and Chen (2000), Statistical Science 15, 46-60. Sums in time buckets are weighed by the
    count over all buckets.
    """
    counts = (int(value) for name, value in parent.items() if name.rpartition(":")[2] == COUNT)
    count = sum(counts) / SCALE
    factor = min(share, at_most / count) if count > 0.0 else 0.0
    return {name: round(int(value) * factor) for name, value in parent.items()}
