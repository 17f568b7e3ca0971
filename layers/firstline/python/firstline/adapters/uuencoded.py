"""Files that stand uuencoded within a plain text, as old programs send them."""

from __future__ import annotations

import binascii
import re
from itertools import islice

from firstline.domain.mail.parsed_mail import MailFile

_BEGIN = re.compile(r"(?m)^begin [0-7]{3,4} (?P<name>[^\n]{1,255})\n")
_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_MOST_FILES = 100


def without_uuencoded(text: str) -> tuple[str, list[MailFile]]:
    """Return a text without the uuencoded files in it, and these files.

    What only looks like one, for want of its end or with a line that is none of the encoding, stays in the text.
    """
    files: list[MailFile] = []
    kept: list[str] = []
    place = 0
    for begin in islice(_BEGIN.finditer(text), _MOST_FILES):
        if begin.start() >= place and (decoded := _decoded(text, begin.end())) is not None:
            content, end = decoded
            kept.append(text[place : begin.start()])
            files.append(MailFile(begin["name"].strip(), "", content))
            place = end
    return "".join([*kept, text[place:]]), files


def _decoded(text: str, start: int) -> tuple[bytes, int] | None:
    """Return a file's content and the place after its last line; None where a line or the end is none."""
    content: list[bytes] = []
    for line in _LINE.finditer(text, start):
        if line[1].strip() == "end":
            return (b"".join(content), line.end()) if content else None
        if line[1].strip():
            try:
                content.append(binascii.a2b_uu(line[1]))
            except ValueError:
                return None
    return None
