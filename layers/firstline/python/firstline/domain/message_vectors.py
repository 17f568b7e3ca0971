"""The two vectors of a customer's message, made in one pass of the model, and the form in which one travels."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HEADS_MODEL = "all-MiniLM-L6-v2/int8/256"
"""``Embedder.model_id`` of the vectors that the shipped classifiers were trained with; they judge no others."""
_TRAVELS_AS = np.dtype("<f2")


class MessageVectors(NamedTuple):
    """Vectors of one text, each of shape (dimensions,), float32, length 1."""

    text: NDArray[np.float32]
    """The plain vector, by ``Embedder.embed``: what classifiers judge by."""
    query: NDArray[np.float32]
    """The question's vector, by ``Embedder.embed_queries``: what knowledge is searched with."""


def packed(vector: NDArray[np.float32]) -> str:
    """Return a vector as half-precision numbers in base64: 1,024 characters for 384 dimensions.

    Half precision moves no component of a vector of length 1 by more than 2.5e-4, and its cosine to another by less
    than 1e-3.
    """
    return base64.b64encode(vector.astype(_TRAVELS_AS).tobytes()).decode("ascii")


def unpacked(text: str) -> NDArray[np.float32] | None:
    """Return the vector, shape (dimensions,), length 1; None for text that holds none."""
    try:
        vector = np.frombuffer(base64.b64decode(text, validate=True), _TRAVELS_AS).astype(np.float32)
    except (binascii.Error, ValueError):
        return None
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if np.isfinite(length) and length > 0 else None
