"""A mail's headers as data: decoded, in one line, bounded."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from firstline.adapters.mail_text import decoded_text, soft_text
from firstline.domain.mail.parsed_mail import Mailbox

MAX_HEADERS = 3_000
_LONGEST_HEADER = 20_000
_MAX_COMMENTS = 20
_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\]\\]{1,128}@[^\s<>\"(),:;\\]{1,255}")


def headers_of(message: Message) -> Iterator[tuple[str, str]]:
    for number, (name, value) in enumerate(message.raw_items()):
        if number >= MAX_HEADERS:
            return
        yield name.strip().lower(), header_text(str(value)[:_LONGEST_HEADER])


def header_text(value: str) -> str:
    """Return a header's value decoded (RFC 2047) and in one line, without control characters."""
    unfolded = re.sub(r"\s*[\r\n]+\s*", " ", soft_text(value))
    try:
        pieces = decode_header(unfolded)
    except (HeaderParseError, binascii.Error, ValueError):
        pieces = [(unfolded, None)]
    text = "".join(
        piece if isinstance(piece, str) else decoded_text(piece, charset or "")[0] for piece, charset in pieces
    )
    return one_line(text)


def one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text).strip()


def _uncommented(value: str) -> str:
    return value if value.count("(") <= _MAX_COMMENTS else re.sub("[()]", " ", value)


def mailboxes(headers: tuple[tuple[str, str], ...], header: str) -> tuple[Mailbox, ...]:
    # The library reads comments within comments by recursion.
    values = [_uncommented(value) for known, value in headers if known == header]
    found = []
    for shown, address in getaddresses(values):
        match = _ADDRESS.search(address) or _ADDRESS.search(shown)
        if match:
            found.append(
                Mailbox(match[0].lower().strip(".'"), "" if _ADDRESS.fullmatch(shown) else shown.strip()[:200])
            )
    if not found:
        found = [Mailbox(match[0].lower()) for value in values for match in _ADDRESS.finditer(value)]
    return tuple(dict.fromkeys(found))
