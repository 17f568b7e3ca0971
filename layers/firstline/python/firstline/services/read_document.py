"""Files of the knowledge folder read into documents; what cannot be read is named with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

import yaml

from firstline.domain.documents import (
    Document,
    Section,
    category_from_path,
    category_named,
    language_named,
    title_from_name,
)
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.markdown import split_blocks, split_sections
from firstline.domain.parsed import ParsedDocument
from firstline.domain.ports import DocumentReader
from firstline.services.read_rows import ReadResult, json_rows, read_rows, table_rows, text_of

ROW_SUFFIXES = (".csv", ".jsonl")
"""Of files that may hold several documents."""
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_FIELDS = ("title", "category", "url", "audience", "language", "valid_from", "valid_until")
_UNCLOSED = re.compile(rf"---[ \t]*\n(?:{'|'.join(_FIELDS)})[ \t]*:")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_TITLE_LINE = 120


def read_documents(key: str, content: bytes, reader: DocumentReader) -> ReadResult:
    """Read one file.

    Markdown (``.md``, ``.markdown``), text (``.txt``), web pages, pdf and docx are one document each. A ``.jsonl``
    whose rows have ``question`` and ``answer``, and a ``.csv`` with such columns, is one document of FAQs; one whose
    rows have ``_id`` and ``text`` is a corpus with a document per row. A broken row is skipped and named.

    Raises
    ------
    UnreadableDocumentError
        Unknown extension, content of another kind, not UTF-8 (csv and web pages may have other encodings), empty, too
        large, broken front matter, no row that can be read, or what the reader of the format refuses.
    """
    reader.check_size(len(content))
    suffix = PurePosixPath(key).suffix.lower()
    if suffix in reader.extensions:
        return ReadResult([_of_parsed(key, reader.read(key, content))])
    reader.check_kind(key, content)
    if suffix == ".csv":
        return read_rows(key, table_rows(reader.read_table(content)))
    text = _decoded(content)
    if suffix == ".jsonl":
        return read_rows(key, json_rows(text))
    return ReadResult([_read_text(key, text) if suffix == ".txt" else _read_markdown(key, text)])


def _of_parsed(key: str, parsed: ParsedDocument) -> Document:
    try:
        title, sections = split_sections(parsed.markdown, (*([""] if parsed.title else []), *parsed.anchors))
    except ValueError:
        # A reader that counts headings otherwise costs the document its places, not its text.
        title, sections = split_sections(parsed.markdown)
    if not sections:
        raise UnreadableDocumentError("it has no text below its headings")
    return Document(
        source=key,
        title=parsed.title or title or title_from_name(key),
        sections=tuple(sections),
        category=category_named(parsed.metadata.get("category", "")) or category_from_path(key),
        language=language_named(parsed.metadata.get("language", "")) or "en",
        url=parsed.metadata.get("url", ""),
    )


def _decoded(content: bytes) -> str:
    if content.startswith(_WIDE_MARKS):
        raise UnreadableDocumentError("it is UTF-16, not UTF-8")
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
    return _with_matter(key, matter, title, sections)


def _with_matter(key: str, matter: Mapping[str, Any], title: str, sections: Sequence[Section]) -> Document:
    return Document(
        source=key,
        title=text_of(matter, "title") or title or title_from_name(key),
        sections=tuple(sections),
        category=category_named(text_of(matter, "category")) or category_from_path(key),
        language=language_named(text_of(matter, "language")) or "en",
        url=text_of(matter, "url"),
        audience=_audience(matter),
        valid_from=_day(matter, "valid_from"),
        valid_until=_day(matter, "valid_until"),
    )


def _audience(matter: Mapping[str, Any]) -> str:
    value = matter.get("audience")
    if not isinstance(value, list):
        return text_of(matter, "audience")
    return ", ".join(part for part in (text_of({"": each}, "") for each in value) if part)


def _day(matter: Mapping[str, Any], name: str) -> date | None:
    value = matter.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise UnreadableDocumentError(f"{name} is {value!r}, not a date such as 2027-01-31") from error


def _front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    if not re.match(r"---[ \t]*\n", text):
        return {}, text
    found = _FRONT_MATTER.match(text)
    if not found:
        if not _UNCLOSED.match(text):
            # A rule drawn above the text.
            return {}, text
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
    matter, body = _front_matter(text)
    lines = body.strip("\n").split("\n")
    may_be_title = len(lines[0].strip()) <= _LONGEST_TITLE_LINE and re.search(r"\w", lines[0])
    titled = may_be_title and len(lines) > 1 and not lines[1].strip()
    blocks = tuple(split_blocks(lines[1:] if titled else lines))
    if not blocks:
        raise UnreadableDocumentError("it has no text")
    return _with_matter(key, matter, lines[0].strip() if titled else "", [Section((), "", blocks)])
