"""VADER, the peer of sentiment and frustration, where it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable


def vader() -> Callable[[str], float] | None:
    """Return VADER's compound score of a text, in [-1, 1]; None where the package is not installed.

    Notes
    -----
    Hutto and Gilbert (2014), ICWSM, 216-225. As its documentation says: positive from 0.05, negative from -0.05 down.
    """
    try:
        module = importlib.import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        return None
    scores = module.SentimentIntensityAnalyzer().polarity_scores
    return lambda text: float(scores(text)["compound"])


NOT_INSTALLED = "vaderSentiment is not installed: not compared"
EDGE = 0.05
"""From here on VADER's compound score is called positive, from its negative down negative."""
