"""What stands below a signature's rule: a name and how to reach it, or more that the customer says."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from firstline.domain.mail.signature_lines import is_motto, is_name

_MIN_WORDS = 4
_READ = 2_000
_WHOLE_LINE = 40
"""Letters from which on a paragraph's first line may be one that was wrapped."""
_POSTSCRIPT = re.compile(
    r"(?i)^\s*(?:p\.?\s?-?\s?p?\.?\s?s\.?(?=[\s.:,)\-–—])|p\.?\s?d\.?(?=[:.]\s)|ps|nb|n\.b\.|postscriptum|posdata|"
    r"post scriptum|追伸|追記|附言|又及|另外|另：|추신)\s*[:：.,)\-–—]*\s*\S"
)
_CONTACT = re.compile(
    r"(?i)https?://|www\.|[\w.+-]+@[\w-]+\.|(?:\d[\s()/.-]{0,2}){7}|\b(?:tel|fon|phone|fax|mobil\w*|hrb|vat|ust|tva|siret|"
    r"p\.?\s?iva|nip|kvk)\b[.:\s]"
)
_LEGAL = re.compile(
    r"(?i)confidenti|vertraulich|confidenc|riservat|vertrouwelijk|poufn|konfidenti|gizli|機密|保密|机密|"
    r"intended recipient|printing|ausdrucken|imprimer|imprimir|stampare|afdrukken|drukow|skriv(?:er|a) ut|yazdır|"
    r"geschäftsführ|registered in|"
    r"unsubscribe|abmelden|mailing list|subscribed|virus"
)
_MOST_LINES_OF_STANDARD = 6
_LINES_OF_MOTTO = 4
_ENDS = re.compile(r"[.!?…]['\"”’»)]*\s*$")
_EAST_ASIAN_END = re.compile(r"[。！？]\s*$")


def is_signature(below: Sequence[str]) -> bool:
    """Return whether the lines below a rule are a signature and nothing else; in doubt they are not.

    Parameters
    ----------
    below : sequence of str
        The lines after the rule.

    Returns
    -------
    bool
        False where a paragraph speaks in sentences that neither name a way of contact nor are a company's notice, and
        where a postscript stands.
    """
    if any(_POSTSCRIPT.match(line) for line in below):
        return False
    return not any(_says_something(paragraph) for paragraph in _paragraphs(below))


def is_standard_signature(rule: str, below: Sequence[str]) -> bool:
    """Return whether a few lines stand below the standard rule, "-- " with its space (RFC 3676, 4.3), and ask nothing.

    Programs write this rule, people do not: below a name a saying may stand there, without quotation marks.
    """
    written = [line.strip() for line in below if line.strip()]
    if rule != "-- " or not written or len(written) > _MOST_LINES_OF_STANDARD or not below[0].strip():
        return False
    return is_name(written[0]) and not any(
        _POSTSCRIPT.match(line) or line.endswith(("?", "\uff1f")) for line in written
    )


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            yield paragraph
            paragraph = []


def _without_motto(paragraph: list[str]) -> list[str]:
    for begin in range(max(0, len(paragraph) - _LINES_OF_MOTTO), len(paragraph)):
        line = paragraph[begin]
        if line[0] in "\"“„«»‟”'‘「『*-–—~" and is_motto(" ".join(paragraph[begin:])):
            return paragraph[:begin]
    return paragraph


def _says_something(paragraph: list[str]) -> bool:
    paragraph = _without_motto(paragraph)
    if not paragraph:
        return False
    first, whole = paragraph[0], " ".join(paragraph)[-_READ:]
    if _CONTACT.search(whole) or _LEGAL.search(whole):
        return False
    if _EAST_ASIAN_END.search(first):
        return True
    words = first.split()
    if first[0].islower() and len(words) >= _MIN_WORDS:
        return True
    if len(whole.split()) < _MIN_WORDS or not _ENDS.search(whole):
        return False
    return len(words) >= _MIN_WORDS and (bool(_ENDS.search(first)) or len(first) >= _WHOLE_LINE)
