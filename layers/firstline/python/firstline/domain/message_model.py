"""The shipped examples of customers' messages, compared once with a message for everything that is judged by them."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstline.domain.example_kernel import ExampleKernel
from firstline.domain.judged import Judged
from firstline.domain.ridge_head import RidgeHead

MODEL_FILE = Path(__file__).with_name("messages.npz")
CARD_FILE = Path(__file__).with_name("messages.json")
MOST_CHARACTERS = 4_000
DIMENSIONS = 384
_LATELY = 8


class MessageModel(NamedTuple):
    """Examples of ours and what each head makes of them."""

    kernel: ExampleKernel
    heads: dict[str, RidgeHead]
    """``category`` and ``intent``; each also ``<name>_words``, for where there is no vector."""

    def as_bytes(self) -> bytes:
        """Return what ``from_bytes`` makes it of again; the same bytes for the same model."""
        written = io.BytesIO()
        told = {
            name: [list(head.labels), head.steepness, head.threshold, head.spread] for name, head in self.heads.items()
        }
        arrays: dict[str, Any] = {
            f"weights_{name}": head.weights.astype(np.float16) for name, head in self.heads.items()
        }
        arrays["kernel"] = np.frombuffer(self.kernel.as_bytes(), np.uint8)
        arrays["heads"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
        np.savez_compressed(written, **arrays)
        return written.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> MessageModel:
        """Return the model that was written."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            heads = {
                name: RidgeHead(
                    tuple(labels), arrays[f"weights_{name}"].astype(np.float32), steepness, threshold, spread
                )
                for name, (labels, steepness, threshold, spread) in json.loads(arrays["heads"].tobytes()).items()
            }
            return cls(ExampleKernel.from_bytes(arrays["kernel"].tobytes()), heads)


def judge_message(name: str, text: str, vector: NDArray[np.float32] | None) -> Judged:
    """Return what the shipped head called ``name`` says of a text, with its reasons.

    Parameters
    ----------
    name : str
        ``category`` or ``intent``.
    vector : ndarray, shape (384,), optional
        The text's embedding, of length 1; without it words alone judge.
    """
    model = shipped_messages()
    head = model.heads[name if vector is not None else f"{name}_words"]
    text = text[:MOST_CHARACTERS]
    similarities = _similarities(text, None if vector is None else np.asarray(vector, np.float32).tobytes())
    judged = head.judge(similarities)
    because = head.evidence(model.kernel, text, similarities, judged.label)
    return Judged(judged.label, judged.confidence, judged.scores, judged.out_of_scope, because)


@lru_cache(maxsize=1)
def shipped_messages() -> MessageModel:
    """Return the model beside this file; its card says what it was trained on."""
    return MessageModel.from_bytes(MODEL_FILE.read_bytes())


@lru_cache(maxsize=_LATELY)
def _similarities(text: str, vector: bytes | None) -> NDArray[np.float32]:
    given = None if vector is None else np.frombuffer(vector, np.float32)
    return shipped_messages().kernel.similarities(text, given)
