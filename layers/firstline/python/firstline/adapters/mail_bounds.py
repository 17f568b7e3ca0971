"""Bounds of what is read of a mail's bytes: each line, part and level costs time and memory."""

from __future__ import annotations

import re
from itertools import islice

MAX_DIVISIONS = 2_000
"""Lines of one boundary."""
MAX_HEAD_LINES = 20_000
MAX_NESTED = 150
"""Parts that say of themselves that they hold others."""
MAX_TEXT_BYTES = 2_000_000
"""Of a mail's text parts; those that begin beyond are kept as files."""
_DOUBLED_RETURN = re.compile(rb"[^\r\n]{1,2000}\r\r\n")
_SEPARATOR = re.compile(rb">?From (?![ \t]*:)")
_MAX_SEPARATORS = 10
_NESTED = re.compile(rb"(?i)content-type\s{0,10}:\s{0,10}(?:multipart|message)/")
_BOUNDARY = re.compile(rb"(?i)boundary\s{0,10}=\s{0,10}\"?([^\"\s;]{1,200})")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_FROM = re.compile(rb"(?i)(?:\A|[\r\n])From[ \t\v\f]*+:")


def bounded(raw: bytes, problems: list[str]) -> bytes:
    """Return a mail's bytes as far as they are read; what is left out is named in ``problems``."""
    content = _cut(_without_envelope(raw), problems)
    if len(_NESTED.findall(content)) > MAX_NESTED:
        # The parser's time and stack grow with the nesting: only the head is read.
        problems.append("too_deep")
        content = _END_OF_HEAD.split(content, maxsplit=1)[0] + b"\n\n"
    return content


def has_one_sender(content: bytes) -> bool:
    """Return whether a mail's header block has no second From, however far the colon stands from the name."""
    end = _END_OF_HEAD.search(content)
    return sum(1 for _ in islice(_FROM.finditer(content, 0, end.start() if end else len(content)), 2)) < 2


def _without_envelope(raw: bytes) -> bytes:
    """Return the mail without blank lines and a mailbox's separators before its first header, its lines ended alike."""
    text = raw.lstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    elif _DOUBLED_RETURN.match(text):
        text = text.replace(b"\r\r\n", b"\r\n")
    for _ in range(_MAX_SEPARATORS):
        if not _SEPARATOR.match(text):
            break
        text = text.partition(b"\n")[2]
    return text


def _cut(content: bytes, problems: list[str]) -> bytes:
    """Return the mail without the lines and parts beyond those that are looked at: each costs time and memory."""
    end = _END_OF_HEAD.search(content)
    head = content[: end.start()] if end else content
    if head.count(b"\n") > MAX_HEAD_LINES:
        problems.append("too_many_headers")
        content = b"\n".join(head.split(b"\n", MAX_HEAD_LINES)[:-1]).rstrip(b"\r") + content[len(head) :]
    for boundary in dict.fromkeys(match[1] for match in islice(_BOUNDARY.finditer(content), MAX_NESTED)):
        divided = content.split(b"\n--" + boundary, MAX_DIVISIONS)
        if len(divided) > MAX_DIVISIONS:
            problems += [] if "too_many_parts" in problems else ["too_many_parts"]
            content = (b"\n--" + boundary).join(divided[:-1])
            if len(content) < len(head) and "too_many_headers" not in problems:
                # Lines like boundaries stood among the fields.
                problems.append("too_many_headers")
    return content
