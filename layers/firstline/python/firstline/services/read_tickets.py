"""Files of past tickets read row by row; what does not fit is named by its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Protocol

from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.past_tickets import PastTicket, RefusedRow, fingerprint

_NAMES = {
    "subject": ("subject", "title", "summary", "betreff"),
    "description": ("description", "body", "question", "message", "text", "problem"),
    "resolution": ("resolution", "answer", "reply", "solution", "response"),
    "category": ("category", "queue", "type", "topic"),
    "date": ("date", "created_at", "created", "resolved_at", "closed_at", "timestamp"),
}
_LONGEST_FIELD = 20_000
_DATE_FORMATS = ("%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%Y/%m/%d %H:%M")


class TableRow(Protocol):
    """One record of a table."""

    @property
    def line(self) -> int:
        """Where it stands in its file, from 1."""
        ...

    @property
    def fields(self) -> Mapping[str, str]:
        """Cells by column."""
        ...


class Table(Protocol):
    """A csv as it was read; ``adapters.documents.tables.ParsedTable`` is one."""

    @property
    def rows(self) -> Sequence[TableRow]:
        """Records."""
        ...

    @property
    def problems(self) -> Sequence[tuple[int, str]]:
        """Line and reason of what cannot be used."""
        ...


Row = tuple[int, Mapping[str, Any] | str]
"""Line number from 1, and the row's fields by name, or what is wrong with it."""


def read_tickets(name: str, content: bytes, *, read_csv: Callable[[bytes], Table]) -> Iterator[PastTicket | RefusedRow]:
    """Yield the tickets of a file in order, and for each row that is none, why.

    A ``.csv`` has a header line; a ``.jsonl`` an object per line. ``resolution`` and one of ``subject`` and
    ``description`` are needed; ``category`` and ``date`` (ISO 8601, or 31.12.2025, 12/31/2025, 2025/12/31; without
    zone: UTC) are optional.

    Parameters
    ----------
    read_csv : callable
        Reads a csv; ``adapters.documents.tables.read_csv``.

    Raises
    ------
    UnreadableDocumentError
        Another extension, a jsonl that is not UTF-8, or a csv that cannot be read or lacks the columns.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in (".csv", ".jsonl"):
        raise UnreadableDocumentError(f"the extension {suffix or '(none)'} is neither csv nor jsonl")
    for line, row in table_rows(read_csv(content)) if suffix == ".csv" else json_rows(content):
        yield RefusedRow(line, row) if isinstance(row, str) else ticket_of(line, row)


def table_rows(table: Table) -> Iterator[Row]:
    """Yield the rows of a table and its problems, in the order of their lines."""
    columns = {_column(name) for row in table.rows for name in row.fields}
    if "resolution" not in columns or not columns & {"subject", "description"}:
        raise UnreadableDocumentError("there must be rows with the columns resolution and subject or description")
    rows: list[Row] = [(row.line, row.fields) for row in table.rows]
    yield from sorted([*rows, *table.problems], key=lambda row: row[0])


def json_rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a jsonl; empty lines are passed over."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(f"not UTF-8 at byte {error.start}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                yield number, "not JSON"
                continue
            yield number, row if isinstance(row, dict) else "not a JSON object"


def ticket_of(line: int, row: Mapping[str, Any]) -> PastTicket | RefusedRow:
    """Return one row as a ticket, or why it is none."""
    fields: dict[str, str] = {}
    for name, value in row.items():
        column = _column(str(name))
        if column and column not in fields and isinstance(value, str | int | float) and not isinstance(value, bool):
            fields[column] = str(value).replace("\r\n", "\n").strip()
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for value in fields.values() for letter in value):
        return RefusedRow(line, "it holds a NUL or half a surrogate pair")
    if not fields.get("resolution"):
        return RefusedRow(line, "no resolution")
    if not (fields.get("subject") or fields.get("description")):
        return RefusedRow(line, "neither subject nor description")
    too_long = [name for name, value in fields.items() if len(value) > _LONGEST_FIELD]
    if too_long:
        return RefusedRow(line, f"{too_long[0]} is longer than {_LONGEST_FIELD} characters")
    written = fields.get("date", "")
    date = _date(written)
    if written and date is None:
        return RefusedRow(line, f"date is not understood: {written[:40]!r}")
    subject, description = fields.get("subject", ""), fields.get("description", "")
    return PastTicket(
        line=line,
        subject=subject,
        description=description,
        resolution=fields["resolution"],
        category=fields.get("category", ""),
        date=date,
        fingerprint=fingerprint(subject, description, fields["resolution"], date),
    )


def _column(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    return next((column for column, names in _NAMES.items() if plain in names), "")


def _date(text: str) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return _in_utc(datetime.strptime(text, form))
        except ValueError:
            continue
    return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
