"""Japanese text as mails write it: ISO-2022-JP with the characters that Windows adds to it."""

from __future__ import annotations

import re

_JAPANESE = re.compile(rb"\x1b(?:\$[@B]|\$\(D|\([BJI])")

_LONGEST = 2_000_000
"""Bytes of a text that is put right letter by letter."""


def iso_2022_jp(content: bytes) -> str:
    """Decode ISO-2022-JP with the characters that Windows adds to it (code page 50221)."""
    try:
        return content.decode("iso2022_jp_ext")
    except UnicodeDecodeError:
        if len(content) > _LONGEST:
            return content.decode("iso2022_jp_ext", "ignore")
    found: list[str] = []
    place, escape = 0, b""
    for match in [*_JAPANESE.finditer(content), None]:
        piece = content[place : match.start() if match else len(content)]
        if escape in (b"\x1b$@", b"\x1b$B"):
            found.append(_pairs(piece))
        elif escape:
            found.append((escape + piece + b"\x1b(B").decode("iso2022_jp_ext", "ignore"))
        else:
            found.append(piece.decode("utf-8", "replace").replace("\ufffd", ""))
        if match:
            place, escape = match.end(), match[0]
    return "".join(found)


def _pairs(piece: bytes) -> str:
    """Decode pairs of seven-bit bytes (JIS X 0208) by code page 932, up to a line's end, which ends them."""
    pairs, end, rest = piece.partition(b"\n")
    found = bytearray()
    for row, cell in zip(pairs[0::2], pairs[1::2], strict=False):
        if 0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E:
            low = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
            found += bytes([(row + 1) // 2 + (0x70 if row < 0x5F else 0xB0), low])
    return found.decode("cp932", "ignore") + (end + rest).decode("ascii", "ignore")
