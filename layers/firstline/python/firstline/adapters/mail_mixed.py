"""Texts of two charsets: UTF-8, and another one that a relay, or the writer of a quoted mail, has left in them."""

from __future__ import annotations

import re

from firstline.adapters.mail_charset import ALPHABETS, MIN_SCORE, fit, guessed_charset

FALLBACK = "cp1252"
LONGEST = 2_000_000
"""Of a text that is put right letter by letter."""
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ACCENTED = re.compile(rb"\xc3[\x80-\xbf]|\xc2[\xa0-\xbf]|\xe2\x80[\x90-\xbf]|\xe2\x82\xac")
"""Letters and marks of western Europe; read one by one they are none that follow each other."""
_CUT_OFF = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z")
_BAD_BYTES = re.compile("[\udc80-\udcff]+")
_LETTERS = {0xDC00 + byte: bytes([byte]).decode(FALLBACK, "ignore") for byte in range(0x80, 0x100)}
"""What windows-1252 has for a byte that is no UTF-8."""
_CERTAIN = 8
"""Letters of UTF-8 in lines of their own that are no chance, whatever charset the others are in."""
_MIN_GOOD = 2


def mixed_text(content: bytes) -> str | None:
    """Return a text that is in part UTF-8; None where its UTF-8 is none, or chance.

    Notes
    -----
    Lines that hold no letter of UTF-8 are another writer's, and are read in the charset that fits them; those that hold
    both, letter by letter, the others in windows-1252. Where less than half is UTF-8, its lines have to fit the other
    charset worse.
    """
    n_good = len(_SEQUENCE.findall(content)) if len(content) <= LONGEST else 0
    if not n_good:
        return None
    if (cut := _CUT_OFF.search(content)) and (whole := as_utf8(content[: cut.start()])) is not None:
        return whole
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    bad = [line for line in lines if _BAD_BYTES.search(line)]
    good = [line for line in lines if not line.isascii() and not _BAD_BYTES.search(line)]
    joined = "\n".join(bad)
    rest = _BAD_BYTES.sub("", joined)
    n_bad = len(joined) - len(rest)
    other = guessed_charset(_bytes(joined))
    # In a charset of several bytes some look like UTF-8.
    if rest.isascii() or (other not in ALPHABETS and _are_utf8(good, other)):
        is_chance = n_good < n_bad and (n_good <= _CERTAIN or len(bad) == len(lines)) and not _are_utf8(good, other)
        return None if is_chance else "\n".join(_by_line(line, other) for line in lines)
    if n_good < n_bad and not _is_accented(content, n_good):
        return None
    return content.decode("utf-8", "surrogateescape").translate(_LETTERS)


def with_utf8_lines(content: bytes, declared: str) -> str | None:
    """Return a text of a charset of single bytes whose other lines are UTF-8; None where none are."""
    if len(content) > LONGEST or len(_SEQUENCE.findall(content)) < _MIN_GOOD:
        return None
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    good = [line for line in lines if not line.isascii() and not _BAD_BYTES.search(line)]
    if sum(not letter.isascii() for line in good for letter in line) < _MIN_GOOD or not _are_utf8(good, declared):
        return None
    return "\n".join(_by_line(line, declared) for line in lines)


def as_utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _are_utf8(lines: list[str], other: str) -> bool:
    """Return whether lines look more like words as UTF-8 than in another charset, in which they can be read, too."""
    if not lines:
        return False
    text = "\n".join(lines)
    try:
        said = fit(text.encode(other), other)
    except UnicodeEncodeError:
        # Letters of other languages.
        said = MIN_SCORE
    return said > fit(text.encode(), other)


def _is_accented(content: bytes, n_good: int) -> bool:
    """Return whether all UTF-8 is western letters, and the rest windows-1252."""
    if n_good < _MIN_GOOD or len(_ACCENTED.findall(content)) != n_good:
        return False
    return guessed_charset(_SEQUENCE.sub(b"", content)) == FALLBACK


def _by_line(line: str, other: str) -> str:
    return _decoded(line, other) if _BAD_BYTES.search(line) else line


def _decoded(text: str, charset: str) -> str:
    return _bytes(text).decode(charset, "replace").replace("\ufffd", "")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
