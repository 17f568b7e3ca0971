"""Who answers Firstline's mail in ``scripts/bench mail --storms``, and how much mail each may cost at most.

The caps follow from the limits of the settings' defaults and are stated here, before anything runs.
"""

from __future__ import annotations

import email
import email.policy
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from benchmarks.mail_storms import CapPassedError, Installation, Opponent, Sent, Storm, letter
from firstline.domain.conversation import Author
from firstline.domain.mail.verdict import GateLimits

HOUR, DAY = 3600.0, 86_400.0
_LIMITS = GateLimits()
THREAD = _LIMITS.replies_per_thread * _LIMITS.days_of_replies
"""Automatic replies in one thread in which no person writes."""
SENDER = _LIMITS.replies_per_sender * _LIMITS.days_of_replies
"""Automatic replies to one address to which no person writes, in all threads, in 30 days."""
ASKS = "How do I reset a forgotten password?"
"""What Firstline can answer: the worst that an automatic reply may contain."""


def read(raw: bytes) -> EmailMessage:
    """Return a message with its headers decoded."""
    return cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default))


def words(message: EmailMessage) -> str:
    """Return a mail's plain text."""
    body = message.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


class _One(Opponent):
    """Has one address, asks once, and answers each mail after a while."""

    address = "desk@robot.example"
    delay = 60.0

    def begin(self, storm: Storm) -> None:
        self.storm = storm
        self.count = itertools.count(1)
        storm.write(letter(f"Hello, {ASKS}", sender=self.address, to=self.ours, subject="Password"))

    def takes(self, sender: Installation, sent: Sent) -> None:
        answer = self.answer(read(sent.raw), next(self.count))
        if answer is not None:
            self.storm.write(answer, after=self.delay)

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        """Return what it answers."""
        raise NotImplementedError

    def body(self, number: int) -> str:
        """Return words that are new each time."""
        return (
            f"We have got your message on {self.storm.clock.now():%d %B %Y at %H:%M:%S}. Number {number} in line. {ASKS}"
        )


class Itself(Opponent):
    """Two Firstlines whose customers seem to be each other."""

    name = "itself at another address"
    cap = "one answer; the other one knows an automatic reply by its headers"

    def most(self, hours: float) -> int:
        return 1

    def begin(self, storm: Storm) -> None:
        self.storm = storm
        self.other = Installation(storm.folder / "other", "help@other.example", storm.clock, storm.embedder)
        storm.installations.append(self.other)
        storm.write(letter(ASKS, sender=self.other.address, to=self.ours, subject="Password"))

    def takes(self, sender: Installation, sent: Sent) -> None:
        receiver = self.other if sender is self.storm.ours else self.storm.ours
        raw = self.carried(sent.raw, sender, receiver)
        self.storm.after(60.0, lambda: receiver.receive(raw) and None)

    def carried(self, raw: bytes, sender: Installation, receiver: Installation) -> bytes:
        """Return the mail as it arrives."""
        return raw


class ItselfStripped(Itself):
    """The same through a relay that takes off whatever tells an automatic reply, a thread, or a mail seen before."""

    name = "itself, all marks stripped on the way"
    cap = f"{SENDER} to one address on either side"

    def most(self, hours: float) -> int:
        return 2 * SENDER

    def begin(self, storm: Storm) -> None:
        super().begin(storm)
        self.count = itertools.count(1)

    def carried(self, raw: bytes, sender: Installation, receiver: Installation) -> bytes:
        text = f"{words(read(raw)).partition(chr(10) + '> ')[0]}\n{next(self.count)}: {ASKS}"
        return letter(text, sender=sender.address, to=receiver.address, subject=f"Question {next(self.count)}")


class OwnSecondAddress(Opponent):
    """A form of the company's writes to support from support's own second address, every hour."""

    name = "its own second address"
    cap = "nothing is sent to addresses of ours"
    ours = "support@company.example, sales@company.example"

    def most(self, hours: float) -> int:
        return 0

    def begin(self, storm: Storm) -> None:
        count = itertools.count(1)

        def form() -> None:
            text = f"{ASKS} Form {next(count)}"
            storm.write(letter(text, sender="sales@company.example", to="support@company.example", subject="Form"))

        storm.every(HOUR, form)

    def takes(self, sender: Installation, sent: Sent) -> None:
        self.write_back = sent


