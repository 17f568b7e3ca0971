"""Features that linear policies learn on, made from a context: the context itself, interactions, Fourier features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.domain.policies.policy import InvalidContextError, Vector


class Basis(Protocol):
    """Makes features from a context of a fixed length."""

    def width(self, n_features: int) -> int:
        """Return how many features it makes from a context of ``n_features``."""

    def expand(self, context: Vector) -> Vector:
        """Return the features, shape (width,)."""


@dataclass(frozen=True, slots=True)
class NoFeatures:
    """For policies that look at no context."""

    def width(self, n_features: int) -> int:
        """Return 0."""
        return 0

    def expand(self, context: Vector) -> Vector:
        """Return an empty array."""
        return context[:0]


@dataclass(frozen=True, slots=True)
class Interactions:
    """The context and the products of some pairs of it; few pairs, because every feature costs a row of statistics."""

    pairs: tuple[tuple[int, int], ...] = ()
    """Indices into the context; a pair of one index twice is its square."""

    def width(self, n_features: int) -> int:
        """Return the length of the context plus the number of pairs.

        Raises
        ------
        InvalidContextError
            A pair names a feature that is not there.
        """
        if any(not 0 <= index < n_features for pair in self.pairs for index in pair):
            raise InvalidContextError(f"an interaction names a feature beyond {n_features}")
        return n_features + len(self.pairs)

    def expand(self, context: Vector) -> Vector:
        """Return the context followed by the products, shape (width,)."""
        if not self.pairs:
            return context
        left, right = _columns(self.pairs)
        return np.concatenate((context, context[left] * context[right]))


@dataclass(frozen=True, slots=True)
class FourierFeatures:
    """The context and random cosines of it, whose products approximate a Gaussian kernel.

    With standardised features two random contexts are a squared distance of about 2 n_features apart; the kernel's
    gamma is 1 / n_features. Contexts are cut to +-``reach`` standard deviations first.

    Notes
    -----
    Rahimi and Recht (2007), NIPS 20, 1177-1184. The directions are drawn once from ``seed``, so that every process
    makes the same features. Too many statistics for the store: in memory only.
    """

    n_cosines: int = 64
    reach: float = 3.0
    seed: int = 20_261_121

    def width(self, n_features: int) -> int:
        """Return the length of the context plus the number of cosines; 0 without a context."""
        return n_features + self.n_cosines if n_features else 0

    def expand(self, context: Vector) -> Vector:
        """Return the context followed by the cosines, shape (width,)."""
        if not context.size:
            return context
        directions, phases = _directions(context.size, self.n_cosines, self.seed)
        kept = np.clip(context, -self.reach, self.reach)
        return np.concatenate((kept, np.sqrt(2.0 / self.n_cosines) * np.cos(directions @ kept + phases)))


@lru_cache(maxsize=32)
def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    columns = np.array(pairs, dtype=np.intp)
    return columns[:, 0], columns[:, 1]


@lru_cache(maxsize=8)
def _directions(n_features: int, n_cosines: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(scale=np.sqrt(2.0 / n_features), size=(n_cosines, n_features)), rng.uniform(
        0.0, 2.0 * np.pi, n_cosines
    )
