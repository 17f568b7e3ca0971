"""A flat run of paragraphs, headings, items and lines of code put together into Markdown blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from firstline.adapters.documents import markdown_writer as write

TITLE_LEVEL = 0

PieceKind = Literal["heading", "paragraph", "item", "code", "table"]


@dataclass(frozen=True)
class Piece:
    """One paragraph, as formats that know no nesting have it."""

    kind: PieceKind
    text: str
    """Markdown already for a table, plain otherwise."""
    level: int = 0
    """Of a heading, 1 to 9, and 0 for the document's title; of an item, 0 for the outermost."""
    marker: str = ""
    """Of an item: ``-`` or ``<n>.``."""
    emphatic: bool = False
    """A paragraph that is set as a heading is, in a document without any."""
    page: int = 0
    """Of a pdf, from 1."""


class Flow:
    """Collects pieces; neighbouring items become one list, neighbouring lines of code one block."""

    def __init__(self) -> None:
        self.anchors: list[str] = []
        self._blocks: list[str] = []
        self._items: list[str] = []
        self._markers: list[str] = []
        self._code: list[str] = []

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        if piece.kind != "item":
            self._close_list()
        if piece.kind != "code":
            self._close_code()
        match piece.kind:
            case "item":
                self._item(piece)
            case "code":
                self._code.append(piece.text)
            case "heading":
                written = write.heading(piece.level, piece.text)
                self._blocks.append(written)
                if written:
                    self.anchors.append(f"page={piece.page}" if piece.page else "")
            case "table":
                self._blocks.append(piece.text)
            case "paragraph":
                self._blocks.append(write.paragraph(piece.text))

    def blocks(self) -> list[str]:
        """Return what has been collected."""
        self._close_list()
        self._close_code()
        return [block for block in self._blocks if block]

    def _item(self, piece: Piece) -> None:
        # An item cannot stand more than one level below the one before it.
        level = min(piece.level, len(self._markers))
        indent = " " * sum(len(marker) + 1 for marker in self._markers[:level])
        self._markers = [*self._markers[:level], piece.marker]
        written = write.list_item(piece.marker, [write.paragraph(piece.text)])
        self._items.append("\n".join(indent + line for line in written.split("\n")))

    def _close_list(self) -> None:
        self._blocks.append("\n".join(self._items))
        self._items, self._markers = [], []

    def _close_code(self) -> None:
        self._blocks.append(write.code_block("\n".join(self._code)))
        self._code = []


def arranged(pieces: list[Piece], named: str) -> tuple[str, Flow]:
    """Find the title and put the rest together, headings below the title.

    Parameters
    ----------
    pieces : list of Piece
        At least one; none is blank.
    named : str
        The title that the file's properties name, used where the text does not start with one.

    Returns
    -------
    title : str
        The heading that leads the text, if no other stands on its level or it says ``named``; else ``named``.
    flow : Flow
        All but the title.
    """
    if not any(piece.kind == "heading" and piece.level != TITLE_LEVEL for piece in pieces):
        pieces = [replace(piece, kind="heading", level=1) if piece.emphatic else piece for piece in pieces]
    highest = min((piece.level for piece in pieces if piece.kind == "heading"), default=1)
    raised = max(highest, 1) - 1
    pieces = [replace(piece, level=piece.level - raised) if piece.kind == "heading" else piece for piece in pieces]
    first = pieces[0]
    tops = sum(piece.kind == "heading" and piece.level in (TITLE_LEVEL, 1) for piece in pieces)
    is_named = " ".join(first.text.split()).casefold() == named.casefold()
    alone = first.level == 1 and tops == 1
    leads = first.kind == "heading" and (first.level == TITLE_LEVEL or alone or is_named)
    title = " ".join((first.text if leads else named).split())
    shift = 1 if title and not (leads and alone) else 0
    flow = Flow()
    for piece in pieces[1:] if leads else pieces:
        flow.add(replace(piece, level=max(piece.level, 1) + shift) if piece.kind == "heading" else piece)
    return title, flow
