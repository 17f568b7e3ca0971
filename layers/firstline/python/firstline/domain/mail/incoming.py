"""What a mail becomes in its conversation: its words, its files, and what it changes in its thread."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from firstline.domain.contact import checked_email
from firstline.domain.mail.gate import without_plus
from firstline.domain.mail.parsed_mail import Mailbox, MailFile, ParsedMail
from firstline.domain.mail.thread import SUBJECT_MARK, MailThread, bare_subject
from firstline.domain.mail.threading import Trust

CUT = "\n[...]"
"""Ends words that were cut; the whole text stays in the raw mail."""
MAX_COPIES = 10
"""Others that an answer goes to; a mail to more of them is answered to its sender alone."""
SMALLEST_PICTURE_BYTES = 8_192
"""A smaller picture within the text is taken for a part of a signature."""
_MAX_NAME = 120
_WORD = re.compile(r"\w+")
_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")


def message_of(mail: ParsedMail, own: str, *, first: bool, max_characters: int) -> str:
    """Return a mail's words as a message; empty where it has none.

    Parameters
    ----------
    own : str
        What it says anew, from ``reply_text``.
    first : bool
        It begins a thread: its subject stands in front where it says more than the text.
    max_characters : int
        Longer words are cut, which ``CUT`` at their end says.
    """
    text = clean(own) or ("" if mail.files else clean(mail.text))
    subject = clean(bare_subject(mail.subject)) if first else ""
    if subject and not text:
        text = subject
    elif subject and not _words(subject) <= _words(text):
        text = f"{SUBJECT_MARK}{subject}\n\n{text}"
    return text if len(text) <= max_characters else text[: max_characters - len(CUT)].rstrip() + CUT


def storable(mail: ParsedMail) -> ParsedMail:
    """Return a mail whose ids and addresses can be stored: halves of characters in them become question marks."""
    return replace(
        mail,
        message_id=_whole(mail.message_id),
        references=tuple(map(_whole, mail.references)),
        sender=_whole_mailbox(mail.sender) if mail.sender else None,
        to=tuple(map(_whole_mailbox, mail.to)),
        cc=tuple(map(_whole_mailbox, mail.cc)),
        reply_to=tuple(map(_whole_mailbox, mail.reply_to)),
    )


def _whole_mailbox(mailbox: Mailbox) -> Mailbox:
    return Mailbox(_whole(mailbox.address), _whole(mailbox.name))


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def clean(text: str) -> str:
    """Return a text without what no message may hold; empty where there is nothing to see."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter if letter in "\n\t" or letter.isprintable() else _shown(letter) for letter in lines)
    return kept.strip() if any(letter.isprintable() and not letter.isspace() for letter in kept) else ""


def _shown(letter: str) -> str:
    """Return what stands for a letter that is not printable: joiners of scripts and emojis stay."""
    category = unicodedata.category(letter)
    return "" if category in ("Cc", "Cs") else letter


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def files_of(mail: ParsedMail) -> Iterator[tuple[str, MailFile]]:
    """Yield the files to be taken in, each with a name; small pictures within the text are left out."""
    for number, file in enumerate(mail.files, start=1):
        if file.inline and len(file.content) < SMALLEST_PICTURE_BYTES:
            continue
        name = clean(file.name) or f"attachment-{number}{mimetypes.guess_extension(file.media_type) or ''}"
        yield name, file


def our_address(mail: ParsedMail, ours: Iterable[str]) -> str:
    """Return which of our addresses a mail was written to; the first of them where it names none.

    Parameters
    ----------
    ours : iterable of str
        Addresses that customers write to, in lower case; at least one.
    """
    known = list(ours)
    named = [*mail.addresses(), *(value.strip("<> ") for header in _RECIPIENT_HEADERS for value in mail.all(header))]
    return next((address for address in map(without_plus, named) if address in known), known[0] if known else "")


