"""One door to all readers: the kind is checked, then the reader of the extension is called."""

from __future__ import annotations

from pathlib import PurePosixPath

from firstline.adapters.documents.docx import read_docx
from firstline.adapters.documents.html import read_html
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_size
from firstline.adapters.documents.pdf_process import read_pdf
from firstline.adapters.documents.sniff import check_kind
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

_READERS = {".html": read_html, ".htm": read_html, ".pdf": read_pdf, ".docx": read_docx}
EXTENSIONS = tuple(_READERS)


def read_file(name: str, content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a html, pdf or docx file.

    Raises
    ------
    UnreadableDocumentError
        The extension is none of ``EXTENSIONS``, the content is not what it says, or the reader refuses.
    """
    check_size(len(content), limits)
    reader = _READERS.get(PurePosixPath(name).suffix.lower())
    if reader is None:
        raise UnreadableDocumentError(f"the extension is not one of {', '.join(EXTENSIONS)}")
    check_kind(name, content)
    return reader(content, limits=limits)
