"""A mail as read: its words, its headers as data, and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mailbox:
    """An address with its display name."""

    address: str
    """In lower case; without spaces or line breaks."""
    name: str = ""


@dataclass(frozen=True)
class MailFile:
    """A part that is no text of the mail."""

    name: str
    """As its sender called it; may be empty."""
    media_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    """Shown within the text, as a picture of a signature is."""
    content_id: str = ""
    """By which the html names it (RFC 2392); without angle brackets."""


@dataclass(frozen=True)
class DeliveryStatus:
    """One recipient's fate in a delivery report (RFC 3464)."""

    recipient: str
    action: str
    """``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded``; may be empty."""
    status: str
    """Enhanced code (RFC 3463), such as ``5.1.1``; may be empty."""


@dataclass(frozen=True)
class ParsedMail:
    """What could be read of a mail; reading never fails, what cannot be read is named."""

    subject: str = ""
    sender: Mailbox | None = None
    sender_is_clear: bool = True
    """One From with one address, which no other reader takes for another one."""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    message_id: str = ""
    """Without angle brackets."""
    references: tuple[str, ...] = ()
    """Message ids of the thread, oldest first, that of In-Reply-To last; without angle brackets."""
    date: str = ""
    """As written."""
    text: str = field(default="", repr=False)
    """The words of the mail itself; of its html where it has no plain text. Forwarded mails stand below."""
    html: str = field(default="", repr=False)
    """As it came, not sanitised."""
    files: tuple[MailFile, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Name in lower case and decoded value in one line, in order."""
    media_type: str = "text/plain"
    report_type: str = ""
    """Of multipart/report, such as ``delivery-status`` or ``feedback-report``."""
    statuses: tuple[DeliveryStatus, ...] = ()
    feedback_type: str = ""
    """Of a feedback report (RFC 5965), such as ``abuse``."""
    enclosed_ids: tuple[str, ...] = ()
    """Message ids of enclosed mails and of the headers that a report returns."""
    problems: tuple[str, ...] = ()
    """What was not read as written, such as ``charset``, ``too_deep`` or ``hidden_text``; for a person to know."""

    @property
    def readable(self) -> bool:
        """There is something to answer: text, or a file."""
        return bool(self.text.strip() or self.files)

    def header(self, name: str) -> str:
        """Return the first header of a name in lower case, or an empty text."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> Iterator[str]:
        """Yield every header of a name in lower case."""
        return (value for known, value in self.headers if known == name)

    def addresses(self) -> Sequence[str]:
        """Return all recipients' addresses."""
        return [mailbox.address for mailbox in (*self.to, *self.cc)]
