"""Word documents (docx) read into our Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from firstline.adapters.documents import markdown_writer as write
from firstline.adapters.documents.docx_package import DocxPackage
from firstline.adapters.documents.docx_styles import Numbering, Styles, value_of, whole
from firstline.adapters.documents.docx_text import ParagraphText, is_all_bold, is_monospaced, text_boxes
from firstline.adapters.documents.flow import Piece, arranged
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_characters, check_size
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "AlternateContent", "Choice"})
_LONGEST_BOLD_HEADING = 80
_WIDEST_SPAN = 50


def read_docx(content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a Word document: text, headings, lists, tables, code, footnotes. Macros and pictures are never opened.

    Raises
    ------
    UnreadableDocumentError
        The document is empty, too large, encrypted, broken, an old .doc, a zip bomb, or declares XML entities.
    """
    check_size(len(content), limits)
    package = DocxPackage(content, limits)
    main = package.main_part()
    tree = package.xml(main)
    body = tree.find("body") if tree is not None else None
    if body is None:
        raise UnreadableDocumentError("the docx is broken: it holds no document")
    metadata = _metadata(package)
    pieces = list(_Walk(package, main).pieces(body))
    if not any(piece.kind != "heading" and piece.text.strip() for piece in pieces):
        raise UnreadableDocumentError("the document holds no text; if it holds pictures of text, run text recognition")
    title, flow = arranged([piece for piece in pieces if piece.text.strip()], metadata.pop("title", ""))
    markdown = write.document(title, flow.blocks())
    check_characters(len(markdown), limits)
    return ParsedDocument(title, markdown, metadata, tuple(flow.anchors))


class _Walk:
    def __init__(self, package: DocxPackage, main: str) -> None:
        self._styles = Styles(package.related(main, "styles"))
        self._numbering = Numbering(package.related(main, "numbering"))
        links = {identity: target for kind, target, identity in package.relations(main) if kind == "hyperlink"}
        self._text = ParagraphText(links)
        self._notes = {
            f"{kind} {note.get('id', '')}": note
            for kind in ("footnote", "endnote")
            for note in package.related(main, f"{kind}s") or ()
            if note.get("type", "normal") == "normal"
        }
        self._note_count = 0

    def pieces(self, parent: Element) -> Iterator[Piece]:
        """Yield what a body, a text box or a cell holds, in order."""
        for node in parent:
            if node.tag == "p":
                yield from self._paragraph(node)
            elif node.tag == "tbl":
                yield from self._table(node)
            elif node.tag in _CONTAINERS and not _is_contents(node):
                yield from self.pieces(node)

    def _paragraph(self, node: Element) -> Iterator[Piece]:
        text, notes = self._with_notes(node)
        if text.strip():
            yield self._piece(node, text)
        yield from (Piece("paragraph", note) for note in notes)
        for box in text_boxes(node):
            yield from self.pieces(box)

    def _piece(self, node: Element, text: str) -> Piece:
        style = self._styles.style(value_of(node, "pPr/pStyle"))
        outline = value_of(node, "pPr/outlineLvl")
        level = whole(outline) + 1 if outline.isdecimal() and int(outline) < 9 else style.level
        if style.name.lower().startswith("toc ") or style.name.lower() == "table of figures":
            return Piece("paragraph", "")
        if level is not None:
            return Piece("heading", text, level=level)
        if style.is_code or is_monospaced(node):
            return Piece("code", text)
        number = node.find("pPr/numPr")
        number_id = value_of(number, "numId") or style.number_id
        item_level = whole(value_of(number, "ilvl")) if number is not None else style.number_level
        marker = self._numbering.marker(number_id, item_level)
        if marker:
            return Piece("item", text, level=item_level, marker=marker)
        emphatic = is_all_bold(node) and len(text) <= _LONGEST_BOLD_HEADING and text.strip()[-1] not in ".,;:!"
        return Piece("paragraph", text, emphatic=emphatic)

    def _table(self, node: Element) -> Iterator[Piece]:
        rows = [row for row in _through(node, "tr") if row.find("trPr/del") is None]
        if max((sum(1 for _ in _through(row, "tc")) for row in rows), default=0) <= 1:
            for row in rows:
                for cell in _through(row, "tc"):
                    yield from self.pieces(cell)
            return
        grid: list[list[str]] = []
        notes: list[str] = []
        for row in rows:
            cells: list[str] = []
            for cell in _through(row, "tc"):
                merge = cell.find("tcPr/vMerge")
                goes_on = merge is not None and merge.get("val", "continue") == "continue"
                above = grid[-1][len(cells)] if goes_on and grid and len(cells) < len(grid[-1]) else ""
                text = above or self._cell(cell, notes)
                width = min(max(whole(value_of(cell, "tcPr/gridSpan")), 1), _WIDEST_SPAN)
                cells += [text, *[""] * (width - 1)]
            grid.append(cells)
        yield Piece("table", write.table(grid))
        yield from (Piece("paragraph", note) for note in notes)

    def _cell(self, cell: Element, notes: list[str]) -> str:
        lines: list[str] = []
        for paragraph in cell.iter("p"):
            text, found = self._with_notes(paragraph)
            lines.append(" ".join(text.split()))
            notes += found
        return write.one_line("\n".join(line for line in lines if line))

    def _with_notes(self, paragraph: Element) -> tuple[str, list[str]]:
        text, references = self._text.of(paragraph)
        written: list[str] = []
        for position, reference in enumerate(references):
            note = self._notes.get(reference)
            body = " ".join(self._text.of(node)[0].strip() for node in note.iter("p")) if note is not None else ""
            self._note_count += bool(body)
            text = text.replace(f"\0{position}\0", f" [{self._note_count}]" if body else "", 1)
            if body:
                written.append(f"[{self._note_count}] {body}")
        return text, written


def _metadata(package: DocxPackage) -> dict[str, str]:
    tree = package.related("", "core-properties")
    found = {
        name: (tree.findtext(name) or "").strip() if tree is not None else ""
        for name in ("title", "creator", "language")
    }
    found["author"] = found.pop("creator")
    found["language"] = found["language"].split("-")[0].lower()
    return {name: value for name, value in found.items() if value}


def _is_contents(node: Element) -> bool:
    return "table of contents" in value_of(node, "sdtPr/docPartObj/docPartGallery").lower()


def _through(node: Element, tag: str) -> Iterator[Element]:
    for child in node:
        if child.tag == tag:
            yield child
        elif child.tag in _CONTAINERS:
            yield from _through(child, tag)
