"""Attached files in a private S3 bucket; clients put and get them by presigned addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from firstline.adapters.aws.object_store import S3ObjectStore
from firstline.domain.attachment_ports import UploadAddress
from firstline.domain.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BYTES = "application/octet-stream"


class S3AttachmentStore(S3ObjectStore):
    """Objects of one bucket, whose rules remove ``incoming/`` after a day and ``files/`` after the retention.

    Parameters
    ----------
    client : S3Client
        Signs by version 4: only that signs the headers of an upload.
    """

    def __init__(self, client: S3Client, bucket: str, *, clock: Clock) -> None:
        super().__init__(client, bucket)
        self._clock = clock

    def upload_address(self, key: str, *, size_bytes: int, expires_at: datetime) -> UploadAddress:
        """See ``AttachmentStore.upload_address``; S3 refuses another length, and a second file under the key."""
        url = self._client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._prefix + key,
                "ContentLength": size_bytes,
                "ContentType": _BYTES,
                "IfNoneMatch": "*",
            },
            ExpiresIn=max(1, int((expires_at - self._clock.now()).total_seconds())),
        )
        return UploadAddress(url, expires_at.astimezone(UTC), {"Content-Type": _BYTES, "If-None-Match": "*"})

    def download_address(self, key: str, *, name: str, media_type: str, expires_s: int) -> str | None:
        """See ``AttachmentStore.download_address``."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._prefix + key,
                "ResponseContentType": media_type,
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=expires_s,
        )
