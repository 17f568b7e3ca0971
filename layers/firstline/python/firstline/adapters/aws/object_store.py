"""Objects in an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from firstline.domain.errors import NotFoundError, StoreUnavailableError, UnreadableDocumentError
from firstline.domain.objects import ObjectStat

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_TRANSIENT = frozenset({"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "500", "503"})
_REFUSED = frozenset({"AccessDenied", "403", "InvalidObjectState"})
"""For one object: its policy or key forbids it, or it lies in an archive."""


class S3ObjectStore:
    """Objects by key below an optional prefix of a bucket.

    Parameters
    ----------
    client : S3Client
        Made by bootstrap, with its timeouts and retries.
    bucket : str
    prefix : str
        Put in front of every key, such as ``knowledge/``.
    """

    def __init__(self, client: S3Client, bucket: str, *, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def read(self, key: str) -> bytes:
        """Return the object's content.

        Raises ``NotFoundError``, ``UnreadableDocumentError``, ``StoreUnavailableError``.
        """
        with _translated(key, is_one=True):
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()

    def stat(self, key: str) -> ObjectStat:
        """Return size and entity tag. Raises as ``read`` does."""
        with _translated(key, is_one=True):
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        return ObjectStat(found["ContentLength"], found["ETag"])

    def write(self, key: str, content: bytes) -> None:
        """Write the object whole. Raises ``StoreUnavailableError``."""
        with _translated(key):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=content)

    def address(self, key: str, *, name: str, expires_s: int) -> str:
        """Return an address at which the object can be saved under a name for some seconds; nothing is shown in place.

        A function's answer has 6 MB at most, and a mail up to 30 MB.
        """
        asked = {
            "Bucket": self._bucket,
            "Key": self._prefix + key,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "ResponseContentType": "application/octet-stream",
        }
        return self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=expires_s)

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is no error. Raises ``StoreUnavailableError``."""
        with _translated(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield keys in lexical order; folder markers are left out. Raises ``StoreUnavailableError``."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with _translated(prefix):
            for page in pages:
                for found in page.get("Contents", []):
                    if not found["Key"].endswith("/"):
                        yield found["Key"].removeprefix(self._prefix)


@contextmanager
def _translated(key: str, *, is_one: bool = False) -> Iterator[None]:
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise NotFoundError(key) from error
        if code in _TRANSIENT:
            raise StoreUnavailableError(f"S3 answered {code} for {key}") from error
        if is_one and code in _REFUSED:
            raise UnreadableDocumentError(f"S3 does not give it: {code}") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise StoreUnavailableError(f"S3 did not answer for {key}") from error
