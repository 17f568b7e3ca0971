"""The port that reads documents, over the readers of all formats."""

from __future__ import annotations

from firstline.adapters.documents.encodings import decode
from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_size
from firstline.adapters.documents.read import EXTENSIONS, read_file
from firstline.adapters.documents.sniff import check_kind
from firstline.adapters.documents.tables import read_csv
from firstline.domain.parsed import ParsedDocument, ParsedTable

READERS_VERSION = 1
"""Raised whenever a reader would read the same file otherwise, so that it is read again."""


class FileReader:
    """Reads html, pdf, docx and csv within limits."""

    def __init__(self, limits: ReadLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits

    @property
    def extensions(self) -> tuple[str, ...]:
        """What ``read`` takes."""
        return EXTENSIONS

    @property
    def version(self) -> str:
        """Of the readers."""
        return str(READERS_VERSION)

    def check_size(self, size_bytes: int) -> None:
        """Refuse a file by its size alone. Raises ``UnreadableDocumentError``."""
        check_size(size_bytes, self._limits)

    def check_kind(self, name: str, content: bytes) -> None:
        """Refuse what is not what its extension says. Raises ``UnreadableDocumentError``."""
        check_kind(name, content)

    def read(self, name: str, content: bytes) -> ParsedDocument:
        """Read a html, pdf or docx file. Raises ``UnreadableDocumentError``."""
        return read_file(name, content, limits=self._limits)

    def read_text(self, content: bytes) -> str:
        """Decode a text. Raises ``UnreadableDocumentError``."""
        return decode(content)[0]

    def read_table(self, content: bytes) -> ParsedTable:
        """Read a csv. Raises ``UnreadableDocumentError``."""
        return read_csv(content, limits=self._limits)
