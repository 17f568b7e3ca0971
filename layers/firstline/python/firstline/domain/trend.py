"""Whether a customer's mood gets better or worse in the course of a conversation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations

_LEAST_CHANGE = 0.15
"""Differences of sentiment below it are ties: as much as two ways to say the same differ."""
_LEAST_TAU = 0.5
_SHORT = 3
_SHORT_CHANGE = 0.4
_LATEST = 8


class Trend(StrEnum):
    """Where a mood goes."""

    IMPROVING = "improving"
    STABLE = "stable"
    DECLINING = "declining"


def trend(sentiments: Sequence[float]) -> Trend:
    """Return the trend of a customer's sentiments.

    Parameters
    ----------
    sentiments : sequence of float
        Of the customer's messages, oldest first, each in [-1, 1]; the last 8 count. What is not finite is left out.

    Notes
    -----
    Mann-Kendall statistic (Mann 1945, Econometrica 13, 245-259): the later of each pair higher, lower, or within 0.15,
    which counts as neither; divided by the number of pairs. Improving from 0.5 on, declining from -0.5 down. With two
    or three messages the last must besides differ from the first by 0.4, with one there is no trend.
    """
    values = [value for value in sentiments if math.isfinite(value)][-_LATEST:]
    pairs = list(combinations(values, 2))
    if not pairs:
        return Trend.STABLE
    if len(values) <= _SHORT and abs(values[-1] - values[0]) < _SHORT_CHANGE:
        return Trend.STABLE
    tau = sum(_direction(later - sooner) for sooner, later in pairs) / len(pairs)
    if abs(tau) < _LEAST_TAU:
        return Trend.STABLE
    return Trend.IMPROVING if tau > 0 else Trend.DECLINING


def _direction(change: float) -> int:
    return 0 if abs(change) < _LEAST_CHANGE else int(math.copysign(1, change))
