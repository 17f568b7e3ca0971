"""Cuts an answer that is being written into units that are checked and sent one by one."""

from __future__ import annotations

import re

LONGEST = 1500
"""Characters after which a unit ends at the last white space, whatever it is."""

_FENCE = "```"
_END = re.compile(r"[.!?\u2026]+(?:[\"'\u201d\u2019)*_`]*)|[\u3002\uff01\uff1f]+[\u201d\u300d\u300f\uff09]*")
_MARKS = re.compile(r"(?:[ \t]*\[\d{1,2}\])*[.!?]?")
_PART_OF_MARK = re.compile(r"[ \t]*\[\d{0,2}\Z")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'*_])(?:e\.g|i\.e|etc|vs|approx|no|nr|ca|mr|mrs|ms|dr|prof|st|inc|ltd|co|fig|sec|min|max|incl|excl|usw|bzw|"
    r"bspw|evtl|ggf|inkl|zzgl|abs|str|tel|p\.ex|ej|pag|art|z|b|d|h|u|a|s|p|[^\W\d_])\.$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\s*(?:[-*+>]\s+)?[\"'(*_]*\d{1,3}\.$")
_GOES_ON = re.compile(r"[^\W\d_]", re.UNICODE)
_CLOSED_LINE = re.compile(r"[.!?:;|\u3002\uff01\uff1f\u2026][\"'\u201d\u2019)*_`\]]*\s*$|\[\d{1,2}\]\s*$")


class AnswerUnits:
    """Gives units as soon as they are complete; joined, they are the text that came in, letter by letter.

    A unit is a sentence with the citation marks and the white space behind it, a list item, a line of a table, or a
    block of code. How the text is parted when it comes in does not change where it is cut.
    """

    def __init__(self) -> None:
        self._waiting = ""

    def push(self, text: str) -> list[str]:
        """Add text and return the units that are complete now, which may be none."""
        self._waiting += text
        return self._cut(is_end=False)

    def finish(self) -> list[str]:
        """Return what is left when no more text comes."""
        return self._cut(is_end=True)

    def _cut(self, *, is_end: bool) -> list[str]:
        units = []
        while self._waiting:
            end = _unit_end(self._waiting, is_end=is_end)
            if not end:
                break
            units.append(self._waiting[:end])
            self._waiting = self._waiting[end:]
        return units


def _unit_end(text: str, *, is_end: bool) -> int:
    """Return where the first unit ends, 0 where that cannot be told yet."""
    blank = len(text) - len(text.lstrip())
    if blank == len(text):
        return len(text) if is_end else 0
    if text[blank:].startswith(_FENCE) or (not is_end and _FENCE.startswith(text[blank:])):
        end = _block_end(text, blank)
    else:
        end = _sentence_end(text, blank)
    if not end and len(text) > LONGEST:
        end = max(text.rfind(white, blank + 1, LONGEST) for white in " \n") + 1 or LONGEST
    return end or (len(text) if is_end else 0)


def _block_end(text: str, start: int) -> int:
    close = text.find(f"\n{_FENCE}", start + len(_FENCE))
    line_end = text.find("\n", close + 1) if close >= 0 else -1
    return line_end + 1


def _sentence_end(text: str, start: int) -> int:
    line_end = _line_end(text, start)
    for found in _END.finditer(text, start):
        if line_end and found.end() > line_end:
            break
        if _NUMBERING.search(text[start : found.end()].rsplit("\n", 1)[-1]) or _ABBREVIATION.search(
            text[start : found.end()]
        ):
            continue
        behind = _MARKS.match(text, found.end())
        after = behind.end() if behind else found.end()
        if _PART_OF_MARK.match(text, after):
            return 0
        is_ideographic = found[0][0] in "\u3002\uff01\uff1f"
        rest = text[after:]
        white = len(rest) - len(rest.lstrip(" \t"))
        if white == len(rest):
            # What follows tells whether it was the end.
            return 0
        if is_ideographic or (white and not rest[white].islower()):
            return after + white
    return line_end


def _line_end(text: str, start: int) -> int:
    """Return where the first line ends that is not gone on with in the next one, 0 where that cannot be told yet."""
    place = text.find("\n", start)
    while place >= 0:
        behind = text[place + 1 : place + 2]
        if not behind:
            return place + 1 if _CLOSED_LINE.search(text[start:place]) else 0
        goes_on = behind.islower() and _GOES_ON.match(behind) and not _CLOSED_LINE.search(text[start:place])
        if not goes_on:
            return place + 1
        place = text.find("\n", place + 1)
    return 0
