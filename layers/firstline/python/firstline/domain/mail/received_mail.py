"""A mail received: what is kept of it beside its raw bytes, and what it is recognised by when it comes again."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.thread import bare_subject
from firstline.domain.mail.threading import Trust
from firstline.domain.mail.verdict import GateReason, Verdict

_NO_WORD = re.compile(r"[\W_]+")
_RULE = re.compile(r"[^\S\n]*[^\w\s]{2}[\W_]*|[^\S\n]*_{2}[\W_]*")
"""A line that sets a list's own lines apart from those of the mail."""
_TAGS = re.compile(r"\[[^\]]*\]")
"""Marks in subjects, such as a list's name."""
_LINES_OF_LIST, _MOST_RULES = 25, 4
_SHORT = 40
"""Letters; shorter words in answer to another mail are another answer."""


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
    authenticated: bool = False
    """Our receiving server has found that it is its sender's domain's; False where none of ours looks."""


@dataclass(frozen=True)
class MailContent:
    """What a mail is recognised by when it comes again."""

    own: str
    """By the same way."""
    without_list: tuple[str, ...] = ()
    """What it would be recognised by without the lines that its list may have added."""


@dataclass(frozen=True)
class Said:
    """What is the same in two mails of one sender that say the same; empty where that may be said again."""

    answering: str = ""
    """In answer to the same mail, or to none: somebody has pressed "send" twice."""
    anywhere: str = ""
    """In answer to whatever mail."""


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
    trust: Trust = Trust.NOBODY_NEW
    """To whom answers may go after it, where its conversation was there before."""
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


def content_of(mail: ParsedMail, raw: bytes) -> MailContent:
    """Return what a mail is recognised by: its message id with all that it says and who says it, else its bytes.

    The id alone would lose mail of programs that give every mail the same one; the bytes alone differ between two
    copies of one mail that came by two ways. A list's copy has lines at its end, and a Reply-To, that are not its
    sender's.
    """
    if not mail.message_id:
        return MailContent(hashlib.sha256(raw).hexdigest())
    listed = bool(mail.header("list-id") or mail.header("list-post")) or mail.header("precedence").lower() == "list"
    subject = _plain(bare_subject(_TAGS.sub("", mail.subject).strip()))
    who = ("id", mail.message_id, *_people(mail, reply_to=not listed), subject, *mail.references[-1:])
    files = [hashlib.sha256(file.content).hexdigest() for file in mail.files]
    if not mail.readable:
        # Nothing that was read tells it from another one.
        files.append(hashlib.sha256(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1]).hexdigest())
    texts = [mail.text, *(_without_list(mail.text) if listed else ())]
    own, *shorter = (_digest(*who, "", _plain(text), *files) for text in texts)
    return MailContent(own, tuple(dict.fromkeys(one for one in shorter if one != own)))


def words_of(mail: ParsedMail, own: str) -> Said:
    """Return what is the same in two mails that say the same.

    Parameters
    ----------
    own : str
        The mail's own words, without what it quotes.
    """
    letters = _letters(own)
    if mail.sender is None or not (letters or mail.files):
        return Said()
    files = [hashlib.sha256(file.content).hexdigest() for file in mail.files]
    said = (*_people(mail, reply_to=True), _letters(bare_subject(mail.subject)), letters, *files)
    answering = _digest("said", *said, "", *mail.references[-1:])
    return Said(answering, _digest("said anywhere", *said) if len(letters) >= _SHORT else "")


def _people(mail: ParsedMail, *, reply_to: bool) -> tuple[str, ...]:
    """Return who sends a mail, and who else is to be answered."""
    sender = mail.sender.address if mail.sender else ""
    others = {mailbox.address for mailbox in mail.reply_to} - {sender} if reply_to else set[str]()
    return (sender, " ".join(sorted(others)))


def _without_list(text: str) -> list[str]:
    """Return a text without its last lines, for each rule among them that may begin what a list has added."""
    lines = text.rstrip().splitlines()
    first = max(1, len(lines) - _LINES_OF_LIST)
    rules = [place for place in range(first, len(lines)) if _RULE.fullmatch(lines[place])]
    return ["\n".join(lines[:place]) for place in rules[-_MOST_RULES:]]


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _letters(text: str) -> str:
    return _NO_WORD.sub("", text.casefold())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
