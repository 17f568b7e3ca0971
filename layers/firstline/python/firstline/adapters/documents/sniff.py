"""What a file really is, by its content and not by its name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from firstline.domain.errors import UnreadableDocumentError

Kind = Literal["text", "html", "pdf", "docx", "office_encrypted_or_old", "other_office", "zip", "picture", "binary"]

_HTML_START = re.compile(rb"\A(?>\s+|<!--.*?-->|<\?xml[^>]*>)*+<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.S)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0")
_PDF_SEARCHED = 1024
_TEXT_SEARCHED = 8192
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OFFICE_PARTS = ((b"word/", "docx"), (b"xl/", "other_office"), (b"ppt/", "other_office"))

_EXPECTED: dict[str, tuple[Kind, ...]] = {
    ".md": ("text",),
    ".markdown": ("text",),
    ".txt": ("text",),
    ".csv": ("text",),
    ".jsonl": ("text",),
    ".html": ("html", "text"),
    ".htm": ("html", "text"),
    ".pdf": ("pdf",),
    ".docx": ("docx", "office_encrypted_or_old"),
}
_SPOKEN: dict[Kind, str] = {
    "text": "plain text",
    "html": "a web page (html)",
    "pdf": "a pdf",
    "docx": "a Word document (docx)",
    "office_encrypted_or_old": "an old or encrypted Office file",
    "other_office": "another Office file (a spreadsheet, slides or OpenDocument)",
    "zip": "a zip archive",
    "picture": "a picture",
    "binary": "of no format that is read here",
}


def sniff(content: bytes) -> Kind:
    """Tell a file's kind by its first bytes and, for an archive, by the names within it.

    Returns
    -------
    Kind
        ``text`` for anything that could be text, the empty file included.
    """
    if b"%PDF-" in content[:_PDF_SEARCHED]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _archive_kind(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "office_encrypted_or_old"
    if content.startswith(_PICTURES) or (content.startswith(b"RIFF") and content[8:12] == b"WEBP"):
        return "picture"
    if content.startswith(_WIDE_MARKS):
        return "text"
    if b"\0" in content[:_TEXT_SEARCHED] or content.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"{\\rtf")):
        return "binary"
    return "html" if _HTML_START.match(content[:_TEXT_SEARCHED].removeprefix(b"\xef\xbb\xbf")) else "text"


def check_kind(name: str, content: bytes) -> Kind:
    """Return a file's kind if it is one that the name's extension promises.

    A page named ``.md`` or ``.txt`` is refused, since read as text its tags would be indexed; text named ``.html`` is
    let through, since a fragment of html need not start with a tag.

    Raises
    ------
    UnreadableDocumentError
        The extension is not one that is read, or the content is something else than the extension says.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _EXPECTED:
        known = ", ".join(extension[1:] for extension in _EXPECTED)
        raise UnreadableDocumentError(f"the extension {suffix or '(none)'} is not one of {known}")
    kind = sniff(content)
    if kind not in _EXPECTED[suffix]:
        raise UnreadableDocumentError(f"its name ends in {suffix}, but its content is {_SPOKEN[kind]}")
    return kind


def _archive_kind(content: bytes) -> Kind:
    # The central directory names every member once more, and stands within the last bytes of the file.
    names = content[:_TEXT_SEARCHED] + content[-65536:]
    if b"mimetypeapplication/" in names[:200]:
        return "other_office"
    if b"[Content_Types].xml" in names:
        for part, kind in _OFFICE_PARTS:
            if part in names:
                return "docx" if kind == "docx" else "other_office"
    return "zip"
