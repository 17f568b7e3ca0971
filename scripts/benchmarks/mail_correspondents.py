"""Mailboxes that send Firstline's mail back, and people who write much; how much mail each may cost at most."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

from benchmarks.mail_machines import ASKS, DAY, HOUR, LIMITS, SENDER, THREAD
from benchmarks.mail_storm import CapPassedError, Installation, Opponent, Sent, Storm, letter, read
from firstline.domain.conversation import Author


class Colleagues(Opponent):
    """A customer with two colleagues in Cc, whose programs answer all."""

    name = "two colleagues, out of office, answering all"
    cap = "one answer, to three"
    answers: Sequence[str] = (
        "I am out of the office until {day} without access to mail. In urgent cases please write to desk@firm.example.",
        "Ich bin bis {day} nicht im Büro und kann keine E-Mails lesen. In dringenden Fällen: desk@firm.example.",
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
                self.storm.after(4 * HOUR, lambda place=place: self._answers(place, mail))  # type: ignore[misc]

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


class Bouncing(Opponent):
    """A form names an address with a mistake in it, every two hours; what we answer comes back."""

    name = "hard bounces (RFC 3464, null sender)"
    cap = "the first bounce ends it"
    address = "zoe@tyop.example"
    every = 2 * HOUR

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
            f"Hello,\nthe person you wrote to does not work here any more, so your mail no. {number} was not passed "
            f"on.\n{ASKS}",
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
            raw = _report(self.address, self.ours, sent.raw, action="delayed", status="4.4.1", number=next(self.count))
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
        text = f"This is my {self.written}. mail. {ASKS}"
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
        return math.ceil(hours / 24) * (1 + LIMITS.replies_per_thread)

    def begin(self, storm: Storm) -> None:
        super().begin(storm)

        def writes_back() -> None:
            for conversation_id in _conversations(storm)[:1]:
                storm.ours.person_takes(conversation_id, says="We look into it and call you today.")

        storm.after(HOUR, lambda: storm.every(DAY, writes_back))


class HandedBack(Talkative):
    """The same, where a person of the team takes the thread every day and hands it back without a word."""

    name = "the same, taken and handed back daily unanswered"

    def begin(self, storm: Storm) -> None:
        super().begin(storm)

        def hands_back() -> None:
            for conversation_id in _conversations(storm)[:1]:
                storm.ours.person_takes(conversation_id)

        storm.after(HOUR, lambda: storm.every(DAY / 2, hands_back))


def _conversations(storm: Storm) -> list[str]:
    """Return the ids of all conversations by mail, read from what the raw mails are kept under."""
    return sorted({Path(key).parts[2] for key in storm.ours.store.list("kept/")} - {"none"})


def _report(address: str, ours: str, raw: bytes, *, action: str, status: str, number: int) -> bytes:
    """Return a delivery status notification (RFC 3464) with the headers of the mail it is about."""
    headers = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("ascii")
    host = address.rpartition("@")[2]
    edge = f"=_report{number}"
    return (
        f"Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.{host}>\nTo: {ours}\n"
        f"Subject: Delivery Status Notification ({action})\nMessage-ID: <{number}.dsn@mx.{host}>\nMIME-Version: 1.0\n"
        "Auto-Submitted: auto-replied\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"\n\n'
        f"--{edge}\nContent-Type: text/plain\n\nYour message {number} to {address}: {status}.\n\n"
        f"--{edge}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.{host}\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n\n"
        f"--{edge}\nContent-Type: text/rfc822-headers\n\n{headers}\n\n--{edge}--\n"
    ).encode("ascii")
