"""Bytes decoded into text: by what they say themselves, else UTF-8, else Windows-1252."""

from __future__ import annotations

import codecs

from firstline.domain.errors import UnreadableDocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK = "cp1252"
_NOT_TEXT = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "idna", "punycode", "unicode-escape"})


def decode(content: bytes, declared: str = "") -> tuple[str, str]:
    """Decode a text file.

    Parameters
    ----------
    declared : str
        The encoding that the file names itself; a byte order mark wins over it, and an unknown or wrong name is
        passed over.

    Returns
    -------
    text : str
        With ``\\n`` line ends and without a byte order mark.
    encoding : str
        Python's name of the encoding used; ``cp1252`` where it was only a fallback.

    Raises
    ------
    UnreadableDocumentError
        The content is not text: it holds NUL, or bytes that none of the encodings knows.
    """
    for encoding in _candidates(content, declared):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise UnreadableDocumentError("the content is binary, not text: it holds a NUL byte")
        return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise UnreadableDocumentError("the content is neither UTF-8 nor Windows-1252 text")


def _candidates(content: bytes, declared: str) -> list[str]:
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    if marked:
        return marked[:1]
    try:
        named = codecs.lookup(declared.strip()).name if declared.strip() else ""
    except (LookupError, ValueError):
        named = ""
    # Pages that claim Latin-1 are, by the web's own standard, Windows-1252; codecs that do not make text are no use.
    named = FALLBACK if named in ("iso8859-1", "ascii") else named
    if named in _NOT_TEXT:
        named = ""
    return list(
        dict.fromkeys(["utf-8", named, FALLBACK] if named == FALLBACK else [named or "utf-8", "utf-8", FALLBACK])
    )
