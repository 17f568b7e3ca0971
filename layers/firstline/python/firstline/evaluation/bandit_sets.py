"""Classification sets for the bandit task: ``.arff`` and ``.csv`` files as standardised features and classes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.evaluation.errors import InvalidDataError

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
MAX_CLASSES = 200
MAX_LEVELS = 32
"""Most levels of a nominal column that become features; rarer ones are all zero."""
FARTHEST = 10.0
"""Standardised features are cut to this many standard deviations."""


@dataclass(frozen=True)
class ClassificationSet:
    """Rows of a set as a bandit sees them."""

    name: str
    contexts: NDArray[np.float64]
    """Shape (n_rows, n_features), each column of mean 0 and deviation 1."""
    classes: NDArray[np.intp]
    """Shape (n_rows,), in [0, n_classes)."""
    n_classes: int


def read_set(file: Path) -> ClassificationSet:
    """Read a set whose last column is the class.

    Numbers stay; nominal columns become a 0/1 feature per level. Missing numbers are the column's mean, missing levels
    all zero; rows without a class are left out, and so are columns that never change or name each row.

    Raises
    ------
    InvalidDataError
        A row of another length, no rows, no features, fewer than 2 or more than 200 classes.
    """
    rows = list(_arff_rows(file) if file.suffix == ".arff" else _csv_rows(file))
    if not rows:
        raise InvalidDataError(file, 0, "no rows")
    width = len(rows[0][1])
    for line, cells in rows:
        if len(cells) != width:
            raise InvalidDataError(file, line, f"{len(cells)} columns, not {width} as before")
    table = [cells for _, cells in rows if not _is_missing(cells[-1])]
    names, classes = np.unique([cells[-1] for cells in table], return_inverse=True) if table else ((), np.zeros(0))
    if not 2 <= len(names) <= MAX_CLASSES:
        raise InvalidDataError(file, 0, f"the last column has {len(names)} classes, not 2 to {MAX_CLASSES}")
    columns = [_features([cells[index] for cells in table]) for index in range(width - 1)]
    contexts = np.hstack([np.zeros((len(table), 0)), *columns])
    contexts = contexts[:, contexts.std(axis=0) > 0.0]
    if not contexts.shape[1]:
        raise InvalidDataError(file, 0, "no column before the class tells rows apart")
    standardised = (contexts - contexts.mean(axis=0)) / contexts.std(axis=0)
    return ClassificationSet(file.stem, np.clip(standardised, -FARTHEST, FARTHEST), classes.astype(np.intp), len(names))


def _features(cells: Sequence[str]) -> NDArray[np.float64]:
    known = [cell for cell in cells if not _is_missing(cell)]
    if known and all(_is_number(cell) for cell in known):
        values = np.array([np.nan if _is_missing(cell) else float(cell) for cell in cells])
        return np.where(np.isnan(values), np.nanmean(values), values)[:, None]
    levels = Counter(known)
    if len(levels) > max(MAX_LEVELS, len(cells) // 2):
        return np.zeros((len(cells), 0))
    kept = [level for level, _ in sorted(levels.items(), key=lambda item: (-item[1], item[0]))[:MAX_LEVELS]]
    # Of two levels one column says it all.
    kept = kept[:1] if len(levels) == 2 == len(set(cells)) else kept
    return np.array([[float(cell == level) for level in kept] for cell in cells]).reshape(len(cells), len(kept))


def _arff_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    in_data, n_attributes = False, 0
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, raw in enumerate(lines, start=1):
            line = raw.strip()
            if not line or line.startswith("%"):
                continue
            if not in_data:
                n_attributes += line.lower().startswith("@attribute")
                in_data = line.lower().startswith("@data")
            elif line.startswith("{"):
                yield number, _sparse_row(file, number, line, n_attributes)
            else:
                yield number, _split(line)


def _sparse_row(file: Path, number: int, line: str, n_attributes: int) -> list[str]:
    cells = ["0"] * n_attributes
    for part in _split(line.strip("{}")):
        index, _, value = part.partition(" ")
        if not index.isdigit() or int(index) >= n_attributes:
            raise InvalidDataError(file, number, f"{index!r:.20} is no column")
        cells[int(index)] = value.strip(" '\"")
    return cells


def _split(line: str) -> list[str]:
    separator = "," if "," in line else "\t" if "\t" in line else " "
    quote = "'" if line.count("'") > line.count('"') else '"'
    parts = next(csv.reader([line], delimiter=separator, quotechar=quote, skipinitialspace=True))
    return [part.strip().strip("'\"") for part in parts]


def _csv_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    yield from rows[1:] if _has_header([cells for _, cells in rows]) else rows


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    if len(rows) < 2 or any(_is_number(cell) for cell in rows[0]):
        return False
    columns = list(zip(*rows[1:], strict=False))
    # Above numbers stand names; over words alone, a header's cells never come again.
    if any(all(_is_number(cell) or _is_missing(cell) for cell in column) for column in columns):
        return True
    return not any(cell in column for cell, column in zip(rows[0], columns, strict=False))


def _is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell) is not None
