"""Tables of web pages: their cells laid out on a grid, spans resolved."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from firstline.adapters.documents.html_inline import InlineText
from firstline.adapters.documents.markdown_writer import one_line

_WIDEST_SPAN = 50


def is_layout(table: LexborNode) -> bool:
    """Tell whether a table only arranges the page: one column, or headings and tables within."""
    role = table.attributes.get("role") or ""
    if role in ("presentation", "none") or table.css_first("h1, h2, h3, table table") is not None:
        return True
    inner = [node for node in table.css("table") if node.mem_id != table.mem_id]
    return bool(inner) or max((sum(1 for _ in _cells(row)) for row in _rows(table)), default=0) < 2


def table_rows(table: LexborNode, inline: InlineText) -> list[list[str]]:
    """Return the cells' texts; a cell over several rows stands in each, one over several columns in the first."""
    grid: list[list[str]] = []
    carried: dict[int, tuple[int, str]] = {}
    for row in _rows(table):
        cells: list[str] = []
        for cell in _cells(row):
            while len(cells) in carried:
                cells.append(_carry(carried, len(cells)))
            text = one_line(inline.of(cell.iter(include_text=True)))
            height, width = _span(cell, "rowspan"), _span(cell, "colspan")
            for offset in range(width):
                if height > 1:
                    carried[len(cells)] = (height - 1, "" if offset else text)
                cells.append("" if offset else text)
        while len(cells) in carried:
            cells.append(_carry(carried, len(cells)))
        grid.append(cells)
    return grid


def _carry(carried: dict[int, tuple[int, str]], column: int) -> str:
    left, text = carried.pop(column)
    if left > 1:
        carried[column] = (left - 1, text)
    return text


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (cell for cell in row.iter() if cell.tag in ("td", "th"))


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    return min(max(int(value), 1), _WIDEST_SPAN) if value.isdecimal() and len(value) < 6 else 1
