"""Where attached files lie, how they get there without passing through a function, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from firstline.domain.document_ports import DocumentReader, ObjectStore


@dataclass(frozen=True)
class UploadAddress:
    """Where a client puts one file, and how."""

    url: str
    """A path of our own server where it starts with a slash."""
    expires_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    """To be sent exactly so."""
    method: str = "PUT"


class AttachmentStore(ObjectStore, Protocol):
    """A private store of files; what is in it is reached by addresses that expire."""

    def upload_address(self, key: str, *, size_bytes: int, expires_at: datetime) -> UploadAddress:
        """Return where exactly so many bytes may be put under a key, once, until then."""
        ...

    def download_address(self, key: str, *, name: str, media_type: str, expires_s: int) -> str | None:
        """Return where the file may be read, to be kept under a name; None where our own server must hand it out."""
        ...


@runtime_checkable
class TakesUploads(Protocol):
    """A store whose uploads come through our own server."""

    def redeem(self, token: str, *, now: datetime) -> tuple[str, int]:
        """Return the key and the size in bytes that an upload's token is good for. Raises ``NotAuthorizedError``."""
        ...

    def write_new(self, key: str, content: bytes) -> None:
        """Write an object that is not there yet. Raises ``AttachmentUploadedError`` where it is."""
        ...


@dataclass(frozen=True)
class AttachmentPorts:
    """The adapters of attached files."""

    store: AttachmentStore
    reader: DocumentReader
    """With narrower limits than that of the company's own articles: somebody waits, and nobody vouches."""
