"""The words and pairs of words that counted most in a judgement of mood."""

from __future__ import annotations

import numpy as np

from firstline.domain.hashed_ngrams import bucket_of, plain_text, word_grams
from firstline.domain.mood_model import shipped_mood_model

_LONGEST_TEXT = 400
_LEAST = 0.25
_SCALE = 4.0


def telling_phrases(text: str, most: int = 3) -> list[tuple[str, float]]:
    """Return phrases with their weights in [-1, 1], strongest first; positive ones speak for a good mood.

    Parameters
    ----------
    text : str
        Its first 400 characters are looked at.
    most : int
        At most so many are returned, >= 0.
    """
    model = shipped_mood_model()
    grams = [gram for gram in dict.fromkeys(word_grams(plain_text(text[:_LONGEST_TEXT]))) if " _ " not in gram]
    grams = [gram for gram in grams if any(character.isalpha() for character in gram)]
    if not grams:
        return []
    weights = model.weights[:, [bucket_of(gram) for gram in grams]] * model.scales[:, None]
    amounts = (weights[1] - weights[0]) / np.sqrt(len(grams)) / _SCALE
    order = np.argsort(-np.abs(amounts), kind="stable")[:most]
    return [
        (grams[place], round(float(np.clip(amounts[place], -1, 1)), 2))
        for place in order
        if abs(amounts[place]) >= _LEAST
    ]
