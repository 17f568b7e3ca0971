"""One door to all readers: the kind is checked, then the reader of the extension is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_size
from firstline.adapters.documents.sniff import check_kind
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

EXTENSIONS = (".html", ".htm", ".pdf", ".docx")


def read_file(name: str, content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a html, pdf or docx file.

    Raises
    ------
    UnreadableDocumentError
        The extension is none of ``EXTENSIONS``, the content is not what it says, or the reader refuses.
    """
    check_size(len(content), limits)
    extension = PurePosixPath(name).suffix.lower()
    if extension not in EXTENSIONS:
        raise UnreadableDocumentError(f"the extension is not one of {', '.join(EXTENSIONS)}")
    check_kind(name, content)
    return _reader(extension)(content, limits=limits)


def _reader(extension: str) -> Callable[..., ParsedDocument]:
    # Imported on use: most functions on AWS read no file, and come without the readers' libraries.
    if extension == ".pdf":
        from firstline.adapters.documents.pdf_process import read_pdf

        return read_pdf
    if extension == ".docx":
        from firstline.adapters.documents.docx import read_docx

        return read_docx
    from firstline.adapters.documents.html import read_html

    return read_html
