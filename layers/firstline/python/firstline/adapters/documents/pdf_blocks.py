"""Lines of a pdf put together into headings, paragraphs, list items, code and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from firstline.adapters.documents.flow import Piece
from firstline.adapters.documents.pdf_layout import Line
from firstline.adapters.documents.pdf_tables import Table

_BULLET = re.compile(r"^\s*(?:[\u2022\u2023\u25aa\u25cf\u25e6\u2043\u00b7\uf0b7\u2219*]|[o\u2013-](?=\s))\s*(?=\S)")
_NUMBER = re.compile(r"^\s*\(?(\d{1,3})[.)]\s+(?=\S)")
_BARE_NUMBER = re.compile(r"^\d{1,2}$")
_SECTION_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)*\.?|[A-Z]\.)\s")
_SENTENCE_END = (".", "!", "?", ":", ";", "\u2026", '."', ".)")
_HYPHENED = re.compile(r"(\w+)-$")
_LINK_GOES_ON = re.compile(r"\]\((\S+)\) \[([^\]]*)\]\(\1\)")
_FIRST_PARTS = "self well non e half all twenty thirty forty fifty sixty seventy eighty ninety"
_KEEPS_HYPHEN = frozenset(_FIRST_PARTS.split())
_TYPEWRITER_WIDTH = 0.6
_WIDEST_INDENT = 60
_HEADING_RATIO = 1.12
_LONGEST_HEADING, _LONGEST_BOLD_HEADING = 160, 90
_SAME_PARAGRAPH_PITCH = 1.75
_HEADING_PITCH = 1.6


@dataclass
class _Group:
    """Lines of one paragraph, heading or item."""

    kind: str
    lines: list[Line]
    marker: str = ""
    texts: list[str] = field(default_factory=list)


def pieces_of(content: Sequence[Line | Table], outline: Mapping[str, int]) -> list[Piece]:
    """Turn lines in reading order into pieces.

    Parameters
    ----------
    outline : mapping
        The pdf's own table of contents: title, in lower case and with single spaces, to its level from 0.
    """
    lines = [item for item in content if isinstance(item, Line)]
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    groups = list(_groups(content, body, outline))
    words = _words(line.text for line in lines)
    levels = _levels([group for group in groups if isinstance(group, _Group) and group.kind == "heading"])
    pieces: list[Piece] = []
    indents: list[float] = []
    for group in groups:
        if isinstance(group, Table):
            pieces.append(Piece("table", group.markdown))
            indents = []
            continue
        first = group.lines[0]
        text = _joined(group.texts, words)
        if group.kind != "item":
            indents = []
        if group.kind == "item":
            indents = [*(indent for indent in indents if indent < first.x0 - first.size / 3), first.x0]
            pieces.append(Piece("item", text, level=len(indents) - 1, marker=group.marker, page=first.page))
        elif group.kind == "code":
            pieces += [Piece("code", line, page=first.page) for line in _code(group.lines)]
        elif group.kind == "heading":
            plain = _joined([line.text for line in group.lines], words)
            level = levels[_look(first)] if first.size >= body * _HEADING_RATIO else 0
            level = level or outline.get(_key(plain), -2) + 2 or levels[_look(first)]
            pieces.append(Piece("heading", plain, level=level, page=first.page))
        else:
            pieces.append(Piece("paragraph", text, page=first.page))
    return pieces


def _groups(content: Sequence[Line | Table], body: float, outline: Mapping[str, int]) -> Iterator[_Group | Table]:
    group: _Group | None = None
    for position, item in enumerate(content):
        if isinstance(item, Table):
            if group:
                yield group
            group = None
            yield item
            continue
        following = content[position + 1] if position + 1 < len(content) else None
        kind, marker, text = _kind(item, body, outline, following)
        if group and _goes_on(group, item, kind, marker):
            group.lines.append(item)
            group.texts.append(text)
            continue
        if group:
            yield group
        group = _Group(kind, [item], marker, [text])
    if group:
        yield group


def _kind(line: Line, body: float, outline: Mapping[str, int], following: Line | Table | None) -> tuple[str, str, str]:
    text = line.linked_text
    plain = line.text.strip()
    if line.monospaced and not line.size >= body * _HEADING_RATIO:
        return "code", "", text
    bullet, number = _BULLET.match(text), _NUMBER.match(text)
    large = line.size >= body * _HEADING_RATIO and len(plain) <= _LONGEST_HEADING
    emphatic = (
        line.bold
        and not bullet
        and len(plain) <= _LONGEST_BOLD_HEADING
        and not plain.endswith((".", ",", ";"))
        and not (isinstance(following, Line) and _same_row(line, following))
    )
    named = any(letter.isalnum() for letter in plain) and not line.bulleted
    if named and (large or emphatic or _key(plain) in outline):
        return "heading", "", text
    if bullet:
        return "item", "-", text[bullet.end() :]
    if number:
        return "item", f"{int(number[1])}.", text[number.end() :]
    if len(line.runs) == 2 and _BARE_NUMBER.match(line.runs[0].text) and not line.runs[1].text[:1].islower():
        return "item", f"{int(line.runs[0].text)}.", line.runs[1].linked_text
    return ("item", "-", text) if line.bulleted else ("paragraph", "", text)


def _goes_on(group: _Group, line: Line, kind: str, marker: str) -> bool:
    last, first = group.lines[-1], group.lines[0]
    pitch = (line.y - last.y) / max(line.size, 1.0)
    if kind == "code" or group.kind == "code":
        return kind == group.kind and last.page == line.page and 0 < pitch < 2 * _SAME_PARAGRAPH_PITCH
    if marker:
        return False
    if kind == "heading" or group.kind == "heading":
        aligned = abs(line.x0 - last.x0) < line.size or abs(line.x0 + line.x1 - last.x0 - last.x1) < line.size
        same = kind == group.kind and _look(last) == _look(line) and 0 < pitch <= _HEADING_PITCH
        return same and aligned and len(group.lines) < 3 and not _SECTION_NUMBER.match(line.text)
    ended = last.text.rstrip().endswith(_SENTENCE_END)
    if last.page != line.page or pitch <= 0:
        return not ended and line.text.lstrip()[:1].islower()
    if pitch > _pitch_limit(group) or abs(line.size - last.size) > 1.0:
        return False
    if group.kind == "item":
        return line.x0 >= first.x0 - 0.5 * line.size
    indented = len(group.lines) > 1 and line.x0 > last.x0 + 0.8 * line.size
    short = last.x1 < last.x0 + 0.75 * (last.right - last.x0)
    return not (ended and (indented or short)) or line.text.lstrip()[:1].islower()


def _pitch_limit(group: _Group) -> float:
    """Lines of one paragraph stand about equally far apart."""
    if len(group.lines) < 2:
        return _SAME_PARAGRAPH_PITCH
    last, before = group.lines[-1], group.lines[-2]
    usual = (last.y - before.y) / max(last.size, 1.0)
    return min(_SAME_PARAGRAPH_PITCH, usual * 1.3) if usual > 0 else _SAME_PARAGRAPH_PITCH


def _same_row(line: Line, other: Line) -> bool:
    return line.page == other.page and abs(line.y - other.y) < 0.3 * line.size


def _look(line: Line) -> tuple[float, bool]:
    return (round(line.size * 2) / 2, line.bold)


def _levels(headings: Sequence[_Group]) -> dict[tuple[float, bool], int]:
    looks = sorted({_look(group.lines[0]) for group in headings}, reverse=True)
    return {look: min(rank, 6) for rank, look in enumerate(looks, start=1)}


def _words(texts: Iterator[str]) -> Counter[str]:
    return Counter(word.lower() for text in texts for word in re.findall(r"\w+(?:-\w+)*(?=[^\w-])", text + " "))


def _joined(texts: Sequence[str], words: Counter[str]) -> str:
    """Join lines; a hyphen at a line's end goes unless the document writes the word with it elsewhere."""
    joined = ""
    for text in texts:
        broken = _HYPHENED.search(joined)
        start = re.match(r"\w+", text)
        if broken and start and start[0][0].islower():
            whole, hyphened = f"{broken[1]}{start[0]}".lower(), f"{broken[1]}-{start[0]}".lower()
            parts_are_words = not words[whole] and words[broken[1].lower()] and words[start[0]]
            keeps = words[hyphened] > words[whole] or parts_are_words or broken[1].lower() in _KEEPS_HYPHEN
            joined = (joined if keeps else joined[:-1]) + text
        elif broken and start:
            joined += text
        else:
            joined = f"{joined} {text}" if joined else text
    return _LINK_GOES_ON.sub(r" \2](\1)", joined)


def _code(lines: Sequence[Line]) -> Iterator[str]:
    left = min(line.x0 for line in lines)
    previous: Line | None = None
    for line in lines:
        if previous and line.y - previous.y > _SAME_PARAGRAPH_PITCH * line.size:
            yield ""
        yield " " * min(round((line.x0 - left) / (_TYPEWRITER_WIDTH * line.size)), _WIDEST_INDENT) + line.text
        previous = line


def _key(text: str) -> str:
    return " ".join(text.lower().split())
