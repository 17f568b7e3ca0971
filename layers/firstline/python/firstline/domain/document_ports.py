"""The ports that knowledge comes in by: where files lie, and who reads them. ``domain.ports`` names them too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from firstline.domain.objects import ObjectStat
from firstline.domain.parsed import ParsedDocument, ParsedTable


class ObjectStore(Protocol):
    """Files by key."""

    def read(self, key: str) -> bytes:
        """Return the object's content.

        Raises
        ------
        NotFoundError
        InvalidInputError
            The key is none that this store takes.
        UnreadableDocumentError
            The store refuses to give this one object.
        StoreUnavailableError
        """
        ...

    def stat(self, key: str) -> ObjectStat:
        """Return size and revision without reading it. Raises as ``read`` does."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Write the object whole."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is no error."""
        ...

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield keys in lexical order."""
        ...


class DocumentReader(Protocol):
    """Reads files whose format needs a library, and judges those that do not.

    Every method raises ``UnreadableDocumentError`` with the reason where it refuses.
    """

    @property
    def extensions(self) -> Collection[str]:
        """What ``read`` takes: small letters, with the dot."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same file would be read otherwise."""
        ...

    def check_size(self, size_bytes: int) -> None:
        """Refuse a file by its size alone."""
        ...

    def check_kind(self, name: str, content: bytes) -> None:
        """Refuse a file whose extension is not read, or whose content is not what its extension says."""
        ...

    def read(self, name: str, content: bytes) -> ParsedDocument:
        """Read a file of one of ``extensions``."""
        ...

    def read_text(self, content: bytes) -> str:
        """Decode a text: by what it says itself, else UTF-8, else Windows-1252."""
        ...

    def read_table(self, content: bytes) -> ParsedTable:
        """Read a csv whose first row names its columns."""
        ...
