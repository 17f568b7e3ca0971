"""Markdown and plain text cut into sections and blocks, by lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from firstline.domain.documents import Block, BlockKind, Section, heading_anchor

_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"^\s{0,6}(?:[-*+]|\d{1,3}[.)])[ \t]+\S")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$")
_RULE = re.compile(r"^[\s*=_~#+.-]{3,}$")
_INLINE_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1")
_TITLE_LEVEL = 1


def split_sections(text: str, anchors: Sequence[str] | None = None) -> tuple[str, list[Section]]:
    """Cut Markdown at its headings.

    Parameters
    ----------
    anchors : sequence of str, optional
        Fragments to use, for every heading in order, that of the title included; without it they are made from the
        headings' words.

    Returns
    -------
    title : str
        The first level-1 heading if nothing but space stands before it, else empty.
    sections : list of Section
        In order; a heading without text of its own gives none. Anchors that are made are unique: the second of a name
        gets ``-1``.

    Raises
    ------
    ValueError
        There are more or fewer ``anchors`` than headings.
    """
    title = ""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    anchor = ""
    seen: Counter[str] = Counter()
    body: list[str] = []
    given = iter(anchors if anchors is not None else ())

    def close() -> None:
        blocks = split_blocks(body)
        if blocks:
            sections.append(Section(tuple(heading for _, heading in path), anchor, tuple(blocks)))
        body.clear()

    for level, content in _headings_and_lines(text.splitlines()):
        if level == 0:
            body.append(content)
            continue
        close()
        heading = plain_heading(content)
        fragment = None if anchors is None else next(given, None)
        if anchors is not None and fragment is None:
            raise ValueError(f"{len(anchors)} anchors are too few")
        if level == _TITLE_LEVEL and not title and not sections and not path:
            title = heading
            continue
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, heading))
        slug = heading_anchor(heading)
        made = f"{slug}-{seen[slug]}" if seen[slug] else slug
        anchor = made if fragment is None else fragment
        seen[slug] += 1
    close()
    if next(given, None) is not None:
        raise ValueError(f"{len(anchors or ())} anchors are too many")
    return title, sections


def split_blocks(lines: Sequence[str]) -> list[Block]:
    """Group lines into paragraphs, lists, tables and code blocks; blank lines and drawn rules between them go."""
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        if not lines[position].strip():
            position += 1
            continue
        kind, end = _block_at(lines, position)
        kept = [line for line in lines[position:end] if kind in ("code", "table") or not _RULE.match(line)]
        position = end
        if any(line.strip() for line in kept):
            blocks.append(Block(kind, _trimmed(kept)))
    return blocks


def plain_heading(heading: str) -> str:
    """Return a heading without links, emphasis and code marks."""
    return _EMPHASIS.sub(r"\2", _INLINE_LINK.sub(r"\1", heading)).strip()


def _headings_and_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    fence = ""
    previous: str | None = None
    for line in lines:
        opening = _FENCE.match(line)
        if opening and (not fence or opening[1].startswith(fence)):
            fence = "" if fence else opening[1]
        heading = None if fence else _ATX.match(line)
        underline = None if fence or heading else _SETEXT.match(line)
        if underline and previous is not None and _may_be_underlined(previous):
            yield (1 if underline[1][0] == "=" else 2), previous.strip()
            previous = None
            continue
        if previous is not None:
            yield 0, previous
        previous = line
        if heading:
            yield len(heading[1]), heading[2]
            previous = None
    if previous is not None:
        yield 0, previous


def _may_be_underlined(line: str) -> bool:
    return (
        bool(line.strip()) and not _ITEM.match(line) and "|" not in line and not line.startswith((" ", "\t", ">", "`"))
    )


def _block_at(lines: Sequence[str], start: int) -> tuple[BlockKind, int]:
    fence = _FENCE.match(lines[start])
    if fence:
        return "code", _end_of_code(lines, start, fence[1])
    if start + 1 < len(lines) and "|" in lines[start] and _TABLE_RULE.match(lines[start + 1]):
        end = start
        while end < len(lines) and "|" in lines[end]:
            end += 1
        return "table", end
    if _ITEM.match(lines[start]):
        return "list", _end_of_list(lines, start)
    end = start
    while end < len(lines) and lines[end].strip() and (end == start or not _starts_block(lines[end])):
        end += 1
    return "paragraph", end


def _end_of_code(lines: Sequence[str], start: int, fence: str) -> int:
    for position in range(start + 1, len(lines)):
        closing = _FENCE.match(lines[position])
        if closing and closing[1].startswith(fence):
            return position + 1
    return len(lines)


def _end_of_list(lines: Sequence[str], start: int) -> int:
    """A list goes on over blank lines as long as an item or an indented line follows."""
    end = start + 1
    while end < len(lines):
        if lines[end].strip():
            if _FENCE.match(lines[end]) and not lines[end].startswith(" "):
                break
            end += 1
            continue
        following = next((n for n in range(end, len(lines)) if lines[n].strip()), None)
        if following is None or not (_ITEM.match(lines[following]) or lines[following].startswith(("  ", "\t"))):
            break
        end = following
    return end


def _starts_block(line: str) -> bool:
    return bool(_FENCE.match(line) or _ITEM.match(line))


def _trimmed(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip() for line in lines if line.strip()).strip("\n")