class InThread(_One):
    """Answers within the thread, with nothing that tells an automatic reply."""

    name = "autoresponder within the thread"
    cap = "a thread's replies without a person"

    def most(self, hours: float) -> int:
        return THREAD

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        return letter(
            self.body(number),
            sender=self.address,
            to=str(mail["Reply-To"]),
            subject=str(mail["Subject"]),
            In_Reply_To=str(mail["Message-ID"]),
            References=f"{mail['References']} {mail['Message-ID']}",
        )


class InThreadLate(InThread):
    """The same, seven hours late: never more than four in a day."""

    name = "the same, seven hours late each time"
    delay = 7 * HOUR


class Lawless(_One):
    """Ignores every convention."""

    name = "autoresponder without any convention"
    cap = "an address's replies without a person"

    def most(self, hours: float) -> int:
        return SENDER

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        sender = f"D{'e' if number % 2 else 'E'}sk+{number * 7919}@Robot.example"
        return letter(self.body(number), sender=sender, to=self.ours, subject=f"Your request of minute {number}")


class LawlessLate(Lawless):
    """The same, five hours late each time."""

    name = "the same, five hours late each time"
    delay = 5 * HOUR


class LawlessSlow(Lawless):
    """The same, so seldom that a month's limit is never reached: one mail a day for one mail a day."""

    name = "the same, once a day"
    cap = "one for each of its own"
    delay = DAY

    def most(self, hours: float) -> int:
        return math.ceil(hours / 24) + 1


class OtherAddress(_One):
    """Answers from another address than the one it was written to."""

    name = "answers from another address"
    cap = "the replies of both addresses without a person"

    def most(self, hours: float) -> int:
        return 2 * SENDER

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        sender = ("mailer@robot.example", self.address)[number % 2]
        return letter(self.body(number), sender=sender, to=self.ours, subject=f"Notice {number}")


class ThreadFromOtherAddress(InThread):
    """Answers within the thread, each time from an address never seen."""

    name = "within the thread, each time another address"
    cap = "a thread's replies without a person, to two addresses each"

    def most(self, hours: float) -> int:
        return 2 * THREAD

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        return letter(
            self.body(number),
            sender=f"{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}@robot.example",
            to=str(mail["Reply-To"]),
            subject=f"Notice {number}",
        )


class TicketSystem(_One):
    """Acknowledges each mail under a new number, from an address that bears it."""

    name = "another maker's ticket system"
    cap = "an address's replies without a person; numbers in it do not count"

    def most(self, hours: float) -> int:
        return SENDER

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        case = 40_000 + number
        text = (
            f"Thank you for contacting us. Your request has been received and given the number {case}. Was your question "
            f"one of these? {ASKS} A member of our team will look at it."
        )
        return letter(text, sender=f"case-{case}@tickets.example", to=self.ours, subject=f"[Case {case}] received")


class Colleagues(Opponent):
    """A customer with two colleagues in Cc, whose programs answer all."""

    name = "two colleagues, out of office, answering all"
    cap = "one answer, to three"
    answers: Sequence[str] = (
        "I am out of the office until {day} with no access to my mail. In urgent cases please write to desk@firm.example.",
        "Ich bin bis zum {day} nicht im Büro und kann Ihre E-Mail nicht lesen. In dringenden Fällen: desk@firm.example.",
    )
    people: Sequence[str] = ("bea@firm.example", "cem@firm.example")

    def most(self, hours: float) -> int:
        return 3

    def begin(self, storm: Storm) -> None:
        self.storm = storm
        self.count = itertools.count(1)
        storm.write(
            letter(ASKS, sender="ann@firm.example", to=self.ours, subject="Password", Cc=", ".join(self.people))
        )

    def takes(self, sender: Installation, sent: Sent) -> None:
        self.goes_round(read(sent.raw), sent.recipients)

    def goes_round(self, mail: EmailMessage, recipients: Sequence[str], *, by: str = "") -> None:
        """Have each of the two who gets a mail answer all."""
        for place, person in enumerate(self.people):
            if person in recipients and person != by:
                self.storm.after(HOUR, lambda place=place: self._answers(place, mail))  # type: ignore[misc]

    def _answers(self, place: int, mail: EmailMessage) -> None:
        number, person = next(self.count), self.people[place]
        text = self.answers[place].format(day=f"{self.storm.clock.now():%d.%m.%Y %H:%M}", number=number)
        subject = str(mail["Subject"])
        others = [one for one in ("ann@firm.example", *self.people) if one != person]
        raw = letter(
            text,
            sender=person,
            to=str(mail["Reply-To"] or self.ours),
            subject=subject if subject.startswith("Re:") else f"Re: {subject}",
            Cc=", ".join(others),
            In_Reply_To=str(mail["Message-ID"]),
            References=f"{mail['References'] or ''} {mail['Message-ID']}".strip(),
        )
        self.storm.write(raw, after=1.0)
        answer = read(raw)
        answer["Reply-To"] = str(mail["Reply-To"] or self.ours)
        self.goes_round(answer, others, by=person)


