"""A message's vector survives its travel in the turn."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from firstline.domain.message_vectors import packed, unpacked


def unit(seed: int, dimensions: int = 384) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dimensions).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("seed", range(20))
def test_a_vector_comes_back_near_enough_and_with_length_one(seed: int) -> None:
    vector, other = unit(seed), unit(seed + 100)
    back = unpacked(packed(vector))
    assert back is not None
    assert back.dtype == np.float32
    assert abs(np.linalg.norm(back) - 1) < 1e-6
    assert np.abs(back - vector).max() < 2.5e-4
    assert abs(back @ other - vector @ other) < 1e-3


def test_a_vector_of_the_model_takes_a_kilobyte() -> None:
    assert len(packed(unit(1))) == 1024


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        "abc",
        base64.b64encode(b"odd").decode(),
        base64.b64encode(np.zeros(4, "<f2").tobytes()).decode(),
        base64.b64encode(np.array([np.nan, 1], "<f2").tobytes()).decode(),
        base64.b64encode(np.array([np.inf, 1], "<f2").tobytes()).decode(),
    ],
)
def test_what_is_no_vector_is_none(text: str) -> None:
    assert unpacked(text) is None
