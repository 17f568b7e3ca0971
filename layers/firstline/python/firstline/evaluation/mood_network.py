"""Learns the network over sentence vectors that is one view of mood; emotions not asked for help it to learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firstline.domain.mood_model import HIDDEN, OUTPUTS, Network

_BATCH, _ROUNDS, _NETWORKS = 128, 7, 4
_RATE, _DECAY = 1e-3, 5e-4
_FADING, _FADING_OF_SQUARES, _SMALL = 0.9, 0.999, 1e-8

Floats = NDArray[np.float32]


def learnt_network(inputs: Floats, targets: Floats, weights: Floats) -> Network:
    """Return the mean of four networks with a quarter of the hidden units each, side by side in one.

    Parameters
    ----------
    inputs : ndarray of float32, shape (n, n_inputs)
    targets : ndarray of float32, shape (n, n_outputs)
        0 or 1, NaN where it is not known; the outputs that are kept come first.
    weights : ndarray of float32, shape (n,)
        How much each row counts, > 0.

    Notes
    -----
    Adam (Kingma and Ba 2015, ICLR), binary cross-entropy of each output. The same rows in the same order give the
    same network.
    """
    parts = [_learnt(inputs, targets, weights, seed) for seed in range(_NETWORKS)]
    kept = len(OUTPUTS)
    return Network(
        np.concatenate([first for first, _, _, _ in parts], axis=1),
        np.concatenate([offset for _, offset, _, _ in parts]),
        np.concatenate([top[:, :kept] for _, _, top, _ in parts]) / np.float32(_NETWORKS),
        np.mean([bias[:kept] for _, _, _, bias in parts], axis=0, dtype=np.float32),
    )


def _learnt(inputs: Floats, targets: Floats, weights: Floats, seed: int) -> list[Floats]:
    rng = np.random.default_rng(seed)
    n_inputs, n_outputs, n_hidden = inputs.shape[1], targets.shape[1], HIDDEN // _NETWORKS
    spread = np.sqrt(6.0 / (n_inputs + n_hidden)), np.sqrt(6.0 / (n_hidden + n_outputs))
    parts: list[Floats] = [
        rng.uniform(-spread[0], spread[0], (n_inputs, n_hidden)).astype(np.float32),
        np.zeros(n_hidden, np.float32),
        rng.uniform(-spread[1], spread[1], (n_hidden, n_outputs)).astype(np.float32),
        np.zeros(n_outputs, np.float32),
    ]
    means = [np.zeros_like(part) for part in parts]
    squares = [np.zeros_like(part) for part in parts]
    known = (~np.isnan(targets)).astype(np.float32) * weights[:, None]
    wanted = np.nan_to_num(targets)
    step = 0
    for _ in range(_ROUNDS):
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            step += 1
            for place, slope in enumerate(_slopes(parts, inputs[rows], wanted[rows], known[rows])):
                means[place] += (1 - _FADING) * (slope - means[place])
                squares[place] += (1 - _FADING_OF_SQUARES) * (slope * slope - squares[place])
                mean = means[place] / (1 - _FADING**step)
                square = squares[place] / (1 - _FADING_OF_SQUARES**step)
                parts[place] -= (_RATE * mean / (np.sqrt(square) + _SMALL)).astype(np.float32)
    return parts


def _slopes(parts: list[Floats], inputs: Floats, wanted: Floats, known: Floats) -> list[Floats]:
    first, offset, top, bias = parts
    hidden = np.maximum(np.float32(0), inputs @ first + offset)
    scores = np.clip(hidden @ top + bias, -30, 30)
    wrong = (1 / (1 + np.exp(-scores)) - wanted) * known / np.float32(len(inputs))
    below = (wrong @ top.T) * (hidden > 0)
    decay = np.float32(_DECAY)
    return [inputs.T @ below + decay * first, below.sum(axis=0), hidden.T @ wrong + decay * top, wrong.sum(axis=0)]
