"""A follow-up question completed from what the customer said before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.lexical import terms

_OPENING = re.compile(
    r"^\W*(?:and|or|but|also|then|so|what about|how about|what if|same for|is it|does it|can it|why not|ok(?:ay)?)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(r"\b(?:it|its|that|this|these|those|they|them|instead|same|either|both)\b", re.IGNORECASE)
_FOLLOW_UP_TERMS = 8
_POINTING_TERMS = 5
_LONGEST_CONTEXT = 400


def rewrite_query(text: str, history: Sequence[str]) -> str:
    """Return what to search for.

    Parameters
    ----------
    text : str
        The customer's newest message.
    history : sequence of str
        The customer's earlier messages, oldest first.

    Returns
    -------
    str
        The message itself; if it leans on an earlier one ("and for the pro plan?", "how do I turn it off"), the
        newest earlier message that asks something stands before it.
    """
    if not is_follow_up(text):
        return text
    for earlier in reversed(history):
        if len(terms(earlier)) > 1 and not is_follow_up(earlier):
            return f"{earlier.strip()[:_LONGEST_CONTEXT]}\n{text}"
    return text


def is_follow_up(text: str) -> bool:
    """Tell whether a message is short and opens with or points by a word that needs what came before."""
    size = len(terms(text))
    if _OPENING.match(text):
        return size <= _FOLLOW_UP_TERMS
    return size <= _POINTING_TERMS and bool(_POINTING.search(text))