class Thankful(Colleagues):
    """The same, thanking each other and us for each mail."""

    name = "two colleagues who thank for every mail"
    cap = "a thread's replies without a person, to three"
    answers = ("Thanks a lot! ({number})", "Danke! ({number})")

    def most(self, hours: float) -> int:
        return 3 * THREAD


class MailingList(_One):
    """A list takes our answer and sends it to us."""

    name = "mailing list, marked as one"
    cap = "one answer; lists are not answered"
    address = "discuss@lists.example"
    marked = True

    def most(self, hours: float) -> int:
        return 1

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        marks = {"List_Id": "<discuss.lists.example>", "List_Post": "<mailto:discuss@lists.example>"}
        return letter(
            f"{words(mail)}\n--\ndiscuss mailing list, message {number}",
            sender=f"Support via Discuss <{self.address}>",
            to=self.ours,
            subject=f"[discuss] {re.sub(r'(?i)^(?:re: |.discuss. )+', '', str(mail['Subject']))}",
            Reply_To=self.address,
            **(marks if self.marked else {}),
        )


class MailingListUnmarked(MailingList):
    """The same without List headers, with digests of its own numbering and new words each time."""

    name = "mailing list without List headers"
    cap = "an address's replies without a person"
    marked = False

    def most(self, hours: float) -> int:
        return SENDER

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        raw = super().answer(mail, number)
        assert raw is not None  # noqa: S101
        again = read(raw)
        again.set_content(f"Digest {number}: {ASKS}\n\n{words(again)}")
        return again.as_bytes()


class Bouncing(Opponent):
    """A form names an address with a mistake in it, once an hour; what we answer comes back."""

    name = "hard bounces (RFC 3464, null sender)"
    cap = "the first bounce ends it"
    address = "zoe@tyop.example"
    every = HOUR

    def most(self, hours: float) -> int:
        return 1

    def begin(self, storm: Storm) -> None:
        self.storm = storm
        self.count = itertools.count(1)
        storm.every(self.every, self._form)

    def _form(self) -> None:
        number = next(self.count)
        self.storm.write(letter(f"{ASKS} Form {number}", sender=self.address, to=self.ours, subject=f"Form {number}"))

    def takes(self, sender: Installation, sent: Sent) -> None:
        for report in self.reports(read(sent.raw), sent.raw):
            self.storm.write(report)

    def reports(self, mail: EmailMessage, raw: bytes) -> Iterator[bytes]:
        """Return the reports that one mail brings."""
        yield _report(self.address, self.ours, raw, action="failed", status="5.1.1", number=next(self.count))


class BouncingOddly(Bouncing):
    """Bounces of no standard form, from somebody's address, with a return path."""

    name = "bounces of no standard form, with a sender"
    cap = "the replies of both addresses without a person"

    def most(self, hours: float) -> int:
        return 2 * SENDER

    def reports(self, mail: EmailMessage, raw: bytes) -> Iterator[bytes]:
        number = next(self.count)
        yield letter(
            f"Hello,\nthe person you wrote to does not work here any more, so we could not pass on your mail no. {number}."
            f"\n{ASKS}",
            sender="Front Desk <office@tyop.example>",
            to=self.ours,
            subject=f"Your mail no. {number} was not passed on",
            Return_Path="<office@tyop.example>",
        )


class BouncingForNow(Bouncing):
    """Each mail of ours is reported as delayed every four hours, six times."""

    name = "temporary bounces every four hours"
    cap = "an address's replies without a person"
    every = 4 * HOUR

    def most(self, hours: float) -> int:
        return SENDER

    def takes(self, sender: Installation, sent: Sent) -> None:
        for turn in range(6):
            raw = _report(
                self.address, self.ours, sent.raw, action="delayed", status="4.4.1", number=next(self.count)
            )
            self.storm.write(raw, after=4 * HOUR * (turn + 1))


