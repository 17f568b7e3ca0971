"""What a mail gets before anybody reads it, why, and what is told of it for that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DAYS_UNATTENDED = 3


class Verdict(StrEnum):
    """What a mail gets."""

    ANSWER = "answer"
    TICKET_ONLY = "ticket_only"
    """A person reads it; nothing automatic leaves."""
    IGNORE = "ignore"
    BOUNCE_PERMANENT = "bounce_permanent"
    BOUNCE_TEMPORARY = "bounce_temporary"
    AUTO_REPLY = "auto_reply"
    LOOP = "loop"
    SPAM = "spam"


class GateReason(StrEnum):
    """Why."""

    ORDINARY = "ordinary"
    OWN_MESSAGE = "own_message"
    """Our own mail has come back, or one that bears our mark."""
    OWN_ADDRESS = "own_address"
    """One of our own addresses is its sender."""
    PASSED_ON = "passed_on"
    """A form or a group of ours has put our address in place of its sender's."""
    FEEDBACK_REPORT = "feedback_report"
    """A recipient has marked a mail of ours as unwanted (ARF, RFC 5965)."""
    UNSUBSCRIBE = "unsubscribe"
    """A recipient wants no more of our mail; nothing else is said."""
    DELIVERY_REPORT = "delivery_report"
    """A report of the standard form (RFC 3464)."""
    DELIVERED = "delivered"
    """A report of success, or that a mail was read."""
    BOUNCE_WORDING = "bounce_wording"
    AUTO_SUBMITTED = "auto_submitted"
    """RFC 3834."""
    AUTO_HEADER = "auto_header"
    AUTO_WORDING = "auto_wording"
    MAILING_LIST = "mailing_list"
    BULK = "bulk"
    NULL_SENDER = "null_sender"
    NO_SENDER = "no_sender"
    NO_REPLY_ADDRESS = "no_reply_address"
    MALWARE = "malware"
    SPAM_VERDICT = "spam_verdict"
    UNAUTHENTICATED = "unauthenticated"
    """The sender's domain says that this is not its mail (DMARC), or it names several senders."""
    THREAD_LIMIT = "thread_limit"
    SENDER_LIMIT = "sender_limit"
    UNATTENDED_THREAD = "unattended_thread"
    """So many automatic replies in the thread, and no person has written: two machines would go on for ever."""
    UNATTENDED_SENDER = "unattended_sender"
    """The same in all threads with one correspondent."""
    SAME_BODY = "same_body"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    """Only its headers were read."""


@dataclass(frozen=True)
class GateVerdict:
    """What and why."""

    verdict: Verdict
    reason: GateReason


@dataclass(frozen=True)
class Ours:
    """By what our own mail is known."""

    addresses: frozenset[str] = frozenset()
    """Those we receive and send with, in lower case, without their plus-parts."""
    message_ids: frozenset[str] = frozenset()
    """Of what we have sent, as far as the mail names them; without angle brackets."""
    loop_mark: str = ""
    """Value of our X-Loop header."""
    lists: frozenset[str] = frozenset()
    """List-Id of lists that only pass support mail on to us, such as a group's."""
    people: frozenset[str] = frozenset()
    """Those of ``addresses`` that customers do not write to: people of ours may write from them, such as a team's."""
    refers: bool = False
    """The mail, which one of ``people`` sends, refers to one that we have sent."""


@dataclass(frozen=True)
class MailHistory:
    """What came and went before, as counted by the store."""

    replies_in_thread: int = 0
    """Automatic replies in this thread within a day."""
    mails_of_sender: int = 0
    """Mails of this sender within an hour, without this one."""
    same_body: bool = False
    """The same sender has sent the same words within a day, in answer to the same mail or to none."""
    same_body_elsewhere: bool = False
    """The same sender has sent the same words within a day, and they are more than a short answer."""
    unattended_in_thread: int = 0
    """Automatic replies in this thread since a person of ours last wrote there."""
    answered_in_day: int = 0
    """Mails within a day whose answer went where this one's would, since a person of ours last wrote there."""
    answered_in_month: int = 0
    """The same within 30 days."""


@dataclass(frozen=True)
class GateLimits:
    """How much is answered automatically."""

    replies_per_thread: int = 4
    """In a day."""
    mails_per_sender: int = 20
    """In an hour."""
    replies_per_sender: int = 12
    """In a day."""
    days_unattended: int = DAYS_UNATTENDED
    """So many days' replies, in a thread and to a correspondent, are all until a person writes."""

    @property
    def unattended_per_thread(self) -> int:
        """Most automatic replies in a thread in which no person writes."""
        return self.replies_per_thread * self.days_unattended

    @property
    def unattended_per_sender(self) -> int:
        """Most automatic replies to a correspondent to whom no person writes, in 30 days."""
        return self.replies_per_sender * self.days_unattended
