"""Machines that answer Firstline's mail, and how much mail each may cost at most.

The caps follow from the limits of the settings' defaults and are stated here, before anything runs.
"""

from __future__ import annotations

import itertools
import math
import re
from email.message import EmailMessage

from benchmarks.mail_storm import Installation, Opponent, Sent, Storm, letter, read, words
from firstline.domain.mail.verdict import GateLimits

HOUR, DAY = 3600.0, 86_400.0
LIMITS = GateLimits()
THREAD = LIMITS.unattended_per_thread
"""Automatic replies in one thread in which no person writes."""
SENDER = LIMITS.unattended_per_sender
"""Automatic replies to one address to which no person writes, in all threads, in 30 days."""
ASKS = "How do I reset a forgotten password?"
"""What Firstline can answer: the worst that an automatic reply may contain."""


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
        return f"We got your message on {self.storm.clock.now():%d %B %Y at %H:%M:%S}. Number {number} in line. {ASKS}"


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
        self.storm.after(60.0, lambda: receiver.receive(raw))

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
        return


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
    cap = "an address's replies without a person, whatever number is in it"
    address = "case-40000@tickets.example"

    def most(self, hours: float) -> int:
        return SENDER

    def answer(self, mail: EmailMessage, number: int) -> bytes | None:
        case = 40_000 + number
        text = (
            f"Thank you for contacting us. Your request has been received and given the number {case}. Was your "
            f"question one of these? {ASKS} A member of our team will look at it."
        )
        return letter(text, sender=f"case-{case}@tickets.example", to=self.ours, subject=f"[Case {case}] received")


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
