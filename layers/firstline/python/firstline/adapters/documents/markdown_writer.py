"""Markdown written from text, so that no text is taken for a heading, a fence or a rule by accident."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPACE = re.compile(r"[^\S\n]+")
_BLOCK_START = re.compile(r"^(#{1,6}[ \t]|```|~~~|>)")
_RULE = re.compile(r"^[\s*=_~#+-]+$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff\ud800-\udfff\xad]")
_LONGEST_RUN = re.compile(r"`+")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,20}")


def clean(text: str) -> str:
    """Return text without control characters, soft hyphens and zero-width spaces, other spaces made plain."""
    return _SPACE.sub(" ", _CONTROL.sub("", text))


def paragraph(text: str) -> str:
    """Return a paragraph; its line breaks stay, blank lines and drawn rules go."""
    lines = (line.strip() for line in clean(text).split("\n"))
    return "\n".join(_BLOCK_START.sub(r"\\\1", line) for line in lines if line and not _RULE.match(line))


def heading(level: int, text: str) -> str:
    """Return a heading of level 1 to 6, empty if its text is."""
    plain = clean(text).replace("\n", " ").strip()
    return f"{'#' * min(max(level, 1), 6)} {plain}" if plain else ""


def code_block(text: str, language: str = "") -> str:
    """Return a fenced block, its fence longer than any within; empty if the text is."""
    body = _CONTROL.sub("", text.replace("\t", "    ")).strip("\n").rstrip()
    if not body.strip():
        return ""
    fence = "`" * max(3, 1 + max((len(run) for run in _LONGEST_RUN.findall(body)), default=0))
    return f"{fence}{language if _LANGUAGE.fullmatch(language) else ''}\n{body}\n{fence}"


def inline_code(text: str) -> str:
    """Return text between backticks, as it is where it holds some itself."""
    plain = clean(text).replace("\n", " ").strip()
    return f"`{plain}`" if plain and "`" not in plain else plain


def link(text: str, url: str) -> str:
    """Return a link if it leads to http or https, else its text alone."""
    plain = text.strip()
    if not plain or not re.match(r"https?://\S+$", url) or plain == url or "](" in plain:
        return text
    return f"[{plain}]({url.replace('(', '%28').replace(')', '%29')})"


def list_item(marker: str, blocks: Sequence[str]) -> str:
    """Return an item whose further blocks are indented below its marker."""
    indent = " " * (len(marker) + 1)
    lines = [line for block in blocks for line in block.split("\n")]
    if not lines:
        return ""
    return "\n".join([f"{marker} {lines[0]}", *(indent + line if line else line for line in lines[1:])])


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first row is its head; empty rows and columns go, and so does a table without text."""
    cells = [[clean(cell).replace("\n", " ").strip().replace("|", "\\|") for cell in row] for row in rows]
    width = max((len(row) for row in cells), default=0)
    full = [row + [""] * (width - len(row)) for row in cells if any(row)]
    kept = [column for column in range(width) if any(row[column] for row in full)]
    if not full or not kept:
        return ""
    head, *body = ("| " + " | ".join(row[column] for column in kept) + " |" for row in full)
    return "\n".join([head, "|" + " --- |" * len(kept), *body])


def one_line(text: str) -> str:
    """Join a cell's lines: by a space after punctuation, else by a semicolon."""
    return re.sub(r"(?<=[.,;:!?])\n+", " ", text.strip()).replace("\n", "; ")


def document(title: str, blocks: Iterable[str]) -> str:
    """Join blocks by blank lines below the title, if there is one."""
    return "\n\n".join(block for block in (heading(1, title), *blocks) if block) + "\n"