def customer_of(mail: ParsedMail, ours: Collection[str]) -> Mailbox:
    """Return whom an answer goes to: as Reply-To says, else the sender; an empty address where nobody can get mail."""
    wanted = [*mail.reply_to, *([mail.sender] if mail.sender else [])]
    for mailbox in wanted:
        if without_plus(mailbox.address) not in ours and _can_get_mail(mailbox.address):
            name = mailbox.name or (mail.sender.name if mail.sender else "")
            return Mailbox(mailbox.address, clean(name).replace("\n", " ")[:_MAX_NAME])
    return Mailbox("")


def _can_get_mail(address: str) -> bool:
    try:
        checked_email(address)
    except ValueError:
        return False
    return True


def copies_of(mail: ParsedMail, customer: Mailbox, ours: Collection[str]) -> tuple[str, ...]:
    """Return who else gets an answer: all whom the mail went to or whom it names for answers beside the customer.

    We do not, and nobody does where they are too many.
    """
    sender = mail.sender.address if mail.sender else ""
    others = [
        address
        for address in dict.fromkeys((*(one.address for one in mail.reply_to), *mail.addresses()))
        if without_plus(address) not in ours and address not in (customer.address, sender) and _can_get_mail(address)
    ]
    return tuple(others) if len(others) <= MAX_COPIES else ()


def without_strangers(mail: ParsedMail, thread: MailThread, ours: Collection[str], trust: Trust) -> ParsedMail:
    """Return a mail of a thread without those in it whom it is not trusted to bring in."""
    known = {*thread.participants, *thread.cc, thread.customer.address}

    def kept(mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(one for one in mailboxes if one.address in known or without_plus(one.address) in ours)

    if trust is Trust.FULL:
        return mail
    if trust is Trust.COPIES:
        return replace(mail, reply_to=kept(mail.reply_to))
    return replace(mail, reply_to=kept(mail.reply_to), to=kept(mail.to), cc=kept(mail.cc))


def _strangers(addresses: set[str], ours: Collection[str]) -> frozenset[str]:
    """Return addresses without ours: a group of ours writes them into From for everybody."""
    return frozenset(address for address in addresses if address and without_plus(address) not in ours)


def thread_after(
    before: MailThread,
    mail: ParsedMail,
    *,
    ours: Collection[str],
    new_participant: bool,
    waiting: bool,
    trust: Trust = Trust.FULL,
) -> MailThread:
    """Return a thread after a mail that is to be answered.

    Parameters
    ----------
    new_participant : bool
        Its sender has proven to take part.
    waiting : bool
        Something that the customer wrote before is still to be answered: they then get a copy of the answer to both.
    """
    mail = without_strangers(mail, before, ours, trust)
    customer = customer_of(mail, ours)
    cc = copies_of(mail, customer, ours)
    if waiting and before.customer.address not in ("", customer.address, *cc):
        cc = (*cc, before.customer.address)
    joining = {mail.sender.address, customer.address} if new_participant and mail.sender else set[str]()
    return replace(
        before,
        customer=customer,
        cc=cc,
        participants=before.participants | _strangers(joining, ours),
        silent=not customer.address,
    )


def new_thread(
    conversation_id: str, mail: ParsedMail, *, ours: Collection[str], to: str, silent: bool, linked: str
) -> MailThread:
    """Return the thread that a mail begins.

    Parameters
    ----------
    to : str
        The address of ours that it was written to.
    silent : bool
        It must not be answered automatically.
    """
    customer = customer_of(mail, ours)
    sender = mail.sender.address if mail.sender else ""
    return MailThread(
        conversation_id=conversation_id,
        subject=clean(bare_subject(mail.subject)).replace("\n", " "),
        ours=to,
        customer=customer,
        cc=copies_of(mail, customer, ours),
        participants=_strangers({sender, customer.address}, ours),
        references=(mail.message_id,) if mail.message_id else (),
        silent=silent or not customer.address,
        linked=linked,
    )
