"""Mails as people read them: the list of a thread's, each in full, and the raw file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from firstline.domain.conversation import Author, Conversation, Event
from firstline.domain.customer_mails import CustomerMailKind, MailState, Unsent
from firstline.domain.errors import NotFoundError
from firstline.domain.mail.incoming import copies_of, customer_of
from firstline.domain.mail.parsed_mail import Mailbox, ParsedMail
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.routes import ThreadRoute
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.verdict import Verdict
from firstline.domain.ports import ObjectStore
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes

ADDRESS_S = 60
"""Seconds for which the address of a raw mail is good."""
_MAX_THREADS = 60
"""Threads that are read as one; more cannot be merged in a way that people would follow."""


@runtime_checkable
class LendsAddresses(Protocol):
    """A store of objects that can be fetched from it directly, for a while, by whoever has the address."""

    def address(self, key: str, *, name: str, expires_s: int) -> str:
        """Return the address of an object, to be saved under that name."""
        ...


@dataclass(frozen=True)
class ListedMail:
    """A mail of a thread, or of one that was merged into it or that it was taken off."""

    mail: ReceivedMail
    moved_to: str = ""
    """The thread that it was taken off to."""


@dataclass(frozen=True)
class FullMail:
    """A mail as its sender wrote it."""

    mail: ReceivedMail
    parsed: ParsedMail
    reply: str
    """What is taken for the sender's own words."""
    left_out: str
    """Quotes and signature: the rest of the text, in order."""


class SentState(StrEnum):
    """What became of words of ours as a mail."""

    SENT = "sent"
    WAITING = "waiting"
    UNSENT = "unsent"
    """No mail tells them, and none will."""


@dataclass(frozen=True)
class SentMail:
    """Words of ours as a mail."""

    state: SentState
    recipients: tuple[str, ...] = ()
    """Whom it was handed over for, or will be; the customer first."""
    why: Unsent | None = None
    """It is not sent; None also where it was never put in line."""


@dataclass(frozen=True)
class ThreadEntry:
    """One entry of a thread in order of time: what was said, or a mail whose words are not in the log."""

    conversation_id: str
    at: datetime
    event: Event | None
    mail: ReceivedMail | None
    sent: SentMail | None = None
    """Of words of ours."""

    @property
    def place(self) -> str:
        """What entries are sorted by; also the cursor of a page that ends with this one."""
        seq = self.event.seq if self.event else 0
        mail_id = self.mail.mail_id if self.mail else ""
        moment = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{moment}#{self.conversation_id}#{seq:012d}#{mail_id}"


@dataclass(frozen=True)
class ThreadPage:
    """A part of a thread."""

    conversation: Conversation
    thread: MailThread
    route: ThreadRoute
    entries: list[ThreadEntry]
    cursor: str | None


