"""Running heads, running feet and page numbers of a pdf."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from firstline.adapters.documents.pdf_page import Page
from firstline.adapters.documents.pdf_tables import Row, rows_of

_EDGE_ROWS = 3
_LEAST_SHARE = 0.4
_SAME_HEIGHT_PT = 4.0
_PAGE_NUMBER = re.compile(
    r"[\s\-\u2013|]*(?:(?:page|seite|p\.)\s*)?\d{1,4}(?:\s*(?:of|von|/)\s*\d{1,4})?[\s\-\u2013|]*", re.I
)
_LABELLED_PAGE_NUMBER = re.compile(r"(?:page|seite)\s+\d{1,4}(?:\s*(?:of|von|/)\s*\d{1,4})?", re.I)


def drop_margins(pages: Sequence[Page]) -> None:
    """Take out of every page the outer lines that recur at the same height on two fifths of the pages, and numbers.

    Digits do not count when lines are compared. On a single page only what says ``Page`` goes.
    """
    edges = [_edge_rows(page) for page in pages]
    seen = Counter(key for rows in edges for key in {_key(row) for row in rows})
    needed = max(2, _LEAST_SHARE * len(pages))
    for page, rows in zip(pages, edges, strict=True):
        dropped: set[int] = set()
        for row in rows:
            numbered = len(pages) > 1 and _PAGE_NUMBER.fullmatch(row.text) and row in (rows[0], rows[-1])
            if numbered or _recurs(row, seen, needed) or _LABELLED_PAGE_NUMBER.fullmatch(row.text.strip()):
                dropped.update(id(run) for run in row.runs)
        page.runs = [run for run in page.runs if id(run) not in dropped]


def _edge_rows(page: Page) -> list[Row]:
    rows = rows_of(page.runs)
    return rows if len(rows) <= 2 * _EDGE_ROWS else rows[:_EDGE_ROWS] + rows[-_EDGE_ROWS:]


def _key(row: Row) -> tuple[str, int]:
    return re.sub(r"\d+", "0", row.text.strip().lower()), round(row.y / _SAME_HEIGHT_PT)


def _recurs(row: Row, seen: Counter[tuple[str, int]], needed: float) -> bool:
    text, height = _key(row)
    return sum(seen[text, height + shift] for shift in (-1, 0, 1)) >= needed
