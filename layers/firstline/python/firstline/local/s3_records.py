"""Records of S3 notifications, as functions get them on AWS, for objects of the laptop's folders."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus


def s3_record(key: str, *, gone: bool = False) -> dict[str, Any]:
    """Return the record that tells of an object written, or deleted."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectRemoved:Delete" if gone else "ObjectCreated:Put",
        # A file's name may hold bytes that are no UTF-8.
        "s3": {"bucket": {"name": "local"}, "object": {"key": quote_plus(key, safe="/", errors="surrogateescape")}},
    }
