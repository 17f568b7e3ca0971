"""A mail's own pictures, as addresses that hold their content: shown without anything being loaded."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from firstline.domain.mail.parsed_mail import MailFile

MAX_PICTURE_BYTES = 2_000_000
"""Of all together: a function's answer has 6 MB, and base64 takes a third more than the bytes."""
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def own_pictures(files: Iterable[MailFile]) -> dict[str, str]:
    """Return addresses (RFC 2397) of the pictures that a mail's html may name, by Content-ID.

    A picture is what its bytes begin with, whatever the mail calls it; SVG, which may hold scripts, is none. Those that
    would make the page too large are left out.
    """
    found: dict[str, str] = {}
    left = MAX_PICTURE_BYTES
    for file in files:
        kind = _kind(file.content)
        if not file.content_id or not kind or file.content_id in found or len(file.content) > left:
            continue
        left -= len(file.content)
        found[file.content_id] = f"data:{kind};base64,{base64.b64encode(file.content).decode('ascii')}"
    return found


def _kind(content: bytes) -> str:
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
