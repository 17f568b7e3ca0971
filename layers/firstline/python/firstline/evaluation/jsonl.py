"""JSON lines of evaluation data, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firstline.evaluation.errors import InvalidDataError


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number (from 1) and object of every line that is not blank.

    Raises
    ------
    InvalidDataError
        The file cannot be read, has no rows, or a line is no JSON object.
    """
    count = 0
    for number, line in enumerate(lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InvalidDataError(path, number, "not JSON") from error
        if not isinstance(row, dict):
            raise InvalidDataError(path, number, "not a JSON object")
        count += 1
        yield number, row
    if not count:
        raise InvalidDataError(path, 0, "no rows")


def lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 file. Raises ``InvalidDataError``."""
    try:
        return path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise InvalidDataError(path, 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidDataError(path, line, "not UTF-8") from error


def text_of(path: Path, number: int, row: dict[str, Any], name: str) -> str:
    """Return a text of a row that must not be blank. Raises ``InvalidDataError``."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidDataError(path, number, f"{name} is missing, empty or not text")
    return value
