"""What readers of files return: a document in our Markdown form, or the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ParsedDocument:
    """A document's text with its headings, lists, tables and code, and nothing of the page around it."""

    title: str
    """Empty where the document names none."""
    markdown: str
    """Starts with ``# <title>`` where there is a title. Never blank."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the file says of itself (``author``, ``language``, ``url``, ...) and what reading it noticed
    (``encoding``, ``pages``, ``pages_without_text``)."""
    anchors: tuple[str, ...] = ()
    """For every heading after the title, in order: the fragment that opens it in the original (an html id,
    ``page=<n>`` of a pdf), or an empty string."""


@dataclass(frozen=True)
class TableRow:
    """One record. Columns that are recognised carry our names, others their own in lower case."""

    line: int
    """In the file, from 1; the last line where a cell holds line breaks."""
    fields: Mapping[str, str]


@dataclass(frozen=True)
class ParsedTable:
    """The rows of a csv, and those that cannot be used."""

    rows: list[TableRow]
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line and reason."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """``encoding`` (``cp1252`` means that the file was not UTF-8), ``delimiter``, ``columns``."""
