"""Attached files in a folder; uploads come through our own server, by a signed address each."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.attachment_errors import AttachmentUploadedError
from firstline.domain.attachment_ports import UploadAddress
from firstline.domain.errors import NotAuthorizedError, StoreUnavailableError
from firstline.domain.identity_ports import OwnTokens

UPLOADS = "/attachments/uploads/"
_AUDIENCE = "upload"


class FolderAttachmentStore(FolderObjectStore):
    """Files for this user alone, below a folder of the data.

    Parameters
    ----------
    tokens : OwnTokens
        Sign the addresses of uploads.
    """

    def __init__(self, folder: Path, tokens: OwnTokens) -> None:
        super().__init__(folder)
        self._tokens = tokens

    def upload_address(self, key: str, *, size_bytes: int, expires_at: datetime) -> UploadAddress:
        """See ``AttachmentStore.upload_address``. Raises ``SigningKeyUnavailableError``."""
        claims = {"aud": _AUDIENCE, "sub": key, "size": size_bytes, "exp": int(expires_at.timestamp())}
        headers = {"Content-Type": "application/octet-stream"}
        return UploadAddress(UPLOADS + self._tokens.sign(claims), expires_at, headers)

    def download_address(self, key: str, *, name: str, media_type: str, expires_s: int) -> str | None:
        """Return None: our own server hands the file out."""
        return None

    def redeem(self, token: str, *, now: datetime) -> tuple[str, int]:
        """See ``TakesUploads.redeem``."""
        claims = self._tokens.read(token, audience=_AUDIENCE)
        if now.timestamp() >= float(claims["exp"]):
            raise NotAuthorizedError("this address for an upload has expired")
        return str(claims["sub"]), int(claims["size"])

    def write_new(self, key: str, content: bytes) -> None:
        """See ``TakesUploads.write_new``. Raises ``StoreUnavailableError`` where the disk refused."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                # A link, unlike a rename, never takes the place of what is there.
                path.hardlink_to(temporary)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except FileExistsError as error:
            raise AttachmentUploadedError("this address for an upload was used before") from error
        except OSError as error:
            raise StoreUnavailableError(f"cannot write {key}: {error.strerror}") from error
