"""What a text is judged by for orders to the assistant: hashed pieces of its wording, and patterns of such orders."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import BUCKETS as BUCKETS
from firstline.domain.hashed_ngrams import hashed_ngrams, plain_text

_RULES_FILE = Path(__file__).with_name("injection_rules.json")


class Pieces(NamedTuple):
    """What a text holds."""

    buckets: NDArray[np.int64]
    """Shape (n,): which pieces, each once; in [0, BUCKETS)."""
    values: NDArray[np.float64]
    """Shape (n,): 1 + log of how often; of length 1 over the pieces of characters, and over the words."""
    rules: NDArray[np.float64]
    """Shape (n_rules,): 1 where the pattern of ``injection_rules.json`` is found, else 0."""


def pieces(text: str) -> Pieces:
    """Return what a text is judged by.

    Parameters
    ----------
    text : str
        Any; of a longer one the beginning and the end. Case, width and spaces do not matter.
    """
    plain = plain_text(text)
    buckets, values = hashed_ngrams(plain)
    return Pieces(buckets, values, np.array([float(rule.search(plain) is not None) for rule in _rules()]))


@lru_cache(maxsize=1)
def _rules() -> tuple[re.Pattern[str], ...]:
    patterns: dict[str, str] = json.loads(_RULES_FILE.read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for pattern in patterns.values())
