"""The files and the text in a ``winmail.dat``: what Outlook sends to those it takes for its own kind (MS-OXTNEF)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

_SIGNATURE = 0x223E9F78
_MESSAGE, _ATTACHMENT = 1, 2
_BODY = 0x800C
_ATTACH_RENDERING, _ATTACH_TITLE, _ATTACH_DATA, _ATTACH_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_CODE_PAGE = 0x9007
_LONG_NAME = b"\x1f\x00\x07\x37"
"""Property PidTagAttachLongFilename (0x3707) of type Unicode string (0x001F), as it stands in the bytes."""
_HEAD = struct.Struct("<BII")
MAX_ATTRIBUTES = 10_000
MAX_FILES = 200


@dataclass
class WinmailFile:
    """A file as it is read, attribute by attribute."""

    name: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Winmail:
    """What could be read."""

    text: bytes
    """The message's plain text, in the code page; empty where it has only formatted text."""
    charset: str
    files: tuple[WinmailFile, ...]


def read_winmail(content: bytes) -> Winmail | None:
    """Read a TNEF stream.

    Parameters
    ----------
    content : bytes
        Any content; what is cut off is read as far as it goes.

    Returns
    -------
    Winmail or None
        None where it is no such stream, or holds neither text nor files. Mails enclosed in it, and text that stands in
        it only as RTF, are not read.
    """
    if len(content) < 6 or int.from_bytes(content[:4], "little") != _SIGNATURE:
        return None
    text, charset = b"", "cp1252"
    files: list[WinmailFile] = []
    place = 6
    for _ in range(MAX_ATTRIBUTES):
        if place + _HEAD.size > len(content):
            break
        level, tag, length = _HEAD.unpack_from(content, place)
        start = place + _HEAD.size
        data = content[start : start + length]
        place = start + length + 2
        name = tag & 0xFFFF
        if level == _MESSAGE and name == _BODY:
            text = data.rstrip(b"\0")
        elif level == _MESSAGE and name == _CODE_PAGE and len(data) >= 4:
            charset = f"cp{int.from_bytes(data[:4], 'little')}"
        elif level == _ATTACHMENT:
            if name == _ATTACH_RENDERING:
                if len(files) >= MAX_FILES:
                    break
                files.append(WinmailFile())
            elif files:
                _fill(files[-1], name, data, charset)
        elif level not in (_MESSAGE, _ATTACHMENT):
            break
    found = tuple(file for file in files if file.content)
    return Winmail(text, charset, found) if text or found else None


def _fill(file: WinmailFile, name: int, data: bytes, charset: str) -> None:
    if name == _ATTACH_DATA:
        file.content = data
    elif name == _ATTACH_TITLE:
        file.name = file.name or _decoded(data, charset)
    elif name == _ATTACH_PROPERTIES:
        file.name = _long_name(data) or file.name


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.rstrip(b"\0").decode(charset, "replace")
    except LookupError:
        return data.rstrip(b"\0").decode("cp1252", "replace")


def _long_name(properties: bytes) -> str:
    """Return the long name among an attachment's properties: tag, count of values, length in bytes, UTF-16."""
    place = properties.find(_LONG_NAME)
    if place < 0 or place + 12 > len(properties):
        return ""
    length = int.from_bytes(properties[place + 8 : place + 12], "little")
    if not 2 <= length <= 1_024:
        return ""
    return properties[place + 12 : place + 12 + length].decode("utf-16-le", "replace").strip("\0")
