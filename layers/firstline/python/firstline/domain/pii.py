"""Personal data and secrets in a text: where they are, and of which kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

from firstline.domain.name_tagger import find_names
from firstline.domain.pii_patterns import country_spans, pattern_spans
from firstline.domain.pii_span import PiiKind, PiiSpan

__all__ = ["PiiKind", "PiiSpan", "find_pii"]

_SURE_NUMBER = 0.8
_LETTER = re.compile(r"[^\W\d_]")
_KIND_OF = {"person": PiiKind.PERSON, "place": PiiKind.PLACE, "organisation": PiiKind.ORGANISATION}


def find_pii(text: str) -> list[PiiSpan]:
    """Return the personal data and secrets in a text.

    Parameters
    ----------
    text : str
        Any length; the time grows in proportion to it.

    Returns
    -------
    list of PiiSpan
        In order, none overlapping another. Names, places and organisations in running text come from a learnt tagger
        and are less certain than the rest: their confidence says how much.
    """
    named = [
        PiiSpan(one.start, one.end, _KIND_OF[one.label], one.probability, by_form=False) for one in find_names(text)
    ]
    certain = pattern_spans(text)
    # A place has letters: digits alone are what their form says.
    named = [one for one in named if one.kind is not PiiKind.PLACE or _LETTER.search(text, one.start, one.end)]
    addresses = _covered((span for span in named if span.kind is PiiKind.PLACE), len(text))
    # "98 214 Mill Lane": two numbers before a street are no phone number.
    certain = [span for span in certain if span.confidence >= _SURE_NUMBER or not all(addresses[span.start : span.end])]
    found: list[PiiSpan] = []
    for spans in (certain, named, country_spans(text)):
        taken = _covered(found, len(text))
        found += [span for span in spans if not any(taken[span.start : span.end])]
    return sorted(found)


def _covered(spans: Iterable[PiiSpan], length: int) -> bytearray:
    covered = bytearray(length)
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return covered
