"""A message that asks several things, taken apart."""

from __future__ import annotations

import re

from firstline.domain.lexical import terms

MOST_QUESTIONS = 3

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\S)[^.!?\n]*)*[.!?]*")
_ASKS = r"how|what|when|where|which|who|why|can|could|do|does|did|is|are|will|should|would|may"
_JOINT = re.compile(rf"[,;]?\s+(?:and|also|plus|or)\s+(?:also\s+|then\s+)?(?=(?:{_ASKS})\b)", re.IGNORECASE)
_OPENING = re.compile(rf"\W*(?:(?:and|also|hi|hello|so|but|ok|okay)\W+)*(?:{_ASKS})\b", re.IGNORECASE)
_TELLING = 4
"""Letters of a term that a question needs one of, to be searched for on its own."""
_ASKED_SHARE = 0.7
"""Share of a message's terms that its questions must make up: a long account with questions at its end is searched
as a whole, because they lean on it."""


def split_questions(text: str) -> list[str]:
    """Return the questions of a message, in order; none where it asks one thing, or mostly tells.

    A sentence asks that ends with a question mark or opens with a question word; one that joins two questions ("how
    do I ... and can I ...") asks both. Of more than three questions the first three are kept.
    """
    asked: list[str] = []
    for sentence in _SENTENCE.findall(text):
        opens = _OPENING.match(sentence)
        if opens or sentence.rstrip().endswith("?"):
            parts = _JOINT.split(sentence) if opens else [sentence]
            asked.extend(part.strip() for part in parts)
    whole = [part for part in asked if any(len(term) >= _TELLING for term in terms(part))]
    share = sum(len(terms(part)) for part in whole) / max(1, len(terms(text)))
    return whole[:MOST_QUESTIONS] if len(whole) > 1 and share >= _ASKED_SHARE else []
