"""Learnt judges of mood: hashed wording and signs, a small network over the sentence vector, and signs alone."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import hashed_ngrams, plain_text
from firstline.domain.mood_signs import Signs, is_of_service

Floats = NDArray[np.float64]

OUTPUTS = ("negative", "positive", "frustrated")
HIDDEN = 256
DIMENSIONS = 384
VECTOR_SCALE = 12.0
"""A unit vector's numbers are about 1/20; so the signs beside them weigh alike."""
WEIGHTS_FILE = Path(__file__).with_name("mood.npy")
NETWORK_FILE = Path(__file__).with_name("mood_network.npy")
CARD_FILE = Path(__file__).with_name("mood.json")


@dataclass(frozen=True)
class Network:
    """One hidden layer: ``max(0, x @ first + offset) @ top + bias``."""

    first: NDArray[np.float32]
    """Shape (DIMENSIONS + n_signs, HIDDEN); x is the vector times VECTOR_SCALE, then the signs."""
    offset: NDArray[np.float32]
    top: NDArray[np.float32]
    """Shape (HIDDEN, 3)."""
    bias: NDArray[np.float32]

    def logits(self, inputs: NDArray[np.float32]) -> Floats:
        """Return log-odds, shape (..., 3), for inputs of shape (..., DIMENSIONS + n_signs)."""
        hidden = np.maximum(0.0, inputs @ self.first + self.offset)
        return np.asarray(hidden @ self.top + self.bias, dtype=np.float64)

    @classmethod
    def unpacked(cls, flat: NDArray[np.float16], n_signs: int) -> Network:
        """Return the network whose numbers stand one after the other."""
        shapes = ((DIMENSIONS + n_signs, HIDDEN), (HIDDEN,), (HIDDEN, len(OUTPUTS)), (len(OUTPUTS),))
        parts, at = [], 0
        for shape in shapes:
            size = math.prod(shape)
            parts.append(flat[at : at + size].astype(np.float32).reshape(shape))
            at += size
        return cls(*parts)


@dataclass(frozen=True)
class MoodModel:
    """Three views of a message that are added up; each gives log-odds of being negative, positive, frustrated."""

    weights: NDArray[np.int8]
    """Shape (3, BUCKETS)."""
    scales: Floats
    """Shape (3,): what one unit of ``weights`` counts, > 0."""
    sign_weights: Floats
    """Shape (3, n_signs): beside the hashed wording."""
    bias: Floats
    network: Network
    alone: Floats
    """Shape (3, n_signs + 1): the signs alone, the last column their bias."""
    calibration: Floats
    """Shape (2, 3, 2): slope and offset for each output, with a vector and without."""
    alone_calibration: Floats
    """Shape (3, 2): slope and offset for the signs alone."""
    chat: Floats
    """Shape (3, 3): what is added to each output, with a vector, without, and by signs alone, to what is said among
    people rather than to a company: there they are less often cross than they sound."""
    customer: Floats
    """Shape (DIMENSIONS + 1,): log-odds by sentence vector that a company is written to, the last one the bias."""

    def wording(self, text: str, signs: Floats) -> Floats:
        """Return the log-odds by hashed wording and signs, shape (3,)."""
        buckets, values = hashed_ngrams(plain_text(text))
        counted = self.weights[:, buckets].astype(np.float64) @ values
        return np.asarray(counted * self.scales + self.sign_weights @ signs + self.bias)

    def by_vector(self, vector: NDArray[np.float32], signs: Floats) -> Floats:
        """Return the log-odds by sentence vector and signs, shape (3,)."""
        return self.network.logits(np.concatenate([vector * VECTOR_SCALE, signs]).astype(np.float32))

    def by_signs(self, signs: Floats) -> Floats:
        """Return the log-odds by signs alone, shape (3,)."""
        return np.asarray(self.alone[:, :-1] @ signs + self.alone[:, -1])

    def chat_share(self, signs: Signs, vector: NDArray[np.float32] | None) -> float:
        """Return how likely a text is said among people rather than to a company, in [0, 1]."""
        if vector is None or signs.english == 0.0:
            return float(not is_of_service(signs.values))
        odds = float(self.customer[:-1] @ vector.astype(np.float64)) * VECTOR_SCALE + float(self.customer[-1])
        return 1.0 / (1.0 + math.exp(max(-30.0, min(30.0, odds))))

    def log_odds(self, text: str, signs: Signs, vector: NDArray[np.float32] | None) -> Floats:
        """Return calibrated log-odds, shape (3,).

        English is judged by all views; what is not, by its signs, in the measure in which it is not.
        """
        alone = self.by_signs(signs.values) * self.alone_calibration[:, 0] + self.alone_calibration[:, 1]
        alone = alone + float(not is_of_service(signs.values)) * self.chat[2]
        if signs.english == 0.0:
            return np.asarray(alone)
        joined = self.wording(text, signs.values)
        if vector is not None:
            joined = joined + self.by_vector(vector, signs.values)
        slope, offset = self.calibration[int(vector is None)].T
        return np.asarray(
            signs.english * (joined * slope + offset + self.chat_share(signs, vector) * self.chat[int(vector is None)])
            + (1.0 - signs.english) * alone
        )


@lru_cache(maxsize=1)
def shipped_mood_model() -> MoodModel:
    """Return the model beside this file; its card says what it was trained on."""
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    sign_weights = np.array(card["sign_weights"])
    return MoodModel(
        np.load(WEIGHTS_FILE, allow_pickle=False),
        np.array(card["scales"]),
        sign_weights,
        np.array(card["bias"]),
        Network.unpacked(np.load(NETWORK_FILE, allow_pickle=False), sign_weights.shape[1]),
        np.array(card["alone"]),
        np.array(card["calibration"]),
        np.array(card["alone_calibration"]),
        np.array(card["chat"]),
        np.array(card["customer"]),
    )
