"""A thread of mails: whom its answers go to, who takes part, and what they refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firstline.domain.mail.parsed_mail import Mailbox

MAX_REFERENCES = 30
"""Ids that an answer names in its References header: the first of the thread, and the newest."""
MAX_SUBJECT_CHARACTERS = 200
SUBJECT_MARK = "Subject: "
"""Stands before the subject where the first mail of a thread says something by it that its text does not."""

_MARK = (
    r"(?:re|aw|sv|vs|antw|antwort|odp|ynt|rif|r|res|rép|fwd?|wg|tr|rv|enc|i|pd|vb|vl|doorst|i\u0307?lt|"
    r"回复|回覆|答复|返信|转发|轉寄|転送)"
)
_MARKS = re.compile(rf"(?i)^\s*(?:{_MARK}\s*(?:\[\d+\]|\(\d+\))?\s*[:\uff1a]\s*)+")


@dataclass(frozen=True)
class MailThread:
    """What answers of a conversation by mail are made with."""

    conversation_id: str
    subject: str
    """Without marks of replies and forwards."""
    ours: str
    """The address of ours that the customer wrote to, without its plus-part."""
    customer: Mailbox
    """Whom answers go to; an empty address where there is nobody."""
    cc: tuple[str, ...] = ()
    """Who gets a copy, as the customer's newest mail says; none of them is ours."""
    participants: frozenset[str] = frozenset()
    """Addresses, in lower case, of those whose mails belong here by the ids they refer to."""
    references: tuple[str, ...] = ()
    """Ids of the thread's mails, received and sent, oldest first; at most ``MAX_REFERENCES``, no angle brackets."""
    last_received: str = ""
    """Message id of the newest mail received, or of the one that is answered: an answer's In-Reply-To; may be empty."""
    silent: bool = False
    """Nothing automatic may be sent; people may write."""
    linked: str = ""
    """The conversation that this one seems to continue, which its sender has not proven."""
    version: int = 0
    """Of the stored thread; 0 as long as it is not stored."""


def bare_subject(subject: str) -> str:
    """Return a subject without the marks of replies and forwards in front, at most 200 characters."""
    return _MARKS.sub("", subject).strip()[:MAX_SUBJECT_CHARACTERS]
