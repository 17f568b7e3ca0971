"""Cuts a chunk's Markdown into passages that can be quoted on their own: sentences, step lists, tables, code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_NUMBERED = re.compile(r"\s*\d+[.)]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*_]*\s+(?=[\"'(\[*_]*(`|\w))|(?<=[\u3002\uff01\uff1f])\s*(?=(\S))")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|Mr|Mrs|Dr|St)|\b[A-Z])\.$")


@dataclass(frozen=True)
class Passage:
    """Something that can be quoted."""

    text: str
    kind: Literal["sentence", "steps", "bullets", "table", "code"]
    order: int
    """Place within the chunk, from 0."""


def passages(markdown: str) -> list[Passage]:
    """Return the passages of a chunk in order.

    A list, table or code block stays whole and takes the line before it along where that ends with a colon.
    """
    found: list[Passage] = []
    for block in _blocks(markdown):
        kind = _kind(block)
        if kind == "sentence":
            for sentence in sentences(" ".join(line.strip() for line in block)):
                found.append(Passage(sentence, "sentence", len(found)))
            continue
        text = "\n".join(block)
        if found and found[-1].kind == "sentence" and found[-1].text.endswith(":"):
            text = f"{found.pop().text}\n\n{text}"
        found.append(Passage(text, kind, len(found)))
    return found


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph; common abbreviations and initials do not end one.

    A small letter does not begin one; scripts that know no capitals end theirs as they do.
    """
    parts: list[str] = []
    for piece in _pieces(text.strip()):
        if parts and _ABBREVIATION.search(parts[-1]):
            parts[-1] += f" {piece}"
        elif piece.strip():
            parts.append(piece.strip())
    return parts


def _pieces(text: str) -> list[str]:
    pieces, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if not (end[1] or end[2]).islower():
            # Closing quotes and marks stay with their sentence.
            pieces.append(text[start : end.end()].rstrip())
            start = end.end()
    return [*pieces, text[start:]]


def _blocks(markdown: str) -> list[list[str]]:
    blocks: list[list[str]] = []
    in_code, previous = False, ""
    for line in markdown.splitlines():
        fence = line.lstrip().startswith("```")
        kind = "code" if in_code or fence else _line_kind(line)
        continues = kind == "text" and previous == "list" and line.startswith((" ", "\t"))
        if kind == "blank":
            previous = "blank" if previous != "list" else "list-gap"
        elif continues or kind == previous or (kind == "list" and previous == "list-gap"):
            blocks[-1].append(line.rstrip())
            previous = "list" if continues else kind
        else:
            blocks.append([line.rstrip()])
            previous = kind
        if fence:
            in_code, previous = not in_code, "blank" if in_code else "code"
    return blocks


def _line_kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if _LIST_ITEM.match(line):
        return "list"
    return "table" if line.lstrip().startswith("|") else "text"


def _kind(block: list[str]) -> Literal["sentence", "steps", "bullets", "table", "code"]:
    if block[0].lstrip().startswith("```"):
        return "code"
    if _LIST_ITEM.match(block[0]):
        return "steps" if _NUMBERED.match(block[0]) else "bullets"
    return "table" if block[0].lstrip().startswith("|") else "sentence"


def list_items(block: str) -> list[str]:
    """Return the items of a list in order, markers and continued lines included; empty where it is none."""
    items: list[str] = []
    for line in block.splitlines():
        if _LIST_ITEM.match(line) and (not items or not line.startswith((" ", "\t"))):
            items.append(line)
        elif items and line.strip():
            items[-1] += f"\n{line}"
    return items
