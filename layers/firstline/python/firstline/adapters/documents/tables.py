"""Exports of FAQs and tickets in csv: dialect, encoding and column names recognised."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from firstline.adapters.documents.encodings import decode
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_size
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedTable, TableRow

_DELIMITERS = ",;\t|"
_LOOKED_AT_ROWS = 20
_SEPARATOR_LINE = re.compile(r"\Asep=(.)\n", re.I)
_NAMES = {
    "question": "question q faq title_question frage pregunta",
    "answer": "answer a response reply antwort respuesta reponse",
    "category": "category topic section group tag tags type ticket_type kategorie categoria categorie queue",
    "url": "url link href source_url address page",
    "language": "language lang locale",
    "id": "id ticket_id ticket number key case_id case_number issue_key",
    "subject": "subject title summary ticket_subject betreff headline",
    "description": "description body text message ticket_description details problem issue content beschreibung",
    "resolution": "resolution solution resolved_with agent_reply final_reply fix closing_comment losung loesung",
    "date": "date created created_at created_on opened closed closed_at resolved_at resolved timestamp datum",
}
_CANONICAL = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}


def read_csv(content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedTable:
    """Read a table whose first row names its columns.

    Names are matched without regard to case, accents and punctuation, and by usual synonyms (``Ticket Subject``,
    ``body``, ``Solution``, ``created_at``).

    Raises
    ------
    UnreadableDocumentError
        The file is empty, too large, not text, has too many rows, or no row below a row of names.
    """
    check_size(len(content), limits)
    text, encoding = decode(content)
    separator = _SEPARATOR_LINE.match(text)
    text = text[separator.end() :] if separator else text
    if not text.strip():
        raise UnreadableDocumentError("the file is empty")
    delimiter = separator[1] if separator else _delimiter(text)
    names: list[str] = []
    rows: list[TableRow] = []
    problems: list[tuple[int, str]] = []
    for line, cells, problem in _records(text, delimiter, 1 if separator else 0):
        if problem or not any(cell.strip() for cell in cells):
            problems += [(line, problem)] if problem else []
        elif not names:
            names = _column_names(cells)
        elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            problems.append((line, f"{len(cells)} cells where the header names {len(names)} columns"))
        else:
            fields = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
            rows.append(TableRow(line, {name: fields.get(name, "") for name in names if name}))
        if len(rows) > limits.max_rows:
            raise UnreadableDocumentError(f"it has more than {limits.max_rows} rows; split it")
    if not rows:
        reason = f"; line {problems[0][0]}: {problems[0][1]}" if problems else ""
        raise UnreadableDocumentError(f"no row can be read below the row of column names{reason}")
    metadata = {"encoding": encoding, "delimiter": delimiter, "columns": ", ".join(name for name in names if name)}
    return ParsedTable(rows, problems, metadata)


def column_name(heading: str) -> str:
    """Return our name of a column: ``question`` for ``FAQ``, ``resolution`` for ``Solution``; else a plain slug."""
    slug = _slug(heading)
    return _CANONICAL.get(slug, slug)


def _column_names(cells: list[str]) -> list[str]:
    """A name of ours goes to the column that bears it itself, else to the first with a synonym of it."""
    slugs = [_slug(cell) for cell in cells]
    taken: set[str] = {slug for slug in slugs if slug in _NAMES}
    names: list[str] = []
    for slug in slugs:
        name = _CANONICAL.get(slug, slug)
        if name != slug and name in taken:
            name = slug
        if name in names:
            name = ""
        taken.add(name)
        names.append(name)
    return names


def _records(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str], str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num + skipped, [], f"not csv: {error}"
            continue
        yield reader.line_num + skipped, cells, ""


def _delimiter(text: str) -> str:
    """Choose the delimiter that gives the most known column names, then the most rows as wide as the header."""

    def score(delimiter: str) -> tuple[int, int, int]:
        rows = []
        for _, cells, problem in _records(text, delimiter, 0):
            rows += [] if problem else [cells]
            if len(rows) == _LOOKED_AT_ROWS:
                break
        if not rows:
            return (0, 0, 0)
        known = sum(column_name(cell) in _NAMES for cell in rows[0])
        widths = Counter(map(len, rows))
        return (known, widths[len(rows[0])] if len(rows[0]) > 1 else 0, len(rows[0]))

    return max(_DELIMITERS, key=score)


def _slug(heading: str) -> str:
    letters = unicodedata.normalize("NFKD", heading.strip().lower())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
