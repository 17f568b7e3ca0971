"""Files of the knowledge folder read into documents; what cannot be read is named with its reason."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from firstline.domain.documents import (
    Block,
    Document,
    Section,
    category_from_path,
    category_slug,
    title_from_name,
)
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.markdown import split_blocks, split_sections

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_LEADING_TITLE = re.compile(r"\A\s*Title:[ \t]*(\S[^\n]{0,298})\n(?:\s*Text:[ \t]*\n)?")
_LONGEST_TITLE_LINE = 120


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


def read_documents(key: str, content: bytes) -> ReadResult:
    """Read one file.

    Markdown (``.md``, ``.markdown``) and text (``.txt``) are one document each. A ``.jsonl`` whose rows have
    ``question`` and ``answer``, and a ``.csv`` with these columns, is one document of FAQs; a ``.jsonl`` whose rows
    have ``_id`` and ``text`` is a corpus with a document per row. A broken row is skipped and named.

    Raises
    ------
    UnreadableDocumentError
        Unknown extension, not UTF-8, binary, empty, over 20 MB, broken front matter, or no row that can be read.
    """
    readers = {".md": _read_markdown, ".markdown": _read_markdown, ".txt": _read_text}
    suffix = PurePosixPath(key).suffix.lower()
    if suffix in readers:
        return ReadResult([readers[suffix](key, _decoded(content))])
    if suffix == ".jsonl":
        return _read_rows(key, _json_rows(_decoded(content)))
    if suffix == ".csv":
        return _read_rows(key, _csv_rows(_decoded(content)))
    raise UnreadableDocumentError(f"the extension {suffix or '(none)'} is not one of md, markdown, txt, jsonl, csv")


def _decoded(content: bytes) -> str:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise UnreadableDocumentError(f"{len(content)} bytes; the limit is {MAX_DOCUMENT_BYTES}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(f"not UTF-8 at byte {error.start}") from error
    if "\0" in text:
        raise UnreadableDocumentError("binary: it holds a NUL byte")
    if not text.strip():
        raise UnreadableDocumentError("empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_markdown(key: str, text: str) -> Document:
    matter, body = _front_matter(text)
    title, sections = split_sections(body)
    if not sections:
        raise UnreadableDocumentError("it has no text below its headings")
    category = category_slug(_text_of(matter, "category"))
    return Document(
        source=key,
        title=_text_of(matter, "title") or title or title_from_name(key),
        sections=tuple(sections),
        category=category or category_from_path(key),
        language=_text_of(matter, "language") or "en",
        url=_text_of(matter, "url"),
    )


def _front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    if not re.match(r"---[ \t]*\n", text):
        return {}, text
    found = _FRONT_MATTER.match(text)
    if not found:
        raise UnreadableDocumentError("front matter is not closed by ---")
    try:
        matter = yaml.safe_load(found[1])
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 2}" if mark else ""
        raise UnreadableDocumentError(f"front matter is not YAML{where}") from error
    if matter is None:
        matter = {}
    if not isinstance(matter, dict):
        raise UnreadableDocumentError("front matter is not a mapping of names to values")
    return matter, text[found.end() :]


def _read_text(key: str, text: str) -> Document:
    lines = text.strip("\n").split("\n")
    titled = len(lines) > 1 and 0 < len(lines[0].strip()) <= _LONGEST_TITLE_LINE and not lines[1].strip()
    title = lines[0].strip() if titled else title_from_name(key)
    section = Section((), "", tuple(split_blocks(lines[1:] if titled else lines)))
    return Document(source=key, title=title, sections=(section,), category=category_from_path(key))


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            yield number, "not JSON"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            fields = {str(name).strip().lower(): value for name, value in row.items() if name is not None}
            yield reader.line_num, fields
    except csv.Error as error:
        yield reader.line_num, f"not CSV: {error}"


def _read_rows(key: str, rows: Iterator[tuple[int, Mapping[str, Any] | str]]) -> ReadResult:
    faqs: list[Section] = []
    records: dict[str, Document] = {}
    skipped: list[SkippedPart] = []
    for number, row in rows:
        problem = row if isinstance(row, str) else _unusable_text(row)
        if isinstance(row, str) or problem:
            skipped.append(SkippedPart(f"{key} line {number}", problem))
        elif {"question", "answer"} <= row.keys() and _text_of(row, "question") and _text_of(row, "answer"):
            faqs.append(_faq(number, row))
        elif {"_id", "text"} <= row.keys() and _text_of(row, "_id") and _text_of(row, "text"):
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
        blocks=(Block("paragraph", _text_of(row, "answer")),),
        question=_text_of(row, "question"),
        category=category_slug(_text_of(row, "category")),
        url=_text_of(row, "url"),
    )


def _record(key: str, row: Mapping[str, Any]) -> Document:
    text = _text_of(row, "text")
    title = _text_of(row, "title")
    leading = _LEADING_TITLE.match(text)
    if not title and leading:
        title = leading[1].strip()
        text = text[leading.end() :].strip() or title
    source = _text_of(row, "_id")
    return Document(
        source=source,
        title=title or source,
        sections=(Section((), "", tuple(split_blocks(text.split("\n")))),),
        category=category_slug(_text_of(row, "category")) or category_from_path(key),
        language=_text_of(row, "language") or "en",
        url=_text_of(row, "url"),
    )


def _text_of(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _unusable_text(row: Mapping[str, Any]) -> str:
    """JSON can spell lone surrogates and NUL, which neither store holds."""
    for name, value in row.items():
        if isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
            return f"{name} holds a NUL or half a surrogate pair"
    return ""
