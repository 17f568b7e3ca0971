"""A mail received: what is kept of it beside its raw bytes, and what it is recognised by when it comes again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.thread import bare_subject
from firstline.domain.mail.verdict import GateReason, Verdict

_NO_WORD = re.compile(r"[\W_]+")
_COMPARED = 40
"""Letters of a mail's begin that tell it from another one under the same message id: lists add lines at the end."""
_FEW_WORDS = 5
"""With less, the same words in answer to another mail are another answer."""


@dataclass(frozen=True)
class ReceivedMail:
    """One mail in its conversation, or of its day where it belongs to none."""

    mail_id: str
    received_at: datetime
    verdict: Verdict
    reason: GateReason
    conversation_id: str = ""
    seq: int = 0
    """Place of its words in the conversation's log; 0 where they are not there."""
    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    object_key: str = ""
    """Of its raw bytes."""
    file_ids: tuple[str, ...] = ()
    """Of its files that were taken."""
    problems: tuple[str, ...] = ()
    """What was not read as written, and which files were not taken and why."""


@dataclass(frozen=True)
class MailClaim:
    """What was decided of a mail before anything was done with it; it stays decided however often the mail comes."""

    content: str
    """What the mail is recognised by."""
    mail_id: str
    conversation_id: str
    """Where it goes; empty where it only is recorded."""
    verdict: Verdict
    reason: GateReason
    received_at: datetime
    is_new: bool = False
    """The conversation is to be made."""
    new_participant: bool = False
    linked: str = ""
    done: bool = False
    noted: bool = False
    """The conversation's log says already what was not taken of it."""

    @property
    def for_somebody(self) -> bool:
        """It goes into a conversation's log: to be answered, or for people."""
        return self.verdict in (Verdict.ANSWER, Verdict.TICKET_ONLY)

    @property
    def client_id(self) -> str:
        """Id of its message in the conversation's log."""
        return f"mail-{self.mail_id}"


def content_of(mail: ParsedMail, raw: bytes) -> str:
    """Return what a mail is recognised by: its message id with its sender and its first letters, else its bytes.

    The id alone would lose mail of programs that give every mail the same one; the bytes alone differ between two
    copies of one mail that came by two ways.
    """
    if not mail.message_id:
        return hashlib.sha256(raw).hexdigest()
    sender = mail.sender.address if mail.sender else ""
    return _digest("id", mail.message_id, sender, _letters(mail.text)[:_COMPARED])


def words_of(mail: ParsedMail, own: str) -> str:
    """Return what is the same in two mails that say the same; empty where a mail says nothing or nobody sent it.

    Parameters
    ----------
    own : str
        The mail's own words, without what it quotes.
    """
    letters = _letters(own)
    if mail.sender is None or not (letters or mail.files):
        return ""
    files = [hashlib.sha256(file.content).hexdigest() for file in mail.files]
    few = len(own.split()) < _FEW_WORDS and len(letters) < _COMPARED
    answered = mail.references[-1] if few and mail.references else ""
    return _digest("said", mail.sender.address, _letters(bare_subject(mail.subject)), letters, answered, *files)


def _letters(text: str) -> str:
    return _NO_WORD.sub("", text.casefold())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
