"""What is known of a stored object without reading it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectStat:
    """An object at one moment."""

    size_bytes: int
    """>= 0."""
    revision: str
    """Another one for every other content: the entity tag in S3; time, size and inode of a file."""
