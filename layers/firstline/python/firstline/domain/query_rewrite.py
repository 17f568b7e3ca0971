"""A follow-up question completed from what the customer said before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.lexical import terms

_LINK = re.compile(r"^\W*(?:(?:and|or|but|also|then|so|ok(?:ay)?)\b\W*)+", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"^\W*(?:what about|how about|what if|why not|(?:the )?same (?:for|with|on|in))\b", re.IGNORECASE
)
_IT_FIRST = re.compile(r"^\W*(?:is|does|can) it\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\b(?:i|i'm|i've|we|you|am|is|are|was|were|do|does|did|don't|doesn't|didn't|can|can't|cannot|could|will|won't"
    r"|would|should|has|have|had)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;:,]+(?:\s|$)|\b(?:and|but|so|because|when|while|if|after|before|or)\b", re.IGNORECASE)
_SIDE_CLAUSE = re.compile(r"^\W*(?:when|whenever|while|if|after|before|because|since)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:a|an|the|my|our|your)\s+\w", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:its?|they|them|these|those|both(?!.*\band\b)|instead(?! of\b)"
    # "this app" and "this month" are known without a word said before.
    r"|this(?! (?:account|app|bot|chat|company|month|morning|page|product|service|site|time|website|week|year)\b)"
    # "I know that my invoice is wrong" points at nothing.
    r"|that(?! (?:a|an|i|it|my|our|the|there|they|we|you|your)\b))\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:(?:is|was) it|it(?: is| was|'s)) (?:not )?"
    r"(?:allowed|correct|enough|legal|necessary|normal|ok|okay|possible|right|safe|true|worth)\b"
    r"|\bcan it be that\b"
    r"|\bit (?:cost|costs|take|takes)\b(?=.*\b(?:to|until|before|if)\b.*\b(?:a|an|the|my|our|your)\b)",
    re.IGNORECASE,
)
"""Subjects that stand for what comes after them: "is it possible to", "how long does it take to get a refund"."""
_FOLLOW_UP_TERMS = 8
_POINTING_TERMS = 5
_CLAUSE_TERMS = 2
_FRAGMENT_TERMS = 3
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
    """Tell whether a message is short and needs what came before.

    That is one that points at something that it does not name itself ("how do I turn it off"), or that goes on
    without a sentence of its own ("and for the pro plan?"). "So I cannot find the invoice" is complete.
    """
    rest = _LINK.sub("", text, count=1)
    size = len(terms(rest))
    linked = rest != text
    leans = linked or _FRAGMENT.match(rest) or _IT_FIRST.match(rest)
    if size > (_FOLLOW_UP_TERMS if leans else _POINTING_TERMS):
        return False
    if _FRAGMENT.match(rest) or _points_back(rest):
        return True
    whole = bool(_CLAUSE.search(rest)) or (size > _FRAGMENT_TERMS and not rest.rstrip().endswith("?"))
    return linked and (size < _CLAUSE_TERMS or not whole)


def _points_back(text: str) -> bool:
    """Tell whether a word points at what no earlier part of the message names."""
    meant = _EMPTY_IT.sub("", text)
    pointing = _POINTING.search(meant)
    if not pointing:
        return False
    before = meant[: pointing.start()]
    if _SIDE_CLAUSE.match(text):
        return not _names_something(before)
    ends = [end.start() for end in _CLAUSE_END.finditer(before)]
    return not ends or not _names_something(before[: ends[-1]])


def _names_something(clause: str) -> bool:
    return bool(_THING.search(clause)) or len(terms(clause)) > 1
