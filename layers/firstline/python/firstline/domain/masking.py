"""Personal data and secrets replaced by what they are, before a text is kept or shown."""

from __future__ import annotations

import re

from firstline.domain.checksums import is_card_number, is_iban
from firstline.domain.pii import PiiKind, PiiSpan, find_pii

__all__ = ["has_marks", "is_card_number", "is_iban", "is_masked", "mask", "without_marks"]

_SURE_NAME, _SURE_ADDRESS = 0.9, 0.9
_MARK_OF = {kind: f"[{kind.value}]" for kind in PiiKind} | {
    PiiKind.NATIONAL_ID: "[id]",
    PiiKind.PLACE: "[address]",
}
_MASKED = frozenset(
    (
        PiiKind.SECRET,
        PiiKind.EMAIL,
        PiiKind.IBAN,
        PiiKind.CARD,
        PiiKind.IP,
        PiiKind.NATIONAL_ID,
        PiiKind.PHONE,
        PiiKind.PERSON,
        PiiKind.PLACE,
    )
)
_MARK = re.compile(r"\[(?:secret|email|iban|card|ip|phone|name|id|address)\]")


def mask(text: str) -> str:
    """Return a text with personal data and secrets replaced by their kind in brackets.

    Kinds: ``[secret]`` (what follows "password:" and its like, keys of well-known forms), ``[email]``, ``[iban]``
    (right checksum), ``[card]`` (12 to 19 digits, right Luhn sum), ``[ip]``, ``[phone]``, ``[id]`` (national ids),
    ``[name]`` (after "my name is", a greeting or a closing; elsewhere where the tagger is sure), ``[address]`` (a
    place with a number that the tagger is sure of). Masking a masked text changes nothing.

    Parameters
    ----------
    text : str
        Of any length; the time grows in proportion to it.
    """
    parts, end = [], 0
    for span in find_pii(text):
        if is_masked(span, text):
            parts += [text[end : span.start], _MARK_OF[span.kind]]
            end = span.end
    return "".join([*parts, text[end:]])


def is_masked(span: PiiSpan, text: str) -> bool:
    """Tell whether a span is hidden: dates, links, organisations and towns stay, and names that may be none."""
    if span.kind is PiiKind.PERSON:
        return span.confidence >= _SURE_NAME and (span.by_form or " " in text[span.start : span.end])
    if span.kind is PiiKind.PLACE:
        said = text[span.start : span.end]
        written_like_one = any(map(str.isdigit, said)) and any(map(str.isalpha, said))
        return span.confidence >= _SURE_ADDRESS and " " in said and written_like_one
    return span.kind in _MASKED


def without_marks(text: str) -> str:
    """Return a masked text without what ``mask`` put in, so that it is compared by its own words."""
    return _MARK.sub(" ", text)


def has_marks(text: str) -> bool:
    """Tell whether something was masked in a text."""
    return _MARK.search(text) is not None
