"""What a customer's words are about, by examples in twelve languages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firstline.domain.judged import Judged
from firstline.domain.message_model import judge_message
from firstline.domain.turn import Category

_UNKNOWN = Judged(
    Category.GENERAL_INQUIRY.value,
    round(1 / len(Category), 4),
    {category.value: 1 / len(Category) for category in Category},
    out_of_scope=1.0,
)


def judge_category(text: str, vector: NDArray[np.float32] | None = None) -> Judged:
    """Return one of ``Category`` for a text.

    Parameters
    ----------
    text : str
        Any length and language; the first 4,000 characters are looked at.
    vector : ndarray, shape (384,), optional
        The text's embedding, of length 1; without it words alone judge.

    Returns
    -------
    Judged
        ``general_inquiry`` with the confidence of a guess where there is no letter or digit.
    """
    if not any(character.isalnum() for character in text[:4_000]):
        return _UNKNOWN
    return judge_message("category", text, vector)
