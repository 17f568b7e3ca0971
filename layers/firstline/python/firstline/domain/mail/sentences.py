"""The sentences of a mail: mail programs break lines anywhere, and lists and salutations have no full stops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from firstline.domain.mail.question_patterns import ENDS, OPENS
from firstline.domain.mail.thread import SUBJECT_MARK

_CJK = "\u3040-\u30ff\u3400-\u9fff\uff00-\uffef"
_ITEM = re.compile(r"\s*(?:[-*\u2022\u2013]|\(?(?:\d{1,2}|[a-h])[.)])\s+(?=\S)", re.IGNORECASE)
_SENTENCE_END = re.compile(
    r"(?<=[.!?\u2026\u061f])[\"'\u201d\u2019)]*\s+(?=[\"'\u201c\u00bf(]?[^\W_a-z])|(?<=[\u3002\uff01\uff1f])|"
    r"(?<=[?\u061f])\s+|\s+(?=\u00bf)"
)
_LOOSE_END = re.compile(r"(?<=\w{3}[.!])\s+(?=[^\W_])|" + _SENTENCE_END.pattern)
"""Of those who write without capitals."""
_WRAPPED = re.compile(rf"(?<=[{_CJK}])\n(?=[{_CJK}])")
_TITLE = re.compile(
    r"\b(?:dr|mr|mrs|ms|hr|fr|sr|sra|srta|dra|mme|mlle|dhr|mevr|prof|ing|sig|spett|gent|egr|exmos?|exmas?|ilmos?|"
    r"bzw|evtl|inkl|exkl|ggf|max|min|incl|approx|usw|etc|z\.b|d\.h|u\.a|e\.g|i\.e|p\.ej)\.$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:n|no|nr|nro|n[uú]m|art|abs|ul|tel|str|p[aá]g|pkt|ca)\.$", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<!\w)\d{1,2}\.$")
_MONTH = re.compile(
    r"(?:jan|feb|f[eé]v|m[aä]r|apr|a[bv]r|ma[ijy]|juin|juil|jun|jul|aug|ago|ao[uû]|sep|se[tp]|okt|oct|out|ott|nov|de[csz]|d[ée]c|"
    r"jän|ene|gen|mag|giu|lug|stycz|lut|marc|kwie|czerw|lip|sierp|wrze|paź|list|grud|ocak|şubat|mart|nisan|may\u0131s|haz|temmuz|"
    r"ağu|eyl|ekim|kas\u0131m|aral)\w*",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
_SALUTATION = 50
"""Letters of a longest salutation; a line that a mail program breaks has more."""


def sentences_of(text: str) -> Iterator[str]:
    """Yield a mail's sentences, each on one line; of the subject only a question that is not asked again below."""
    for paragraph in re.split(r"\n\s*\n", _said(text).replace("\r\n", "\n")):
        for unit in _units(paragraph.strip("\n")):
            yield from _parted(" ".join(_WRAPPED.sub("", unit).split()))


def _parted(unit: str) -> Iterator[str]:
    begun, ends = "", _LOOSE_END if unit[:1].islower() else _SENTENCE_END
    for part in (found.strip() for found in ends.split(unit)):
        if begun and part and not _goes_on(begun, part):
            yield begun
            begun = ""
        begun = f"{begun} {part}".strip()
    if begun:
        yield begun


def _goes_on(begun: str, part: str) -> bool:
    """Tell whether the full stop before a part is one of an abbreviation or of a date: "on 3. March"."""
    last = begun[-_LONGEST_ABBREVIATION:]
    return bool(
        _TITLE.search(last)
        or (_NUMBERED.search(last) and part[0].isdigit())
        or (_ORDINAL.search(last) and _MONTH.match(part))
    )


def _said(text: str) -> str:
    """Return what is to be searched for questions: the subject only where it is one, and is not asked again below."""
    if not text.startswith(SUBJECT_MARK):
        return text
    subject, _, body = text.removeprefix(SUBJECT_MARK).partition("\n")
    is_question = subject.rstrip().endswith(ENDS) or OPENS.match(subject) is not None
    again = " ".join(subject.casefold().split()).rstrip("?!. ") in " ".join(body.casefold().split())
    return text.removeprefix(SUBJECT_MARK) if is_question and not again else body


def _units(paragraph: str) -> Iterator[str]:
    """Yield the list items of a paragraph, and the lines between them together."""
    unit: list[str] = []
    for line in paragraph.split("\n"):
        item = _ITEM.match(line)
        ended = unit and (unit[-1].rstrip().endswith((*ENDS, ":")) or _salutes(unit))
        if (item or ended) and unit:
            yield "\n".join(unit)
            unit = []
        unit.append(line[item.end() :] if item else line)
    yield "\n".join(unit)


def _salutes(lines: Sequence[str]) -> bool:
    line = lines[0].strip()
    return (
        len(lines) == 1 and len(line) < _SALUTATION and line.endswith((",", "\uff0c", "\uff1a")) and line[:1].isupper()
    )
