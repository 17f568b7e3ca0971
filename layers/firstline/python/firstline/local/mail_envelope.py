"""What the envelope of a mail said, written above its headers, where parsing and gate read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_OURS_TO_SAY = re.compile(rb"(?i)(?:return-path|delivered-to|x-original-to|x-ses-[!-9;-~]*)[ \t]*:")
"""Headers that only the receiving server writes: what a sender puts there is not believed."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f<>()\[\]]+")


@dataclass(frozen=True)
class Envelope:
    """Who sent a mail to whom, as the SMTP dialogue said.

    Parameters
    ----------
    sender : str
        Without angle brackets; empty for the null sender of bounces (RFC 5321, 4.5.5).
    recipients : sequence of str
        Addresses of ours, at least one.
    """

    sender: str
    recipients: Sequence[str]
    client: str
    """What the client called itself."""
    peer: str
    """Its address."""


def with_envelope(raw: bytes, envelope: Envelope, *, mail_id: str, received_at: datetime) -> bytes:
    """Return a mail as the object store keeps it.

    Return-Path, Delivered-To (one per recipient) and Received stand above its own headers; those of the first two
    kinds, X-Original-To and X-SES-* that it came with are gone, and so is a mailbox file's ``From `` line.
    """
    lines = [f"Return-Path: <{_word(envelope.sender)}>"]
    lines += [f"Delivered-To: {_word(recipient)}" for recipient in envelope.recipients]
    by_whom = f"{_word(envelope.client) or 'unknown'} ([{_word(envelope.peer)}])"
    lines.append(f"Received: from {by_whom} by firstline with ESMTP id {mail_id}; {format_datetime(received_at)}")
    head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
    return head + _without_forged(raw)


def _word(text: str) -> str:
    return _UNSAFE.sub("", text)


def _without_forged(raw: bytes) -> bytes:
    kept: list[bytes] = []
    dropping = False
    place = 0
    while place < len(raw):
        match = _LINE.match(raw, place)
        assert match is not None  # noqa: S101 - the pattern fits everywhere
        line = match[0]
        if not line.strip(b"\r\n"):
            break
        if not line.startswith((b" ", b"\t")):
            mailbox_line = not place and line.startswith((b"From ", b">From "))
            dropping = mailbox_line or _OURS_TO_SAY.match(line) is not None
        if not dropping:
            kept.append(line)
        place = match.end()
    return b"".join(kept) + raw[place:]