class ReadMail:
    """People read all mails; what belongs to another conversation than the one named is not found.

    Parameters
    ----------
    mails : ObjectStore or None
        Raw mails; None where none is received.
    parse : callable
        Reads raw bytes.
    clean : callable
        Returns html that does nothing but show, with the mail's own pictures or without.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        threads: MailThreadRepository,
        received: ReceivedMailRepository,
        in_line: CustomerMailRepository,
        routes: ThreadRoutes,
        mails: ObjectStore | None,
        *,
        parse: Callable[[bytes], ParsedMail],
        clean: Callable[[ParsedMail, bool], str],
    ) -> None:
        self._conversations = conversations
        self._threads = threads
        self._received = received
        self._in_line = in_line
        self._routes = routes
        self._mails = mails
        self._parse = parse
        self._clean = clean

    def of_conversation(self, conversation_id: str) -> list[ListedMail]:
        """Return the mails of a thread in the order of time.

        With those of the threads that were merged into it, and those that it was taken off with. Each names the
        conversation that it lies in, where it is read in full.

        Raises
        ------
        NotFoundError
        """
        self._conversations.get(conversation_id)
        found = [listed for one in self._merged(conversation_id) for listed in self._own(one)]
        route = self._routes.get(conversation_id)
        if route.origin:
            taken = self._received.of_conversation(route.origin)
            found += [ListedMail(mail) for mail in taken if route.from_seq <= mail.seq <= route.up_to_seq]
        return sorted(found, key=lambda listed: (listed.mail.received_at, listed.mail.mail_id))

    def thread(self, conversation_id: str, *, cursor: str = "", limit: int = 100) -> ThreadPage:
        """Return a part of a thread by mail, with what was merged into it, in the order of time.

        Raises
        ------
        NotFoundError
            There is no such conversation, or it has no mails.
        """
        conversation = self._conversations.get(conversation_id)
        thread = self._threads.get(conversation_id)
        entries = sorted(self._entries(conversation_id), key=lambda entry: entry.place)
        after = [entry for entry in entries if entry.place > cursor]
        more = after[limit - 1].place if len(after) > limit else None
        return ThreadPage(conversation, thread, self._routes.get(conversation_id), after[:limit], more)

    def full(self, conversation_id: str, mail_id: str) -> FullMail:
        """Return a mail with its full text. Raises ``NotFoundError`` also where its raw bytes are gone."""
        return self._read(self._received.get(conversation_id, mail_id))

    def full_of_day(self, day: date, mail_id: str) -> FullMail:
        """Return a mail of a day that belongs to no conversation. Raises ``NotFoundError``."""
        return self._read(self._received.get_of_day(day, mail_id))

    def raw(self, mail: ReceivedMail) -> bytes:
        """Return a mail's raw bytes. Raises ``NotFoundError``, ``StoreUnavailableError``."""
        if self._mails is None or not mail.object_key:
            raise NotFoundError("the raw mail is not kept")
        try:
            return self._mails.read(mail.object_key)
        except NotFoundError as error:
            raise NotFoundError("the raw mail is not kept any more") from error

    def address(self, mail: ReceivedMail, name: str) -> str | None:
        """Return where the raw mail can be fetched for a minute; None where it has to go through us."""
        store: object = self._mails
        if not isinstance(store, LendsAddresses) or not mail.object_key:
            return None
        return store.address(mail.object_key, name=name, expires_s=ADDRESS_S)

    def record(self, conversation_id: str, mail_id: str) -> ReceivedMail:
        """Return what is known of a mail of a conversation. Raises ``NotFoundError``."""
        return self._received.get(conversation_id, mail_id)

    def record_of_day(self, day: date, mail_id: str) -> ReceivedMail:
        """Return what is known of a mail that belongs to no conversation. Raises ``NotFoundError``."""
        return self._received.get_of_day(day, mail_id)

    def of_day(
        self, day: date, verdict: Verdict | None, *, limit: int, cursor: str | None
    ) -> tuple[list[ReceivedMail], str | None]:
        """Return mails of a day that belong to no conversation, the newest first; a page may be short before the last.

        Raises
        ------
        InvalidCursorError
        """
        found, more = self._received.of_day(day, limit=limit, cursor=cursor)
        return [mail for mail in found if verdict is None or mail.verdict is verdict], more

    def html(self, full: FullMail, *, with_pictures: bool = False) -> str:
        """Return a mail's html without anything that runs or loads; empty where it has none."""
        return self._clean(full.parsed, with_pictures)

    def answered_to(self, mail: ReceivedMail, ours: Collection[str]) -> tuple[Mailbox, tuple[str, ...]]:
        """Return to whom a mail wants its answer, and who gets a copy; its sender alone where the raw mail is gone.

        Parameters
        ----------
        ours : collection of str
            Our addresses, in lower case and without plus-parts.
        """
        try:
            parsed = self._parse(self.raw(mail))
        except NotFoundError:
            return Mailbox(mail.sender, mail.sender_name), ()
        customer = customer_of(parsed, ours)
        return customer, copies_of(parsed, customer, ours)

    def _read(self, mail: ReceivedMail) -> FullMail:
        parsed = self._parse(self.raw(mail))
        own = reply_text(parsed.text)
        return FullMail(mail, parsed, own.text, own.rest)

    def _merged(self, conversation_id: str) -> list[str]:
        """Return a thread and all that were merged into it, directly or by another."""
        found, waiting = list[str](), [conversation_id]
        while waiting and len(found) < _MAX_THREADS:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting += self._routes.get(one).merged
        return found

    def _own(self, conversation_id: str) -> Iterator[ListedMail]:
        splits = [(split, self._routes.get(split)) for split in self._routes.get(conversation_id).splits]
        for mail in self._received.of_conversation(conversation_id):
            moved = [split for split, route in splits if route.from_seq <= mail.seq <= route.up_to_seq]
            # Where it was taken off more than once, because the first was put back, the last counts.
            yield ListedMail(mail, moved[-1] if moved else "")

    def _entries(self, conversation_id: str) -> Iterator[ThreadEntry]:
        for one in self._merged(conversation_id):
            mails = self._received.of_conversation(one)
            by_seq = {mail.seq: mail for mail in mails if mail.seq}
            sent = self._sent(one)
            for event in self._conversations.events(one):
                mail = by_seq.get(event.seq) if event.author is Author.CUSTOMER else None
                yield ThreadEntry(one, event.at, event, mail or self._copied(event), sent(event))
            yield from (ThreadEntry(one, mail.received_at, None, mail) for mail in mails if not mail.seq)

    def _sent(self, conversation_id: str) -> Callable[[Event], SentMail | None]:
        """Return what tells what became of an event of ours as a mail."""
        sent = self._threads.recipients(conversation_id)
        told = (CustomerMailKind.REPLY, CustomerMailKind.ANSWER)
        in_line = {mail.seq: mail for mail in self._in_line.of_conversation(conversation_id) if mail.kind in told}

        def of(event: Event) -> SentMail | None:
            if event.author in (Author.CUSTOMER, Author.SYSTEM):
                return None
            if event.seq in sent:
                return SentMail(SentState.SENT, sent[event.seq])
            waiting = in_line.get(event.seq)
            if waiting is None or waiting.state is MailState.ENDED:
                return SentMail(SentState.UNSENT, why=waiting.unsent if waiting else None)
            return SentMail(SentState.WAITING, waiting.sent_to or (waiting.address, *waiting.addressed.cc))

        return of

    def _copied(self, event: Event) -> ReceivedMail | None:
        source = event.detail.get("copied_from")
        if not source or event.author is not Author.CUSTOMER:
            return None
        mails = self._received.of_conversation(str(source["conversation_id"]))
        return next((mail for mail in mails if mail.seq == source["seq"]), None)
