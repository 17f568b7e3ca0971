"""Learns the small network of the name tagger: one hidden layer over hashed features, and a linear part beside it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstline.domain.name_tagger import BUCKETS, HIDDEN, LABELS

Floats = NDArray[np.float32]
_BATCH, _ROUNDS = 2048, 5
_RATE, _KEPT_FEATURES, _KEPT_HIDDEN = 0.05, 0.9, 0.7


class Network(NamedTuple):
    """What is learnt: ``scores = max(0, z[:HIDDEN] + offset) @ top + z[HIDDEN:] + bias``, z the sum of word rows."""

    words: Floats
    """Shape (BUCKETS, HIDDEN + labels)."""
    offset: Floats
    top: Floats
    bias: Floats


def learnt(columns: NDArray[Any], starts: NDArray[Any], labels: NDArray[Any]) -> Network:
    """Return the network after some rounds of Adagrad (Duchi et al. 2011, JMLR 12, 2121-2159) with dropout.

    Parameters
    ----------
    columns, starts : ndarray of int
        Buckets of all words one after the other, and where each word's begin; shape (words + 1,) for the latter.
    labels : ndarray of int, shape (words,)
    """
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    n = len(LABELS)
    words = (rng.standard_normal((BUCKETS, HIDDEN + n), dtype=np.float32) * 0.1).astype(np.float32)
    words[:, HIDDEN:] = 0
    net = Network(
        words,
        np.zeros(HIDDEN, np.float32),
        rng.standard_normal((HIDDEN, n), dtype=np.float32) * np.float32(0.2),
        np.zeros(n, np.float32),
    )
    seen = [np.full(part.shape, 1e-4, np.float32) for part in net]
    lengths = np.diff(starts)
    for turn in range(_ROUNDS):
        order = rng.permutation(len(labels))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            size = lengths[batch]
            places = np.repeat(starts[batch] - np.concatenate([[0], np.cumsum(size)[:-1]]), size) + np.arange(
                size.sum()
            )
            used, inverse = np.unique(columns[places], return_inverse=True)
            kept = _dropout(rng, (len(places),), _KEPT_FEATURES)
            x = csr_matrix((kept, inverse, np.concatenate([[0], np.cumsum(size)])), shape=(len(batch), len(used)))
            z = x @ net.words[used]
            active = (z[:, :HIDDEN] + net.offset > 0) * _dropout(rng, (len(batch), HIDDEN), _KEPT_HIDDEN)
            hidden = (z[:, :HIDDEN] + net.offset) * active
            scores = hidden @ net.top + z[:, HIDDEN:] + net.bias
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            wrong = odds / odds.sum(axis=1, keepdims=True)
            wrong[np.arange(len(batch)), labels[batch]] -= 1
            back = (wrong @ net.top.T) * active
            steps = (x.T @ np.hstack([back, wrong]), back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0))
            rate = np.float32(_RATE * (1 - (turn * len(order) + first) / (_ROUNDS * len(order))))
            touched: tuple[Any, ...] = (used, slice(None), slice(None), slice(None))
            for part, total, step, index in zip(net, seen, steps, touched, strict=True):
                total[index] += step**2
                part[index] -= rate * step / np.sqrt(total[index])
    return net


def _dropout(rng: np.random.Generator, shape: tuple[int, ...], kept: float) -> Floats:
    return (rng.random(shape, dtype=np.float32) < kept).astype(np.float32) / np.float32(kept)
