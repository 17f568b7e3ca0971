"""FAQs and corpora, one record a row, read into documents; a broken row is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from firstline.domain.documents import (
    Block,
    Document,
    Section,
    category_from_path,
    category_named,
    language_named,
    title_from_name,
)
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.markdown import split_blocks
from firstline.domain.parsed import ParsedTable

_LEADING_TITLE = re.compile(r"\A\s*Title:[ \t]*(\S[^\n]{0,298})\n(?:\s*Text:[ \t]*\n)?")

Row = tuple[int, Mapping[str, Any] | str]
"""Line number from 1, and the row's fields by name, or what is wrong with it."""


@dataclass(frozen=True)
class SkippedPart:
    """A file, or a line of one, that could not be read."""

    source: str
    """The key; ``<key> line <n>`` for one line."""
    reason: str


@dataclass(frozen=True)
class ReadResult:
    """What a file holds."""

    documents: list[Document]
    skipped: list[SkippedPart] = field(default_factory=list)


def json_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a jsonl."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            yield number, "not JSON"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def table_rows(table: ParsedTable) -> Iterator[Row]:
    """Yield the rows of a csv, those that could not be read among them."""
    rows: list[Row] = [(row.line, row.fields) for row in table.rows]
    yield from sorted([*rows, *table.problems], key=lambda row: row[0])


def read_rows(key: str, rows: Iterator[Row]) -> ReadResult:
    """Return one document of all FAQs, and one for each record of a corpus.

    Raises
    ------
    UnreadableDocumentError
        No row can be read.
    """
    faqs: list[Section] = []
    records: dict[str, Document] = {}
    skipped: list[SkippedPart] = []
    for number, row in rows:
        problem = row if isinstance(row, str) else _unusable_text(row)
        if isinstance(row, str) or problem:
            skipped.append(SkippedPart(f"{key} line {number}", problem))
        elif {"question", "answer"} <= row.keys() and text_of(row, "question") and text_of(row, "answer"):
            faqs.append(_faq(number, row))
        elif {"_id", "text"} <= row.keys() and text_of(row, "_id") and text_of(row, "text"):
            record = _record(key, row)
            if record.source in records:
                skipped.append(SkippedPart(f"{key} line {number}", f"the _id {record.source!r} is there already"))
            else:
                records[record.source] = record
        else:
            skipped.append(SkippedPart(f"{key} line {number}", "neither question and answer nor _id and text"))
    documents = list(records.values())
    if faqs:
        documents.append(Document(key, title_from_name(key), tuple(faqs), category=category_from_path(key)))
    if not documents:
        raise UnreadableDocumentError(f"no row can be read; line {skipped[0].source.split()[-1]}: {skipped[0].reason}")
    return ReadResult(documents, skipped)


def _faq(number: int, row: Mapping[str, Any]) -> Section:
    return Section(
        heading_path=(),
        anchor=f"q{number}",
        blocks=(Block("paragraph", text_of(row, "answer")),),
        question=text_of(row, "question"),
        category=category_named(text_of(row, "category")),
        url=text_of(row, "url"),
        language=language_named(text_of(row, "language")),
    )


def _record(key: str, row: Mapping[str, Any]) -> Document:
    text = text_of(row, "text")
    title = text_of(row, "title")
    leading = _LEADING_TITLE.match(text)
    if not title and leading:
        title = leading[1].strip()
        text = text[leading.end() :].strip() or title
    source = text_of(row, "_id")
    return Document(
        source=source,
        title=title or source,
        sections=(Section((), "", tuple(split_blocks(text.split("\n")))),),
        category=category_named(text_of(row, "category")) or category_from_path(key),
        language=language_named(text_of(row, "language")) or "en",
        url=text_of(row, "url"),
    )


def text_of(row: Mapping[str, Any], name: str) -> str:
    """Return a field as text, empty where it is missing or of another kind."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _unusable_text(row: Mapping[str, Any]) -> str:
    """JSON can spell lone surrogates and NUL, which neither store holds."""
    for name, value in row.items():
        if isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
            return f"{name} holds a NUL or half a surrogate pair"
    return ""
