"""Tables of a pdf page: those with drawn lines by their grid, those without by the columns that rows share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.adapters.documents import markdown_writer as write
from firstline.adapters.documents.pdf_page import Box, Page, Run

_SAME_LINE_PT = 3.0
_FEWEST_EDGES = 2
_LARGEST_PITCH = 1.7
_MARKER_GAP = 2.5
_BARE_NUMBER = re.compile(r"\d{1,2}")
_MARKER = re.compile(r"(?:[\u2022\u2023\u25aa\u25cf\u25e6\u2043\u00b7\uf0b7o*\u2013-]|\(?(?:\d{1,3}|[a-zA-Z])[.)])")


@dataclass
class Row:
    """Runs on one baseline, from left to right."""

    runs: list[Run]

    @property
    def x0(self) -> float:
        return min(run.x0 for run in self.runs)

    @property
    def x1(self) -> float:
        return max(run.x1 for run in self.runs)

    @property
    def y(self) -> float:
        return min(run.y for run in self.runs)

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)

    @property
    def cells(self) -> list[Run]:
        """The runs that may be cells: an item's marker belongs to the text after it."""
        if len(self.runs) < 2:
            return self.runs
        first, second = self.runs[:2]
        near = second.x0 - first.x1 <= _MARKER_GAP * second.style.size and len(self.runs) == 2
        marked = _MARKER.fullmatch(first.text.strip()) or (near and _BARE_NUMBER.fullmatch(first.text.strip()))
        return self.runs[1:] if marked else self.runs


@dataclass(frozen=True)
class Table:
    """A table as Markdown, and where it stands in points; ``y`` is its upper edge."""

    markdown: str
    x0: float
    x1: float
    y: float


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """Group runs by baseline, from top to bottom."""
    rows: list[Row] = []
    for run in sorted(runs, key=lambda run: (run.y, run.x0)):
        if rows and run.y - rows[-1].y <= 0.4 * max(run.style.size, rows[-1].runs[0].style.size):
            rows[-1].runs.append(run)
        else:
            rows.append(Row([run]))
    for row in rows:
        row.runs.sort(key=lambda run: run.x0)
    return rows


def drawn_tables(page: Page) -> tuple[list[Table], list[Run]]:
    """Return the tables with drawn lines, and the runs that stand in none."""
    tables: list[Table] = []
    left = page.runs
    for rules in _connected(page.rules):
        across = _positions([rule.top for rule in rules if _is_level(rule)])
        along = _positions([rule.left for rule in rules if not _is_level(rule)])
        if len(across) <= _FEWEST_EDGES or len(along) <= _FEWEST_EDGES:
            continue
        within = [run for run in left if _cell(run, across, along) is not None]
        grid = [["" for _ in along[1:]] for _ in across[1:]]
        for row in rows_of(within):
            for run in row.runs:
                place = _cell(run, across, along)
                if place is not None:
                    grid[place[0]][place[1]] = _joined(grid[place[0]][place[1]], run.linked_text)
        markdown = write.table(grid)
        if sum(any(row) for row in grid) > 1 and markdown.split("\n")[0].count(" | ") > 0:
            tables.append(Table(markdown, along[0], along[-1], across[0]))
            held = {id(run) for run in within}
            left = [run for run in left if id(run) not in held]
    return tables, left


def spaced_tables(rows: Sequence[Row]) -> list[Row | Table]:
    """Replace rows whose cells stand below each other by tables.

    Two rows of three cells make a table, or three rows of two.
    """
    found: list[Row | Table] = []
    position = 0
    while position < len(rows):
        end = _end_of_table(rows, position)
        block = rows[position:end]
        full = [row for row in block if len(row.cells) > 1]
        if len(full) >= 2 and len(full) + max(len(row.cells) for row in full) >= 5:
            found.append(_spaced_table(block))
            position = end
        else:
            found.append(rows[position])
            position += 1
    return found


def _end_of_table(rows: Sequence[Row], start: int) -> int:
    """Follow rows with several cells; a row of one cell between them or after them only continues a cell."""
    if len(rows[start].cells) < 2:
        return start
    end = start + 1
    while end < len(rows):
        pitch = (rows[end].y - rows[end - 1].y) / max(rows[end].runs[0].style.size, 1.0)
        columns = _columns(rows[start:end])
        touched = {_column_of(run, columns) for run in rows[end].cells}
        if pitch > 2 * _LARGEST_PITCH or None in touched or len(_columns(rows[start : end + 1])) < 2:
            break
        if len(rows[end].cells) < 2 and (pitch > _LARGEST_PITCH or 0 in touched):
            break
        end += 1
    return end


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return the stretches of the x axis that text covers, in order."""
    columns: list[tuple[float, float]] = []
    for x0, x1 in sorted((run.x0, run.x1) for row in rows for run in row.cells):
        if columns and x0 <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _column_of(run: Run, columns: Sequence[tuple[float, float]]) -> int | None:
    """Return the one column that a run overlaps or, beside all, would itself be; None if it reaches over several."""
    touched = [number for number, (x0, x1) in enumerate(columns) if run.x0 < x1 and run.x1 > x0]
    if len(touched) > 1:
        return None
    return touched[0] if touched else len(columns)


def _spaced_table(rows: Sequence[Row]) -> Table:
    columns = _columns(rows)
    grid: list[list[str]] = []
    for row in rows:
        cells = ["" for _ in columns]
        for run in row.runs:
            column = next((n for n, (x0, x1) in enumerate(columns) if run.x0 < x1 and run.x1 > x0), 0)
            cells[column] = _joined(cells[column], run.linked_text)
        if grid and not cells[0]:
            grid[-1] = [_joined(above, cell) for above, cell in zip(grid[-1], cells, strict=True)]
        else:
            grid.append(cells)
    return Table(write.table(grid), columns[0][0], columns[-1][1], rows[0].y)


def _connected(rules: Sequence[Box]) -> list[list[Box]]:
    """Group rules that touch."""
    groups: list[tuple[Box, list[Box]]] = []
    for rule in rules:
        hull, members = rule, [rule]
        apart = []
        for other, others in groups:
            if _touch(hull, other):
                hull, members = _hull(hull, other), members + others
            else:
                apart.append((other, others))
        groups = [*apart, (hull, members)]
    return [members for _, members in groups]


def _touch(one: Box, other: Box) -> bool:
    return (
        one.left <= other.right + _SAME_LINE_PT
        and other.left <= one.right + _SAME_LINE_PT
        and one.top <= other.bottom + _SAME_LINE_PT
        and other.top <= one.bottom + _SAME_LINE_PT
    )


def _hull(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom)
    )


def _is_level(rule: Box) -> bool:
    return rule.right - rule.left >= rule.bottom - rule.top


def _positions(values: Sequence[float]) -> list[float]:
    positions: list[float] = []
    for value in sorted(values):
        if not positions or value - positions[-1] > _SAME_LINE_PT:
            positions.append(value)
    return positions


def _cell(run: Run, across: Sequence[float], along: Sequence[float]) -> tuple[int, int] | None:
    x, y = run.x0 + min(run.x1 - run.x0, run.style.size) / 2, run.y - 0.3 * run.style.size
    if not (along[0] <= x <= along[-1] and across[0] <= y <= across[-1]):
        return None
    return max(sum(edge <= y for edge in across[:-1]) - 1, 0), max(sum(edge <= x for edge in along[:-1]) - 1, 0)


def _joined(above: str, below: str) -> str:
    return f"{above} {below}".strip()
