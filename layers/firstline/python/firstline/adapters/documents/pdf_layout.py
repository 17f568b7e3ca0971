"""The reading order of a pdf page: tables taken out, columns one after the other, runs joined into lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from firstline.adapters.documents.pdf_page import Box, Page, Run
from firstline.adapters.documents.pdf_tables import Row, Table, drawn_tables, rows_of, spaced_tables

_GUTTER_PT = 8.0
_STEP_PT = 3.0
_MOST_STEPS = 300
_FEWEST_IN_COLUMN = 3
_APART = 1.5
_PROSE_FILL = 0.55
_PROSE_CHARACTERS = 18


@dataclass(frozen=True)
class Line:
    """A line of text as it is read. ``right`` is the right edge of its column, in points."""

    runs: tuple[Run, ...]
    x0: float
    x1: float
    y: float
    right: float
    bulleted: bool
    page: int

    @property
    def size(self) -> float:
        return max(self.runs, key=lambda run: len(run.text)).style.size

    @property
    def bold(self) -> bool:
        return all(run.style.bold for run in self.runs)

    @property
    def monospaced(self) -> bool:
        return all(run.style.monospaced for run in self.runs)

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)

    @property
    def linked_text(self) -> str:
        return " ".join(run.linked_text for run in self.runs)


def reading_order(page: Page) -> list[Line | Table]:
    """Return the page's lines and tables in the order in which a person reads them."""
    tables, left = drawn_tables(page)
    items: list[Run | Table] = [*left, *tables]
    return [_placed(item, page) for item in _arranged(items)]


def _arranged(items: list[Run | Table]) -> Iterator[tuple[Row | Table, float]]:
    gutter = _best_gutter(items)
    if gutter is None:
        right = max((item.x1 for item in items), default=0.0)
        yield from ((found, right) for found in _without_columns(items))
        return
    for spanning, band in _bands(items, gutter):
        if spanning or not _is_columns(band, gutter):
            right = max(item.x1 for item in band)
            yield from ((found, right) for found in _without_columns(band))
        else:
            yield from _arranged([item for item in band if item.x1 <= gutter])
            yield from _arranged([item for item in band if item.x0 >= gutter])


def _without_columns(items: Sequence[Run | Table]) -> list[Row | Table]:
    found: list[Row | Table] = [item for item in items if isinstance(item, Table)]
    tops = sorted(item.y for item in found)
    rows = rows_of([item for item in items if isinstance(item, Run)])
    for low, high in zip([float("-inf"), *tops], [*tops, float("inf")], strict=True):
        found += spaced_tables([row for row in rows if low <= row.y < high])
    return sorted(found, key=lambda item: item.y)


def _best_gutter(items: Sequence[Run | Table]) -> float | None:
    if len(items) < 2 * _FEWEST_IN_COLUMN:
        return None
    left, right = min(item.x0 for item in items), max(item.x1 for item in items)
    best: tuple[int, float] = (0, 0.0)
    low, high = left + 0.15 * (right - left), right - 0.15 * (right - left)
    steps = min(int((high - low) / _STEP_PT) + 1, _MOST_STEPS)
    for step in range(steps):
        position = low + step * (high - low) / steps
        count = sum(
            len(band) for spanning, band in _bands(items, position) if not spanning and _is_columns(band, position)
        )
        best = max(best, (count, position))
    return best[1] if best[0] else None


def _bands(items: Sequence[Run | Table], gutter: float) -> list[tuple[bool, list[Run | Table]]]:
    """Cut from top to bottom wherever items that cross the gutter begin or end."""
    bands: list[tuple[bool, list[Run | Table]]] = []
    for item in sorted(items, key=lambda item: item.y):
        spanning = item.x0 < gutter < item.x1
        if not bands or bands[-1][0] != spanning:
            bands.append((spanning, []))
        bands[-1][1].append(item)
    for (spanning, band), (_, following) in pairwise(bands):
        if not spanning:
            headed = _heading_below_columns(band, gutter)
            band[:] = [item for item in band if not any(item is other for other in headed)]
            following[:0] = headed
    return [(spanning, band) for spanning, band in bands if band]


def _heading_below_columns(band: Sequence[Run | Table], gutter: float) -> list[Run | Table]:
    """Return the last line on the left where it stands apart, below both columns: it heads what follows over both."""
    left = [item for item in band if item.x1 <= gutter]
    right = [item for item in band if item.x0 >= gutter]
    if len(left) < 2 or not right or not isinstance(left[-1], Run):
        return []
    last, size = left[-1], left[-1].style.size
    apart = last.y - left[-2].y > _APART * size and last.y - right[-1].y > _APART * size
    return [last] if apart else []


def _is_columns(band: Sequence[Run | Table], gutter: float) -> bool:
    """Two columns of running text: lines that fill their side. A table's cells or a list of terms do not."""
    sides = [[item for item in band if item.x1 <= gutter], [item for item in band if item.x0 >= gutter]]
    if any(len(rows_of([item for item in side if isinstance(item, Run)])) < _FEWEST_IN_COLUMN for side in sides):
        return False
    if min(item.x0 for item in sides[1]) - max(item.x1 for item in sides[0]) < _GUTTER_PT:
        return False
    return all(_is_prose([item for item in side if isinstance(item, Run)]) for side in sides)


def _is_prose(side: Sequence[Run]) -> bool:
    rows = rows_of(side)
    width = max(run.x1 for run in side) - min(run.x0 for run in side)
    fill = median((row.x1 - row.x0) / width if width > 0 else 0.0 for row in rows)
    return fill >= _PROSE_FILL and median(len(row.text) for row in rows) >= _PROSE_CHARACTERS


def _placed(item: tuple[Row | Table, float], page: Page) -> Line | Table:
    found, right = item
    if isinstance(found, Table):
        return found
    bulleted = any(_marks(bullet, found) for bullet in page.bullets)
    return Line(tuple(found.runs), found.x0, found.x1, found.y, right, bulleted, page.number)


def _marks(bullet: Box, row: Row) -> bool:
    size = row.runs[0].style.size
    return 0 < row.x0 - bullet.right <= 2.5 * size and -size <= bullet.bottom - row.y <= 0.2 * size
