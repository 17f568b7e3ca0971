"""A linear support vector machine over hashed grams and the embedding: what many examples are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import BUCKETS, hashed_ngrams, plain_text

LONG_TEXT = 400
"""Grams of a text: where most texts have more, the words tell more and the single word less."""
MOST_WEIGHTS = 9_000_000
"""Grams times labels; the grams of the fewest examples are left out."""
_FIRST_ROUNDS, _LAST_ROUNDS = 5, 2
_STILL = 1e-3
_SEED = 13
_HALF = BUCKETS // 2

Pieces = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Places of a text's grams among those that are known, and how much of each."""


@dataclass(frozen=True)
class GramSvm:
    """Weights of grams and of the embedding's numbers for labels.

    Margin of a label: 1 or more for what is surely the label's own, -1 or less for what surely is not, and 0 for what
    nothing is known of.
    """

    buckets: NDArray[np.int32]
    """Shape (n_grams,), ascending: the grams that are known, as ``hashed_ngrams`` counts them."""
    rarity: NDArray[np.float32]
    """Shape (n_grams,): what a gram's share of a text is multiplied by, >= 1."""
    packed: NDArray[np.int8]
    """Shape (n_grams + dimensions, n_labels): weights of the grams, then of the embedding."""
    steps: NDArray[np.float32]
    """Shape (n_labels,): what the packed weights of a label are multiplied by."""
    dense_share: float
    """Length of the embedding beside the grams of characters and those of words, which are each of length 1."""

    def margins(self, text: str, vector: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Return the margin of every label, shape (n_labels,); without a vector of its length by grams alone."""
        places, values = _known(*_hashed(text), self.buckets, self.rarity)
        margins = values @ self.packed[places].astype(np.float32)
        if vector is not None and len(vector) == len(self.packed) - len(self.buckets):
            margins += np.float32(self.dense_share) * vector @ self.packed[len(self.buckets) :].astype(np.float32)
        found: NDArray[np.float32] = margins * self.steps
        return found


def fit_svm(
    texts: Sequence[str], vectors: NDArray[np.float32], targets: NDArray[np.float32], held: NDArray[np.int64]
) -> tuple[GramSvm, NDArray[np.float32]]:
    """Fit the machine; the same for the same examples.

    Parameters
    ----------
    vectors : ndarray, shape (n, dimensions)
        Of length 1.
    targets : ndarray, shape (n, n_labels)
        1 for an example's label, else 0.
    held : ndarray, shape (n_held,)
        Rows that are told before they are learnt.

    Returns
    -------
    GramSvm
    ndarray, shape (n_held, n_labels)
        Margins of the rows held, by a machine that has not seen them.

    Notes
    -----
    Dual coordinate descent for the squared hinge loss: Hsieh et al. (2008), ICML, 408-415; an example's step is made
    for all labels at once, and one that moved none is left out until the last rounds.
    """
    found = [_hashed(text) for text in texts]
    buckets, rarity = _grams_known([grams for grams, _ in found], most=MOST_WEIGHTS // targets.shape[1])
    rows = [_known(grams, shares, buckets, rarity) for grams, shares in found]
    dense_share, penalty = (1.0, 0.3) if np.median([len(grams) for grams, _ in found]) > LONG_TEXT else (2.0, 1.0)
    machine = _Descent(rows, np.float32(dense_share) * vectors, targets, n_grams=len(buckets), penalty=penalty)
    first = np.setdiff1d(np.arange(len(texts)), held)
    machine.descend(first, _FIRST_ROUNDS)
    unseen = np.stack([machine.margins(row) for row in held.tolist()])
    machine.descend(np.arange(len(texts)), _LAST_ROUNDS)
    weights = machine.weights()
    steps = np.maximum(np.abs(weights).max(axis=0), 1e-6) / np.float32(127.0)
    packed = np.rint(weights / steps).astype(np.int8)
    return GramSvm(buckets, rarity, packed, steps.astype(np.float32), dense_share), unseen


class _Descent:
    """The dual problem of one machine for each label, all of them stepped together."""

    def __init__(
        self,
        rows: list[Pieces],
        dense: NDArray[np.float32],
        targets: NDArray[np.float32],
        *,
        n_grams: int,
        penalty: float,
    ) -> None:
        self._rows = rows
        self._dense = dense
        self._signs = 2.0 * targets - 1.0
        self._duals = np.zeros_like(targets)
        self._of_grams = np.zeros((n_grams, targets.shape[1]), np.float32)
        self._of_dense = np.zeros((targets.shape[1], dense.shape[1]), np.float32)
        lengths = [float(values @ values) for _, values in rows]
        self._curvature = np.array(lengths) + (dense * dense).sum(axis=1) + 1.0 / (2.0 * penalty)
        self._shrinking = np.float32(1.0 / (2.0 * penalty))
        self._random = np.random.default_rng(_SEED)

    def weights(self) -> NDArray[np.float32]:
        """Return weights of the grams, then of the embedding, shape (n_grams + dimensions, n_labels)."""
        return np.concatenate([self._of_grams, self._of_dense.T])

    def margins(self, row: int) -> NDArray[np.float32]:
        places, values = self._rows[row]
        found: NDArray[np.float32] = values @ self._of_grams[places] + self._of_dense @ self._dense[row]
        return found

    def descend(self, rows: NDArray[np.int64], rounds: int) -> None:
        left = rows
        for _ in range(rounds):
            left = np.array([row for row in self._random.permutation(left).tolist() if self._step(row)], np.int64)
            if not len(left):
                return

    def _step(self, row: int) -> bool:
        duals, signs = self._duals[row], self._signs[row]
        slope = signs * self.margins(row) - 1.0 + duals * self._shrinking
        moved = np.maximum(duals - slope / np.float32(self._curvature[row]), 0.0) - duals
        moved[np.abs(moved) <= _STILL] = 0.0
        if not moved.any():
            return False
        duals += moved
        places, values = self._rows[row]
        by = moved * signs
        self._of_grams[places] += values[:, None] * by
        changed = np.flatnonzero(by)
        self._of_dense[changed] += by[changed, None] * self._dense[row]
        return True


def _hashed(text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    found, shares = hashed_ngrams(plain_text(text))
    return found.astype(np.int32), shares.astype(np.float32)


def _grams_known(found: Sequence[NDArray[np.int32]], *, most: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    n_texts = np.bincount(np.concatenate(found), minlength=BUCKETS)
    often = np.argsort(-n_texts, kind="stable")[:most]
    buckets = np.sort(often[n_texts[often] > 1]).astype(np.int32)
    return buckets, (np.log((1 + len(found)) / (1 + n_texts[buckets])) + 1).astype(np.float32)


def _known(
    found: NDArray[np.int32], shares: NDArray[np.float32], buckets: NDArray[np.int32], rarity: NDArray[np.float32]
) -> Pieces:
    places = np.minimum(np.searchsorted(buckets, found), max(len(buckets) - 1, 0))
    is_known = buckets[places] == found if len(buckets) else np.zeros(len(found), bool)
    places, of_words = places[is_known], found[is_known] >= _HALF
    values = shares[is_known] * rarity[places]
    for part in (of_words, ~of_words):
        values[part] /= max(float(np.linalg.norm(values[part])), 1e-6)
    return places, values
