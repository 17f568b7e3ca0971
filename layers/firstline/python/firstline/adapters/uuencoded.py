"""Files that stand uuencoded within a plain text, as old programs send them."""

from __future__ import annotations

import binascii
import re

from firstline.domain.mail.parsed_mail import MailFile

_BEGIN = re.compile(r"(?m)^begin [0-7]{3,4} (?P<name>[^\n]{1,255})\n")
_END = re.compile(r"(?m)^end[ \t]*$\n?")
_MOST_FILES = 100


def without_uuencoded(text: str) -> tuple[str, list[MailFile]]:
    """Return a text without the uuencoded files in it, and these files.

    What only looks like one, for want of its end or with a line that is none of the encoding, stays in the text.
    """
    files: list[MailFile] = []
    kept: list[str] = []
    place = 0
    while len(files) < _MOST_FILES and (begin := _BEGIN.search(text, place)) is not None:
        end = _END.search(text, begin.end())
        if end is None:
            break
        content = _decoded(text[begin.end() : end.start()])
        stop = begin.end() if content is None else end.end()
        kept.append(text[place : stop if content is None else begin.start()])
        if content is not None:
            files.append(MailFile(begin["name"].strip(), "", content))
        place = stop
    return "".join([*kept, text[place:]]), files


def _decoded(lines: str) -> bytes | None:
    content = []
    for line in lines.split("\n"):
        if not line.strip():
            continue
        try:
            content.append(binascii.a2b_uu(line.rstrip("\r")))
        except ValueError:
            return None
    return b"".join(content) if content else None
