"""Whether a customer asks again what they asked before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from firstline.domain.lexical import STOP_WORDS

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_LEAST, _SAME = 0.5, 0.8
_FEWEST_WORDS = 2
_MOST_MESSAGES, _LONGEST_TEXT = 20, 2_000


def how_alike(text: str, earlier: Sequence[str]) -> float:
    """Return how much a message asks what one of the earlier ones asked, in [0, 1].

    Parameters
    ----------
    text : str
    earlier : sequence of str
        The same customer's messages before it; the last 20 are looked at.

    Notes
    -----
    Dice's coefficient of the sets of content words (of pairs of characters where words are not spaced): 0 below 0.5,
    1 from 0.8 on. A message of fewer than two content words ("thanks", an order number) repeats nothing.
    """
    words = _content(text)
    if len(words) < _FEWEST_WORDS:
        return 0.0
    most = 0.0
    for other in map(_content, earlier[-_MOST_MESSAGES:]):
        if len(other) >= _FEWEST_WORDS:
            most = max(most, 2 * len(words & other) / (len(words) + len(other)))
    return min(1.0, max(0.0, (most - _LEAST) / (_SAME - _LEAST)))


def _content(text: str) -> frozenset[str]:
    plain = text[:_LONGEST_TEXT].casefold()
    if _UNSPACED.search(plain):
        signs = "".join(_WORD.findall(plain))
        return frozenset(first + second for first, second in pairwise(signs))
    return frozenset(word for word in _WORD.findall(plain) if len(word) > 1) - STOP_WORDS
