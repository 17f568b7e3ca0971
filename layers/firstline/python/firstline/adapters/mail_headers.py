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
from firstline.adapters.mail_charset_names import charset_named
from firstline.adapters.mail_parameters import unfolded
from firstline.adapters.mail_text import decoded_text, soft_text

MAX_HEADERS = 3_000
_LONGEST_HEADER = 20_000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_WITHOUT_END = re.compile(
    r"=\?(?P<charset>[^?\s=]{1,60})\?(?P<encoding>[bBqQ])\?(?P<text>[^?\s]*)"
    r"(?P<mark>\??)(?=\s|\Z)(?![^?]*\?=)"
)
_ENCODED_WORD = re.compile(r"=\?(?P<charset>[^?\s=]{1,60})\?(?P<encoding>[bBqQ])\?(?P<text>[^?]*)\?=")
_FOLDED_ESCAPE = re.compile(r"=(?:\s+([0-9A-Fa-f])|([0-9A-Fa-f])\s+)(?=[0-9A-Fa-f])")
_ONLY_ENCODED = re.compile(r"\s*(?:=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*\?=\s*)+")
_ESCAPE = re.compile(r"=[0-9A-Fa-f]{2}")
_CUT_ESCAPE = re.compile(r"=[0-9A-Fa-f]?\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_MIN_BASE64 = 8
_OF_SERVERS = ("authentication-results", "arc-", "received", "x-ses-")


def headers_of(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in _raw_headers(message):
        # What a server reports is never encoded; decoded, a stranger's words in it could pass for the server's.
        yield name, one_line(value) if name.startswith(_OF_SERVERS) else header_text(value)


def addresses_of(message: Message, header: str) -> Addresses:
    """Return the addresses of a mail's header; its name in lower case.

    A domain of other letters is written as the domain name system knows it (RFC 3490), for mail to be sent there. They
    are not clear where some of the header is cut off: another address may stand there.
    """
    items = [(name.strip().lower(), str(value)) for name, value in message.raw_items()]
    fields = [value for name, value in items[:MAX_HEADERS] if name == header]
    whole = len(items) <= MAX_HEADERS and all(len(value) <= _LONGEST_HEADER for value in fields)
    found = read_addresses((one_line(_unfolded(value[:_LONGEST_HEADER])) for value in fields), header_text)
    boxes = (replace(mailbox, address=_with_plain_domain(mailbox.address)) for mailbox in found.mailboxes)
    return replace(found, mailboxes=tuple(boxes), clear=found.clear and whole)


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
    return unfolded(soft_text(value))


def header_text(value: str) -> str:
    """Return a header's value decoded (RFC 2047) and in one line, without control characters."""
    text = _decoded(_unfolded(value))
    # Some programs encode what is encoded.
    return one_line(_decoded(text) if _ONLY_ENCODED.fullmatch(text) else text)


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    closed = _WITHOUT_END.sub(_closed, _ENCODED_WORD.sub(_in_one_line, value))
    # Behind the last end the standard library would look for another from each beginning.
    words, end, rest = closed.rpartition("?=")
    try:
        pieces = decode_header(words + end)
    except (HeaderParseError, binascii.Error, ValueError):
        return value
    is_plain = "\\u" not in value.lower()
    return "".join(_piece(piece, charset, is_plain=is_plain) for piece, charset in pieces) + rest


def _piece(piece: str | bytes, charset: str | None, *, is_plain: bool) -> str:
    """Return a piece decoded; the standard library has written letters beside encoded words as Python's escapes."""
    if isinstance(piece, str):
        return piece
    return piece.decode("raw-unicode-escape") if charset is None and is_plain else decoded_text(piece, charset or "")[0]


def _in_one_line(word: re.Match[str]) -> str:
    """Return an encoded word without the blanks that a fold has left between its letters, and what is no byte."""
    charset, encoding, text = word["charset"], word["encoding"].lower(), word["text"]
    if encoding == "q":
        return f"=?{charset}?q?{_FOLDED_ESCAPE.sub(lambda cut: f'={cut[1] or cut[2]}', text)}?="
    letters = re.sub(r"\s", "", text)
    return _closed_base64(charset, letters) if _BASE64.fullmatch(letters) else word[0]


def _closed(word: re.Match[str]) -> str:
    """Return an encoded word with the end that it lacks, what is cut off of its last letter left out."""
    charset, encoding, text = word["charset"], word["encoding"].lower(), word["text"]
    # By itself what looks like its beginning may be someone's words.
    if not charset_named(charset):
        return word[0]
    if encoding == "q" and (word["mark"] or _ESCAPE.search(text)):
        return f"=?{charset}?q?{_CUT_ESCAPE.sub('', text)}?="
    if encoding == "b" and _BASE64.fullmatch(text) and (word["mark"] or len(text) >= _MIN_BASE64):
        return _closed_base64(charset, text)
    return word[0]


def _closed_base64(charset: str, text: str) -> str:
    letters = text.rstrip("=")
    return f"=?{charset}?b?{letters[:-1] if len(letters) % 4 == 1 else letters}?="


def one_line(text: str) -> str:
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()
