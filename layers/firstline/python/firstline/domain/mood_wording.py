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
    if not grams:
        return []
    buckets = [bucket_of(gram) for gram in grams]
    weights = model.weights[1, buckets] * model.scales[1] - model.weights[0, buckets] * model.scales[0]
    amounts = weights / np.sqrt(len(grams)) / _SCALE
    strongest = [
        (grams[place], round(float(np.clip(amounts[place], -1, 1)), 2))
        for place in np.argsort(-np.abs(amounts), kind="stable")
        if abs(amounts[place]) >= _LEAST and any(map(str.isalpha, grams[place]))
    ]
    return strongest[:most]
