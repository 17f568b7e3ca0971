"""What stands below a signature's rule: a name and how to reach it, or more that the customer says."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from firstline.domain.mail.lazy_pattern import LazyPattern
from firstline.domain.mail.signature_lines import Kind, is_motto, is_name, keeps, kinds

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
_MORE = LazyPattern(
    r"\b(?:please|one more|also|by the way|forgot|bitte|noch (?:et)?was|außerdem|übrigens|s['’]il vous pla[iî]t|"
    r"merci de|aussi|au fait|por favor|además|también|por cierto|per favore|inoltre|anche|comunque|além disso|também|"
    r"a propósito|alstublieft|graag|verder|trouwens|proszę|jeszcze|także|poza tym|snälla|också|förresten|dessutom|"
    r"lütfen|ayrıca|"
    r"bir de)\b|ください|お願い|それと|请|請|另外|还有"
)
_DIGIT = re.compile(r"\d")
_MOST_LINES_OF_STANDARD = 6
_LINES_OF_MOTTO = 4
_ENDS = re.compile(r"[.!?…]['\"”’»)]*\s*$")
_EAST_ASIAN_END = re.compile(r"[。！？]\s*$")


def is_signature(below: Sequence[str], rule: str = "-- ") -> bool:
    """Return whether the lines below a rule are a signature and nothing else; in doubt they are not.

    Parameters
    ----------
    below : sequence of str
        The lines after the rule.
    rule : str
        The rule. People set parts of a mail off by others than "-- "; below those a name or a way of contact stands.

    Returns
    -------
    bool
        False where a paragraph speaks in sentences that neither name a way of contact nor are a company's notice, and
        where a postscript or the number of an order stands.
    """
    if any(_POSTSCRIPT.match(line) or keeps(line) for line in below):
        return False
    written = [line.strip() for line in below if line.strip()]
    if rule != "-- " and written:
        whole = " ".join(written)[-_READ:]
        shown = _CONTACT.search(whole) or _LEGAL.search(whole)
        if not shown and (not is_name(written[0]) or any(_is_entry(line) for line in written)):
            return False
    small = sum(word[:1].islower() for word in written[0].split()) if written else 0
    if small >= _MIN_WORDS - 1 and not (_CONTACT.search(" ".join(written)[-_READ:]) or is_motto(written[0])):
        return False
    if any(_MORE.search(line) and not _CONTACT.search(line) and not _LEGAL.search(line) for line in written):
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
        _POSTSCRIPT.match(line) or keeps(line) or _MORE.search(line) or line.endswith(("?", "\uff1f"))
        for line in written
    )


def _is_entry(line: str) -> bool:
    """Return whether a line with figures is no address, as in "Water 5"."""
    return bool(_DIGIT.search(line)) and not kinds(line) & ~(Kind.PLAIN | Kind.NAME)


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
