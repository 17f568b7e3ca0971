"""The blocks of an answer's markdown: paragraphs, headings, lists, tables, code; nothing else is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_FENCE = re.compile(r"^\s{0,3}(?P<mark>`{3,}|~{3,})[^`]*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}[ \t]+(?P<words>.+?)[ \t]*#*$")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+\u2022]|(?P<number>\d{1,3})[.)])[ \t]+(?P<words>\S.*)$")
_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CELLS = re.compile(r"(?<!\\)\|")
_DEEPEST = 5


class BlockKind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST = "list"
    STEPS = "steps"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True)
class Block:
    """One block; which of the fields are filled is told by its kind."""

    kind: BlockKind
    lines: tuple[str, ...] = ()
    """Of a paragraph, a heading (one), or code."""
    items: tuple[tuple[Block, ...], ...] = ()
    """Of a list or steps."""
    numbers: tuple[int, ...] = ()
    """Of steps, as they are written; counted from the first where all have the same."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table, its heads first."""


def blocks_of(markdown: str, *, depth: int = 0) -> tuple[Block, ...]:
    """Return the blocks of a text in order; lists deeper than five levels are paragraphs."""
    lines, blocks, at = markdown.split("\n"), list[Block](), 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif fence := _FENCE.match(line):
            end = _closed(lines, at + 1, fence["mark"])
            blocks.append(Block(BlockKind.CODE, tuple(lines[at + 1 : end])))
            at = end + 1
        elif heading := _HEADING.match(line):
            blocks.append(Block(BlockKind.HEADING, (heading["words"],)))
            at += 1
        elif _is_table(lines, at):
            end = _while_table(lines, at + 2)
            rows = [_cells(row) for row in (line, *lines[at + 2 : end])]
            blocks.append(Block(BlockKind.TABLE, rows=tuple(rows)))
            at = end
        elif depth < _DEEPEST and (item := _ITEM.match(line)):
            found, at = _list(lines, at, ordered=item["number"] is not None, depth=depth)
            blocks.append(found)
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not _begins_block(lines, end, depth):
                end += 1
            blocks.append(Block(BlockKind.PARAGRAPH, tuple(one.strip() for one in lines[at:end])))
            at = end
    return tuple(blocks)


def _list(lines: list[str], at: int, *, ordered: bool, depth: int) -> tuple[Block, int]:
    """Return the list that begins at a line, and the line after it."""
    first = _ITEM.match(lines[at])
    assert first is not None  # noqa: S101 - the caller has looked
    indent, items, numbers = len(first["indent"].expandtabs(4)), list[list[str]](), list[int]()
    while at < len(lines):
        line, item = lines[at], _ITEM.match(lines[at])
        deep = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if item and deep <= indent + 1:
            if (item["number"] is not None) is not ordered or deep < indent:
                break
            items.append([item["words"]])
            numbers.append(int(item["number"] or 1))
        elif not line.strip():
            following = next((one for one in lines[at:] if one.strip()), "")
            again = _ITEM.match(following)
            same = again is not None and (again["number"] is not None) is ordered
            deeper = len(following.expandtabs(4)) - len(following.expandtabs(4).lstrip()) > indent + 1
            if not (following and (same or deeper)):
                break
            items[-1].append("")
        elif deep > indent + 1:
            items[-1].append(line.expandtabs(4)[min(deep, indent + 3) :] if item else line.strip())
        elif lines[at - 1].strip() and not _begins_block(lines, at, depth):
            items[-1].append(line.strip())
        else:
            break
        at += 1
    kind = BlockKind.STEPS if ordered else BlockKind.LIST
    inner = tuple(blocks_of("\n".join(one), depth=depth + 1) for one in items)
    if len(set(numbers)) == 1:
        numbers = [numbers[0] + place for place in range(len(items))]
    return Block(kind, items=inner, numbers=tuple(numbers)), at


def _begins_block(lines: list[str], at: int, depth: int) -> bool:
    line = lines[at]
    is_item = depth < _DEEPEST and _ITEM.match(line) is not None
    return is_item or _is_table(lines, at) or bool(_FENCE.match(line) or _HEADING.match(line))


def _closed(lines: list[str], at: int, mark: str) -> int:
    """Return the line that ends code; the end of the text where none does."""
    ends = (n for n in range(at, len(lines)) if lines[n].strip().startswith(mark) and not lines[n].strip(" `~"))
    return next(ends, len(lines))


def _is_table(lines: list[str], at: int) -> bool:
    return "|" in lines[at] and at + 1 < len(lines) and "|" in lines[at + 1] and bool(_RULE.match(lines[at + 1]))


def _while_table(lines: list[str], at: int) -> int:
    while at < len(lines) and "|" in lines[at] and lines[at].strip():
        at += 1
    return at


def _cells(row: str) -> tuple[str, ...]:
    bare = row.strip().removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELLS.split(bare))
