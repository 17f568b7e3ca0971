"""Which thread a mail belongs to: by what only its participants can know, never by subject or name alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from firstline.domain.mail.parsed_mail import ParsedMail

_ID = r"[0-9a-hjkmnp-tv-z]{26}"
"""A ULID in lower case: some mail servers write addresses so."""
_SIGNATURE_BYTES = 10
_TOKEN = re.compile(rf"({_ID})([a-z2-7]{{16}})")
_RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
_TICKET = re.compile(r"\[#([A-Z0-9-]{4,20})\]")


class JoinedBy(StrEnum):
    """What shows that a mail belongs to a thread."""

    TOKEN = "token"  # noqa: S105 - a word, no secret
    """The signed address it was sent to, or the signed id of our mail that it answers."""
    REFERENCE = "reference"
    """It answers a mail that we sent, and comes from a participant."""
    TICKET = "ticket"
    """The ticket's number stands in its subject, and it comes from the ticket's customer."""


class Trust(StrEnum):
    """To whom answers may go after a mail in a thread that was there before it."""

    FULL = "full"
    """To all whom it names: it holds the thread's token."""
    COPIES = "copies"
    """To its proven sender and to whom it was sent besides; not to a stranger as its Reply-To says."""
    NOBODY_NEW = "nobody_new"
    """To those alone who take part."""


@dataclass(frozen=True)
class KnownThread:
    """A thread that something in the mail points to."""

    conversation_id: str
    participants: frozenset[str]
    """Addresses in lower case."""


@dataclass(frozen=True)
class ThreadChoice:
    """Where a mail goes."""

    conversation_id: str = ""
    """Empty: a new thread."""
    joined_by: JoinedBy | None = None
    new_participant: bool = False
    """The sender takes part from now on."""
    linked: str = ""
    """Of a new thread: the one that it seems to continue, for people to see; its words are not shown there."""
    trust: Trust = Trust.FULL


class ThreadTokens:
    """Signed names of threads, in addresses and message ids.

    A token is the conversation's id and the first 80 bits of HMAC-SHA256 (RFC 2104) over it, in letters and digits
    that survive a change of case: 42 characters.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, conversation_id: str) -> str:
        """Return the token of a thread."""
        name = conversation_id.lower()
        return name + self._signature(name)

    def conversation_id(self, token: str) -> str:
        """Return the thread of a token, or an empty text where it is not ours."""
        match = _TOKEN.fullmatch(token.lower())
        if match is None or not hmac.compare_digest(match[2], self._signature(match[1])):
            return ""
        return match[1].upper()

    def reply_address(self, address: str, conversation_id: str) -> str:
        """Return the address that answers of a thread go to: ``support+<token>@company.example``."""
        local, _, domain = address.rpartition("@")
        return f"{local.partition('+')[0]}+{self.token(conversation_id)}@{domain}"

    def message_id(self, conversation_id: str, part: str, domain: str) -> str:
        """Return an id for a mail of a thread, without angle brackets; ``part`` tells its mails apart."""
        return f"{self.token(conversation_id)}.{part.lower()}@{domain}"

    def named(self, mail: ParsedMail) -> Iterator[str]:
        """Yield the threads that a mail's recipients and references prove, the surest first."""
        addresses = [value.lower() for header in _RECIPIENT_HEADERS for value in mail.all(header)]
        for text in (*addresses, *reversed(mail.references)):
            for match in _TOKEN.finditer(text.lower()):
                if conversation_id := self.conversation_id(match[0]):
                    yield conversation_id

    def _signature(self, name: str) -> str:
        digest = hmac.new(self._key, f"mail-thread:{name}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:_SIGNATURE_BYTES]).decode("ascii").lower()


def ticket_numbers(subject: str) -> list[str]:
    """Return the numbers of tickets in a subject, written ``[#NUMBER]``."""
    return list(dict.fromkeys(_TICKET.findall(subject.upper())))


def choose_thread(
    sender: str,
    *,
    by_token: KnownThread | None = None,
    by_reference: KnownThread | None = None,
    by_their_mail: KnownThread | None = None,
    by_ticket: KnownThread | None = None,
    proven: bool = False,
    reply_to: Collection[str] = (),
) -> ThreadChoice:
    """Decide where a mail goes.

    Parameters
    ----------
    sender : str
        Address in lower case; empty where the mail names none, or our server found that it is not its sender's.
    by_token, by_reference, by_their_mail, by_ticket : KnownThread, optional
        The thread that the mail's signed token, the ids of our mails that it answers, the ids of mails that we have
        received, and the number in its subject lead to, where they lead to one.
    proven : bool
        Our server found that the mail is the sender's; else nobody has looked.
    reply_to : collection of str
        Where the mail wants its answer, in lower case.

    Returns
    -------
    ThreadChoice
        A token lets anybody in who has it: whoever got one of our mails, or was sent it on. Ids of mails are no
        secret, so with them, and with a number in the subject, only participants get in. Where nobody has looked who
        sends, an id must be that of a mail of ours, and a number goes with no Reply-To that takes no part. Anybody else
        gets a thread of their own, with a link.
    """
    if by_token is not None:
        new = bool(sender) and sender not in by_token.participants
        return ThreadChoice(by_token.conversation_id, JoinedBy.TOKEN, new_participant=new)
    proofs = (
        (by_reference, JoinedBy.REFERENCE, True),
        (by_their_mail, JoinedBy.REFERENCE, proven),
        (by_ticket, JoinedBy.TICKET, proven or (by_ticket is not None and set(reply_to) <= by_ticket.participants)),
    )
    for thread, how, enough in proofs:
        if thread is not None and enough and sender and sender in thread.participants:
            return ThreadChoice(thread.conversation_id, how, trust=Trust.COPIES if proven else Trust.NOBODY_NEW)
    seeming = by_reference or by_their_mail or by_ticket
    return ThreadChoice(linked=seeming.conversation_id if seeming is not None else "")
