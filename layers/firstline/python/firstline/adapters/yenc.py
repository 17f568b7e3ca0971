"""Files that stand in a text in yEnc, as programs for news groups send them (yEnc draft 1.3)."""

from __future__ import annotations

import re
from itertools import islice

_BLOCK = re.compile(
    rb"(?m)^=ybegin [^\r\n]{0,500}?name=(?P<name>[^\r\n]{1,255})\r?\n(?:=ypart [^\r\n]{0,500}\r?\n)?"
    rb"(?P<lines>.*?)^=yend (?P<end>[^\r\n]*)(?:\r?\n|\Z)",
    re.S,
)
_ESCAPED = re.compile(rb"=(.)", re.S)
_SIZE = re.compile(rb"\bsize=(\d{1,12})\b")
_MOST_FILES = 100
_SHIFT = bytes((byte - 42) % 256 for byte in range(256))


def without_yenc(content: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return a text's bytes without the yEnc files in them, and each file's name, undecoded, and content.

    What is not as long as its last line says is no file, and stays.
    """
    end = content.rfind(b"\n=yend ")
    if end < 0 or b"=ybegin " not in content:
        return content, []
    # What begins behind the last end is none, and is not looked at: each look costs time.
    end = (content.find(b"\n", end + 1) + 1) or len(content)
    files: list[tuple[bytes, bytes]] = []
    kept: list[bytes] = []
    place = 0
    for block in islice(_BLOCK.finditer(content, 0, end), _MOST_FILES):
        lines = block["lines"].translate(None, b"\r\n")
        plain = _ESCAPED.sub(lambda match: bytes([(match[1][0] - 64) % 256]), lines)
        said = _SIZE.search(block["end"])
        if said is None or int(said[1]) != len(plain):
            continue
        kept.append(content[place : block.start()])
        place = block.end()
        files.append((block["name"].strip().strip(b'"'), plain.translate(_SHIFT)))
    return b"".join([*kept, content[place:]]), files
