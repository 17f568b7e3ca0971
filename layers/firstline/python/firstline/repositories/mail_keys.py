"""Keys of the single table for mail that comes in, and its threads."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final

THREAD: Final = "MAILTHREAD"
"""Sort key, below a conversation, of what its answers by mail are made with."""
REFERENCES: Final = "MAILREF#"
"""Begin of the sort keys, below a conversation, of the ids of its mails, in the order of time."""
RECEIVED: Final = "INMAIL#"
"""Begin of the sort keys, below a conversation, of the mails received."""
THREAD_KEY: Final = "MAIL#KEY"
"""Partition of the key that names of threads are signed with."""


def digest(*parts: str) -> str:
    """Return what stands for texts in keys, whatever their length (SHA-256, hexadecimal)."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def reference(at: datetime, message_id: str) -> str:
    """Sort key, below a conversation, of the id of one of its mails."""
    return f"{references_from(at)}#{digest(message_id)[:16]}"


def references_from(at: datetime) -> str:
    """Begin of the sort keys of ids from that moment on."""
    return f"{REFERENCES}{moment(at)}"


def moment(at: datetime) -> str:
    """Milliseconds since the epoch, so that the order is that of time."""
    return f"{int(at.timestamp() * 1000):015d}"


def message(message_id: str) -> str:
    """Partition of what is known of a message id."""
    return f"MAILID#{digest(message_id)}"


def received(mail_id: str) -> str:
    """Sort key, below a conversation, of a mail received."""
    return f"{RECEIVED}{mail_id}"


def unanswered(day: date) -> str:
    """Partition of the mails received on a day that belong to no conversation."""
    return f"MAILDAY#{day.isoformat()}"


def claim(content: str) -> str:
    """Partition of the claim on a mail, by what it is recognised by."""
    return f"MAILCLAIM#{content}"


def claimed_copy(content: str) -> str:
    """Partition of the name of the claim on a list's copy of a mail, by what the mail itself is recognised by."""
    return f"MAILCOPY#{content}"


def claimed_object(object_key: str) -> str:
    """Partition of the name of the claim that a stored object led to."""
    return f"MAILOBJECT#{digest(object_key)}"


def sender(address: str) -> str:
    """Partition of the times that a sender has lately written."""
    return f"MAILFROM#{digest(address)}"


def answered_to(address: str) -> str:
    """Partition of the times at which a correspondent's mails were given to be answered."""
    return f"MAILTO#{digest(address)}"


def said(words: str) -> str:
    """Partition of the mark that a sender has lately said just this."""
    return f"MAILSAID#{words}"
