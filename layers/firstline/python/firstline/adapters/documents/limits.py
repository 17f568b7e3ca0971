"""How much a document may hold, checked before and while it is read."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.errors import UnreadableDocumentError

_MIB = 1024 * 1024


@dataclass(frozen=True)
class ReadLimits:
    """Bounds of one document; all are > 0."""

    max_bytes: int = 50 * _MIB
    """Of the file as it is stored."""
    max_expanded_bytes: int = 200 * _MIB
    """Of all that is unpacked from a docx, together."""
    max_ratio: int = 200
    """Unpacked over packed bytes of one docx part, looked at from 1 MiB on."""
    max_pages: int = 2_000
    """Of a pdf."""
    max_characters: int = 10_000_000
    """Of the text found."""
    max_depth: int = 200
    """Elements within elements, in html and docx."""
    max_rows: int = 100_000
    """Of a csv."""
    max_seconds: float = 60.0
    """Wall time for one pdf, which is read in a process of its own."""
    max_memory_bytes: int = 2048 * _MIB
    """Address space of that process, where the system can bound it."""


DEFAULT_LIMITS = ReadLimits()
ATTACHMENT_LIMITS = ReadLimits(
    max_bytes=4_718_592,
    max_expanded_bytes=50 * _MIB,
    max_pages=200,
    max_characters=2_000_000,
    max_seconds=5.0,
    max_memory_bytes=1024 * _MIB,
)
"""Of a file that a customer sends: five of them are read while one request waits."""


def check_size(size_bytes: int, limits: ReadLimits = DEFAULT_LIMITS) -> None:
    """Refuse a file by its size alone, so that it need not be fetched.

    Raises
    ------
    UnreadableDocumentError
        The file is empty or larger than ``limits.max_bytes``.
    """
    if size_bytes == 0:
        raise UnreadableDocumentError("the file is empty")
    if size_bytes > limits.max_bytes:
        raise UnreadableDocumentError(
            f"the file has {size_bytes / _MIB:.1f} MB; the limit is {limits.max_bytes / _MIB:g} MB"
        )


def check_characters(count: int, limits: ReadLimits) -> None:
    """Refuse a document that holds too much text.

    Raises
    ------
    UnreadableDocumentError
        It holds more than ``limits.max_characters``.
    """
    if count > limits.max_characters:
        raise UnreadableDocumentError(f"it holds more than {limits.max_characters} characters of text; split it")