class Refused(Bouncing):
    """The server that we hand mail to refuses it with 451, each time."""

    name = "refused with 451 at every try"
    cap = "none is taken; each is tried 8 times and given up"
    every = 4 * HOUR

    def most(self, hours: float) -> int:
        return 0

    def begin(self, storm: Storm) -> None:
        storm.ours.post.refused = frozenset({self.address})
        super().begin(storm)
        storm.every(HOUR / 2, storm.ours.container.visitors.sweep)


class Talkative(Opponent):
    """A person who writes thirty mails a day in one thread, and must be heard."""

    name = "a person with 30 mails a day in one thread"
    cap = "a thread's replies without a person"
    address = "Ida Sand <ida@home.example>"

    def most(self, hours: float) -> int:
        return THREAD

    def begin(self, storm: Storm) -> None:
        self.storm, self.last, self.written = storm, read(b""), 0
        storm.every(DAY / 30, self._writes)

    def _writes(self) -> None:
        self.written += 1
        text = f"This is my {self.written}. mail. {ASKS} And what about the timesheets of week {self.written}?"
        if self.last["Message-ID"] is None:
            self.storm.write(letter(text, sender=self.address, to=self.ours, subject="Password"))
            return
        raw = letter(
            text,
            sender=self.address,
            to=str(self.last["Reply-To"]),
            subject=str(self.last["Subject"]),
            In_Reply_To=str(self.last["Message-ID"]),
            References=f"{self.last['References']} {self.last['Message-ID']}",
        )
        self.storm.write(raw)

    def takes(self, sender: Installation, sent: Sent) -> None:
        self.last = read(sent.raw)

    def check(self, storm: Storm) -> None:
        """Raise ``CapPassedError`` where a mail of the person is not in the log."""
        container = storm.ours.container
        said = set[int]()
        for item in _conversations(storm):
            for event in container.conversations.events(item):
                if event.author is Author.CUSTOMER and (found := re.search(r"my (\d+)\. mail", event.text)):
                    said.add(int(found[1]))
        if len(said) != storm.ours.received:
            raise CapPassedError(f"of {storm.ours.received} mails of a person, {len(said)} are in the log")


class Answered(Talkative):
    """The same, with a person of the team who writes back every day."""

    name = "the same, a person of ours writing back daily"
    cap = "a thread's daily replies, and one a day by the person"

    def most(self, hours: float) -> int:
        return math.ceil(hours / 24) * (1 + _LIMITS.replies_per_thread)

    def begin(self, storm: Storm) -> None:
        super().begin(storm)

        def writes_back() -> None:
            for conversation_id in _conversations(storm)[:1]:
                storm.ours.person_answers(conversation_id, "We look into it and call you today.")

        storm.after(HOUR, lambda: storm.every(DAY, writes_back))


def _conversations(storm: Storm) -> list[str]:
    """Return the ids of all conversations by mail, read from what the raw mails are kept under."""
    kept = (Path(stat.key).parts for stat in storm.ours.store.list("kept/"))
    return sorted({parts[2] for parts in kept} - {"none"})


def _report(address: str, ours: str, raw: bytes, *, action: str, status: str, number: int) -> bytes:
    """Return a delivery status notification (RFC 3464) with the headers of the mail it is about."""
    headers = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("ascii")
    host = address.rpartition("@")[2]
    edge = f"=_report{number}"
    return (
        f"Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.{host}>\nTo: {ours}\n"
        f"Subject: Delivery Status Notification ({action})\nMessage-ID: <{number}.dsn@mx.{host}>\nMIME-Version: 1.0\n"
        f'Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary="{edge}"\n\n'
        f"--{edge}\nContent-Type: text/plain\n\nYour message {number} to {address}: {status}.\n\n"
        f"--{edge}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.{host}\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n\n"
        f"--{edge}\nContent-Type: text/rfc822-headers\n\n{headers}\n\n--{edge}--\n"
    ).encode("ascii")


OPPONENTS: tuple[type[Opponent], ...] = (
    Itself,
    ItselfStripped,
    OwnSecondAddress,
    InThread,
    InThreadLate,
    ThreadFromOtherAddress,
    Lawless,
    LawlessLate,
    LawlessSlow,
    OtherAddress,
    TicketSystem,
    Colleagues,
    Thankful,
    MailingList,
    MailingListUnmarked,
    Bouncing,
    BouncingOddly,
    BouncingForNow,
    Refused,
    Talkative,
    Answered,
)
