"""A mail's headers as data: decoded, in one line, bounded."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from itertools import islice

from firstline.adapters.mail_addresses import Addresses, read_addresses
from firstline.adapters.mail_text import decoded_text, soft_text

MAX_HEADERS = 3_000
_LONGEST_HEADER = 20_000
_OF_SERVERS = ("authentication-results", "arc-", "received", "x-ses-")


def headers_of(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in _raw_headers(message):
        # What a server reports is never encoded; decoded, a stranger's words in it could pass for the server's.
        yield name, one_line(value) if name.startswith(_OF_SERVERS) else header_text(value)


def addresses_of(message: Message, header: str) -> Addresses:
    """Return the addresses of a mail's header; its name in lower case.

    A domain of other letters is written as the domain name system knows it (RFC 3490), for mail to be sent there.
    """
    fields = (one_line(value) for name, value in _raw_headers(message) if name == header)
    found = read_addresses(fields, header_text)
    boxes = (replace(mailbox, address=_with_plain_domain(mailbox.address)) for mailbox in found.mailboxes)
    return replace(found, mailboxes=tuple(boxes))


def _with_plain_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        plain = domain.encode("idna")
        # Letters that are taken for others (full width, sharp s) would lead to another domain.
        same = plain.decode("idna") == domain
    except UnicodeError:
        return address
    return f"{local}{at}{plain.decode('ascii')}" if same else address


def _raw_headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in islice(message.raw_items(), MAX_HEADERS):
        yield name.strip().lower(), _unfolded(str(value)[:_LONGEST_HEADER])


def _unfolded(value: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", soft_text(value))


def header_text(value: str) -> str:
    """Return a header's value decoded (RFC 2047) and in one line, without control characters."""
    unfolded = _unfolded(value)
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
