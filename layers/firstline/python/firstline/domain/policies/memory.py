"""How long a policy remembers: for ever, discounted, or within a sliding window of time buckets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from firstline.domain.errors import InvalidPosteriorError

SEPARATOR = ":"
FORGOTTEN = 0.01
"""A bucket whose sums count less than this is left out."""

DAY_S = 86_400.0


class Memory(Protocol):
    """Weighs observations by their age, in whole time buckets, so that sums within a bucket stay additive."""

    @property
    def lasting(self) -> bool:
        """Whether nothing is ever forgotten; there are no buckets then."""

    def bucket(self, now: float) -> int:
        """Return the number of the bucket that ``now`` lies in."""

    def weight(self, age: int) -> float:
        """Return what an observation of ``age`` buckets ago counts, in [0, 1]; 0 means forgotten, and stays 0."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """Nothing is forgotten."""

    lasting: bool = True

    def bucket(self, now: float) -> int:
        """Return 0."""
        return 0

    def weight(self, age: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Discounted:
    """Each bucket counts ``factor`` times as much as the one after it.

    Notes
    -----
    Kocsis and Szepesvari (2006), 2nd PASCAL Challenges Workshop; Garivier and Moulines (2011), ALT, 174-188
    (discounted UCB); Russac, Vernade and Cappe (2019), NeurIPS 32 (linear). The discount falls once a bucket, not once
    an observation.
    """

    factor: float = 0.9
    """In [0, 1]."""
    length: float = DAY_S
    """Of a bucket, in the unit of ``now``."""
    lasting: bool = False

    def bucket(self, now: float) -> int:
        """Return how many whole lengths fit into ``now``."""
        return math.floor(now / self.length)

    def weight(self, age: int) -> float:
        """Return factor ** age, 0 where that is under ``FORGOTTEN``; what comes from the future counts fully."""
        weight = self.factor ** max(age, 0)
        return weight if weight >= FORGOTTEN else 0.0


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """Only the running bucket and the ``buckets - 1`` before it count.

    Notes
    -----
    Garivier and Moulines (2011), ALT, 174-188; Cheung, Simchi-Levi and Zhu (2019), AISTATS, 1079-1087 (linear).
    """

    buckets: int = 14
    """At least 1."""
    length: float = DAY_S
    lasting: bool = False

    def bucket(self, now: float) -> int:
        """Return how many whole lengths fit into ``now``."""
        return math.floor(now / self.length)

    def weight(self, age: int) -> float:
        """Return 1 within the window, else 0."""
        return 1.0 if age < self.buckets else 0.0


def prefix_of(memory: Memory, now: float) -> str:
    """Return what is put before the names of statistics that are added now."""
    return "" if memory.lasting else f"{memory.bucket(now)}{SEPARATOR}"


def recalled(memory: Memory, statistics: Mapping[str, int], *, now: float) -> dict[str, int]:
    """Return the statistics that still count, summed over buckets by what each counts now; names without a bucket.

    Raises
    ------
    InvalidPosteriorError
        A bucket's number is no integer.
    """
    if memory.lasting:
        return {name: int(value) for name, value in statistics.items() if SEPARATOR not in name}
    current = memory.bucket(now)
    weights: dict[str, float] = {}
    total: dict[str, float] = {}
    for name, value in statistics.items():
        bucket, separator, base = name.partition(SEPARATOR)
        if not separator:
            continue
        if bucket not in weights:
            weights[bucket] = memory.weight(current - _number(bucket))
        total[base] = total.get(base, 0.0) + weights[bucket] * int(value)
    return {name: round(value) for name, value in total.items()}


def outdated(memory: Memory, names: Iterable[str], *, now: float) -> list[str]:
    """Return the names whose bucket is forgotten."""
    if memory.lasting:
        return []
    current = memory.bucket(now)
    parted = ((name, *name.partition(SEPARATOR)[:2]) for name in names)
    return [name for name, bucket, found in parted if found and memory.weight(current - _number(bucket)) == 0.0]


def _number(bucket: str) -> int:
    try:
        return int(bucket)
    except ValueError as error:
        raise InvalidPosteriorError(f"{bucket!r:.40} is no time bucket") from error
