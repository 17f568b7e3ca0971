"""Pdf files read into our Markdown."""

from __future__ import annotations

import re

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from firstline.adapters.documents import markdown_writer as write
from firstline.adapters.documents.flow import arranged
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_characters, check_size
from firstline.adapters.documents.pdf_blocks import pieces_of
from firstline.adapters.documents.pdf_layout import reading_order
from firstline.adapters.documents.pdf_margins import drop_margins
from firstline.adapters.documents.pdf_page import Page, read_page
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

_NO_TITLE = re.compile(
    r"^(?:untitled.*|microsoft (?:word|powerpoint|excel)\b.*|.*\.\w{2,5}|document\d*|about:blank|\(anonymous\))$", re.I
)
_MOST_UNKNOWN = 0.3
_DEEPEST_OUTLINE = 6


def parse_pdf(content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a pdf within this process. The library is not safe to use from several threads at once.

    Callers want ``pdf_process.read_pdf``, which bounds time and memory as well.

    Raises
    ------
    UnreadableDocumentError
        The file is empty, too large, encrypted, broken, has too many pages or characters, is for the most part
        scanned, or does not say which letters its fonts draw.
    """
    check_size(len(content), limits)
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        reason = "the pdf is encrypted; save it without a password" if locked else "the pdf is broken"
        raise UnreadableDocumentError(reason) from error
    try:
        return _parsed(document, limits)
    except pdfium.PdfiumError as error:
        raise UnreadableDocumentError("the pdf is broken: one of its pages cannot be read") from error
    finally:
        document.close()


def _parsed(document: pdfium.PdfDocument, limits: ReadLimits) -> ParsedDocument:
    count = len(document)
    if count > limits.max_pages:
        raise UnreadableDocumentError(f"the pdf has {count} pages; the limit is {limits.max_pages}")
    outline = _outline(document)
    properties = document.get_metadata_dict(skip_empty=True)
    pages: list[Page] = []
    characters = 0
    for index in range(count):
        page = read_page(document, index, max_characters=limits.max_characters - characters)
        characters += sum(len(run.text) for run in page.runs)
        pages.append(page)
    silent = [page.number for page in pages if not page.runs and page.has_picture]
    _refuse_without_text(pages, silent)
    drop_margins(pages)
    pieces = pieces_of([item for page in pages for item in reading_order(page)], outline)
    pieces = [piece for piece in pieces if piece.text.strip() or piece.kind == "code"]
    if not any(piece.text.strip() for piece in pieces):
        raise UnreadableDocumentError("the pdf holds no text")
    named = write.clean(properties.get("Title", "")).strip()
    title, flow = arranged(pieces, "" if _NO_TITLE.match(named) else named)
    markdown = write.document(title, flow.blocks())
    check_characters(len(markdown), limits)
    metadata = {
        "pages": str(count),
        "pages_without_text": ", ".join(map(str, silent)),
        "author": write.clean(properties.get("Author", "")).strip(),
    }
    return ParsedDocument(
        title, markdown, {name: value for name, value in metadata.items() if value}, tuple(flow.anchors)
    )


def _refuse_without_text(pages: list[Page], silent: list[int]) -> None:
    texts = [run.text for page in pages for run in page.runs]
    letters = sum(map(len, texts))
    if not letters and silent:
        raise UnreadableDocumentError("the pdf holds images only; run text recognition first")
    if not letters:
        raise UnreadableDocumentError("the pdf holds no text")
    if 2 * len(silent) > len(pages):
        raise UnreadableDocumentError(
            f"{len(silent)} of the pdf's {len(pages)} pages hold images only; run text recognition first"
        )
    if sum(page.unknown_characters for page in pages) > _MOST_UNKNOWN * letters:
        raise UnreadableDocumentError("the pdf's fonts do not say which letters they draw; run text recognition first")


def _outline(document: pdfium.PdfDocument) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in document.get_toc(max_depth=_DEEPEST_OUTLINE):
        found.setdefault(" ".join(entry.get_title().lower().split()), entry.level)
    found.pop("", None)
    return found
