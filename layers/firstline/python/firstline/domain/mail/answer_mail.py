"""An answer by mail: a message of its thread, as RFC 5322 has it."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from firstline.domain.contact import checked_email
from firstline.domain.mail.answer_body import Answer, MailSender, answer_html, answer_text, is_address
from firstline.domain.mail.asked import without_addresses
from firstline.domain.mail.mail_body import plain
from firstline.domain.mail.thread import MAX_SUBJECT_CHARACTERS, MailThread, bare_subject

MAX_REFERENCES_SENT = 20
"""Ids in a References header: the thread's first and its newest."""
_LONGEST_ID = 250
_LONGEST_NAME = 60
# Longer than any id that is kept: an id is never broken over lines, nor written as an encoded word. All that is not
# ASCII is encoded, as not every server takes eight bits.
_POLICY = SMTP.clone(max_line_length=400, cte_type="7bit")
_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


def answer_mail(answer: Answer, thread: MailThread, sender: MailSender, *, mail_id: str, now: datetime) -> bytes:
    """Return the message; of every try of one mail its ``Message-ID`` is the same.

    Parameters
    ----------
    thread : MailThread
        Whose customer's address is one that ``checked_email`` takes.
    mail_id : str
        Tells the thread's mails apart.

    Returns
    -------
    bytes
        multipart/alternative of text and html (RFC 2046, 5.1.4). SES puts an id of its own in ``Message-ID``'s place,
        so a signed id of ours stands in ``References`` too, before the newest; ``Reply-To`` is the thread's signed
        address. What is written without a person says so (RFC 3834) and asks other programs not to answer. It may be
        unsubscribed from (RFC 2369) where it is ticket news, which nobody has asked for; answers, transcripts and
        handovers are asked for one by one.

    Raises
    ------
    ValueError
        There is no address to write to; as ``AnswerOrderError``, ``mail.answer_order`` names no order.
    """
    domain = sender.address.rpartition("@")[2]
    message = EmailMessage(_POLICY)
    message["From"] = _mailbox(sender.name, sender.address)
    message["To"] = _mailbox("" if answer.to_stranger else thread.customer.name, thread.customer.address)
    if copies := copied_to(thread):
        message["Cc"] = [_mailbox("", address) for address in copies]
    message["Reply-To"] = _mailbox(sender.name, sender.tokens.reply_address(sender.address, thread.conversation_id))
    message["Subject"] = subject_of(thread, to_stranger=answer.to_stranger)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id(sender, thread.conversation_id, mail_id)}>"
    references = references_of(thread, sender.tokens.message_id(thread.conversation_id, "thread", domain))
    if _is_id(thread.last_received):
        message["In-Reply-To"] = f"<{thread.last_received}>"
    message["References"] = " ".join(f"<{known}>" for known in references)
    if answer.automatic:
        message["Auto-Submitted"] = "auto-replied" if not answer.news else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if answer.news:
        address = sender.tokens.reply_address(sender.address, thread.conversation_id)
        message["List-Unsubscribe"] = f"<mailto:{address}?subject=unsubscribe>"
    message["X-Loop"] = sender.loop_mark
    message.set_content(answer_text(answer, thread, sender))
    message.add_alternative(answer_html(answer, thread, sender), subtype="html")
    message.set_boundary(f"=_{mail_id}")
    return message.as_bytes()


def message_id(sender: MailSender, conversation_id: str, mail_id: str) -> str:
    """Return the id of a mail of ours, without angle brackets."""
    return sender.tokens.message_id(conversation_id, mail_id, sender.address.rpartition("@")[2])


def subject_of(thread: MailThread, *, to_stranger: bool = False) -> str:
    """Return ``Re: <subject>`` in one line, the same in all mails of a thread: else some programs part it."""
    subject = " ".join(plain(thread.subject).split())
    known = bare_subject(without_addresses(subject) if to_stranger else subject)
    return f"Re: {known[:MAX_SUBJECT_CHARACTERS]}".strip()


def references_of(thread: MailThread, own: str) -> list[str]:
    """Return the ids of the References header in the order of time, that of the mail which is answered last.

    What came after that one is left out: it is no ancestor. Of many the first and the newest stay.

    Parameters
    ----------
    own : str
        A signed id of ours. It stands before the last: programs that shorten the chain leave out its middle.
    """
    answered = thread.last_received if _is_id(thread.last_received) else ""
    past = thread.references
    if answered in past:
        past = past[: past.index(answered)]
    elif answered:
        past = past[:1]
    known = [one for one in past if _is_id(one) and one not in (own, answered)]
    if len(known) > MAX_REFERENCES_SENT - 2:
        known = [known[0], *known[-(MAX_REFERENCES_SENT - 3) :]]
    return [*known, own, *([answered] if answered else [])]


def copied_to(thread: MailThread) -> list[str]:
    """Return who gets a copy: whatever is an address, each once, and never the customer again."""
    found = dict.fromkeys(address.lower() for address in thread.cc if is_address(address))
    return [address for address in found if address != thread.customer.address.lower()]


def support_addresses(setting: str) -> list[str]:
    """Return the addresses of SUPPORT_ADDRESS, in order and in lower case, without names."""
    return [address for part in setting.split(",") if (address := parseaddr(part)[1].lower())]


def support_name(setting: str) -> str:
    """Return the display name of the first of SUPPORT_ADDRESS; empty where it has none."""
    return parseaddr(setting.split(",")[0])[0].strip()


def _is_id(value: str) -> bool:
    return len(value) <= _LONGEST_ID and _ID.fullmatch(value) is not None


def _mailbox(name: str, address: str) -> Address:
    shown = " ".join(plain(name).replace("\t", " ").split())[:_LONGEST_NAME]
    return Address(display_name=shown, addr_spec=checked_email(address))
