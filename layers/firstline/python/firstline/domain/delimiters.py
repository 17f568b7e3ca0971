"""What a language model's prompt is marked up with; data may not open or close any of it."""

from __future__ import annotations

import re

_TAGS = (
    "source",
    "attachment",
    "attached_files",
    "earlier_in_this_conversation",
    "customer",
    "tone",
    "question",
    "way_of_answering",
    "not_sent",
)
"""Names of all tags. Attributes and beginnings of names count as well: models are generous readers."""

_BEGINNINGS = "|".join(sorted({tag[:6] for tag in _TAGS}))
_GAP = r"[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]*"
_OPENING = re.compile(rf"[<\uff1c\ufe64](?={_GAP}[/\uff0f]?{_GAP}(?:{_BEGINNINGS}))", re.IGNORECASE)
# Letters that nobody sees, in which orders to a model are hidden.
_INVISIBLE = re.compile("[\U000e0000-\U000e007f]")


def as_data(text: str) -> str:
    """Return a text in which no tag of the prompt begins; what is no such tag stays as it is."""
    return _OPENING.sub("&lt;", _INVISIBLE.sub("", text))
