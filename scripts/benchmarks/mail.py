"""How many mails a second the laptop takes in, from SMTP to the stored message, beside the least that could be done."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.turn import silent_logs
from firstline import bootstrap
from firstline.container import Container, assemble
from firstline.local import smtp_server
from firstline.local.mail_spool import MailSpool
from firstline.local.smtp_server import MailServer
from firstline.settings import Settings
from functions.email_intake import handler as email_intake

ADDRESS = "support@company.example"
CONNECTIONS = 4
PEER = "aiosmtpd, the standard library's email package, one SQLite row"
_WORDS = (
    "Hello,\n\nsince the update of last week the export of our shifts to payroll stops after a while. We tried another "
    "browser and cleared the cache. What can we do? The salaries have to be paid on Friday.",
    "Guten Tag,\n\nwie kann ich die Rechnungsadresse ändern? In den Einstellungen finde ich nur die Lieferadresse, und "
    "unsere Buchhaltung braucht die Rechnung bis zum Monatsende auf den neuen Namen.",
    "Bonjour,\n\nje n'arrive plus à me connecter depuis ce matin : le code n'arrive jamais sur mon téléphone. "
    "Pouvez-vous vérifier si mon numéro est bien enregistré ?",
    "Buenos días:\n\n¿se puede invitar a un compañero sin darle acceso a las facturas? Somos cinco en el equipo y solo "
    "dos deberían verlas.",
)
_QUOTE = "\n\nOn Mon, 2 Mar 2026 at 09:12, Support <support@company.example> wrote:\n> Dear customer,\n> we look.\n"
# Sent from a process of its own, as mail is: on two cores it has the other one.
_SENDER = """
import pathlib, smtplib, sys, threading
port, folder, connections = int(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
mails = [path.read_bytes() for path in sorted(folder.iterdir())]

def send(part):
    with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
        for mail in part:
            client.sendmail("sender@customer.example", ["support@company.example"], mail)

threads = [threading.Thread(target=send, args=(mails[n::connections],)) for n in range(connections)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
Progress = Callable[[str, int, int], None]


class MailsLostError(Exception):
    """Not every mail was taken in; the figures would mean nothing."""


def mails(count: int, *, seed: int = 11) -> list[bytes]:
    """Return so many mails of as many senders: plain, with html and a quote, and one in ten with a file of 50 kB."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    made = []
    for number in range(count):
        mail = EmailMessage()
        mail["From"] = f"Customer {number} <customer{number}@mail{number % 97}.example>"
        mail["To"] = ADDRESS
        mail["Subject"] = f"Question {number}"
        mail["Message-ID"] = f"<{number}.{seed}@customer.example>"
        words = f"{draw.choice(_WORDS)}\n\nCustomer {number}\n-- \nCompany {number}, Phone 555 01{number % 100:02}\n"
        kind = draw.random()
        mail.set_content(words + (_QUOTE if kind > 0.5 else ""))
        if kind > 0.5:
            html = "".join(f"<p>{line}</p>" for line in words.splitlines())
            mail.add_alternative(f"<html><body>{html}<blockquote>{_QUOTE}</blockquote></body></html>", subtype="html")
        if number % 10 == 0:
            text = draw.randbytes(25_000).hex()
            mail.add_attachment(text.encode("ascii"), maintype="text", subtype="plain", filename="log.txt")
        for place, part in enumerate(mail.walk()):
            if part.is_multipart():
                part.set_boundary(f"part-{number}-{place}")
        made.append(mail.as_bytes(policy=email.policy.SMTP))
    return made


def measure(folder: Path, *, count: int, progress: Progress) -> dict[str, Any]:
    """Return mails per second of our intake without the answer, of the peer and of SMTP alone, each with ``count``.

    Raises
    ------
    MailsLostError
        A side has not taken in every mail.
    """
    written = folder / "mails"
    written.mkdir(parents=True)
    for number, mail in enumerate(mails(count)):
        (written / f"{number:06}.eml").write_bytes(mail)
    result: dict[str, Any] = {"mails": count, "peer": PEER}
    result["smtp_alone_per_s"] = round(count / _alone(written, count), 1)
    progress("SMTP alone", 1, 1)
    result["peer_per_s"] = round(count / _peer(folder / "peer.db", written, count), 1)
    progress("peer", 1, 1)
    seconds, accepted, spent = _ours(folder / "firstline", written, count)
    progress("Firstline", 1, 1)
    result |= {"accepted_per_s": round(count / accepted, 1), "taken_in_per_s": round(count / seconds, 1)}
    result["processor_ms"] = round(1000 * spent / count, 1)
    result["ratio"] = round(result["taken_in_per_s"] / result["peer_per_s"], 3)
    return result


def table(result: dict[str, Any]) -> str:
    """Return the figures as lines."""
    rows = {
        "Firstline, to the stored message": f"{result['taken_in_per_s']:>9.1f}  {result['ratio']:.2f} of the peer",
        "Firstline, to 250 (durable)": f"{result['accepted_per_s']:>9.1f}",
        "Firstline, by processor time": f"{1000 / result['processor_ms']:>9.1f}  {result['processor_ms']} ms a mail",
        "peer": f"{result['peer_per_s']:>9.1f}",
        "SMTP alone": f"{result['smtp_alone_per_s']:>9.1f}",
    }
    head = f"{result['mails']} mails over {CONNECTIONS} connections, in mails per second; peer: {result['peer']}"
    return "\n".join([head, *(f"{name:<34}{value}" for name, value in rows.items())])


def _ours(folder: Path, written: Path, count: int) -> tuple[float, float, float]:
    """Return the seconds until the last message was stored, until the last 250, and of the processor."""
    settings = Settings(data_path=str(folder), support_address=ADDRESS, mails_per_sender=count)
    ports = bootstrap.local_ports(settings)
    engine = _NoTurns()
    container = assemble(settings, replace(ports, workflow_engine=engine))
    assert ports.received_mail is not None  # noqa: S101
    with _quiet(container):
        spool = MailSpool(ports.received_mail, _handle, clock=ports.clock, ids=ports.ids)
        server = MailServer(
            smtp_server.listen(0), spool, [ADDRESS], clock=ports.clock, max_bytes=settings.max_mail_bytes
        )
        spool.start()
        server.start()
        started, spent = time.perf_counter(), time.process_time()
        _send(server.port, written)
        accepted = time.perf_counter() - started
        spool.wait()
        seconds, spent = time.perf_counter() - started, time.process_time() - spent
        server.stop()
        spool.stop()
    kept = sum(1 for _ in ports.received_mail.list("kept/"))
    if kept != count or engine.started != count:
        raise MailsLostError(f"of {count} mails, {kept} were kept and {engine.started} were to be answered")
    return seconds, accepted, spent


def _handle(event: dict[str, Any]) -> None:
    email_intake.lambda_handler(event, None)  # type: ignore[arg-type]


class _NoTurns:
    """A workflow engine that leaves all messages unanswered."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    @property
    def started(self) -> int:
        """Messages that it was to answer."""
        return len(self._names)

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Note it, and do nothing."""
        self._names.add(name)


class _Peer:
    """Reads each mail with the standard library and keeps a row of it."""

    def __init__(self, path: Path | None) -> None:
        self.taken = 0
        self._path = path
        self._database: sqlite3.Connection | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken += 1
        if self._path is not None:
            await asyncio.sleep(0)
            self._keep(bytes(envelope.original_content or b""))
        return "250 OK"

    def _keep(self, raw: bytes) -> None:
        if self._database is None:
            self._database = sqlite3.connect(str(self._path), isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("CREATE TABLE mail (id TEXT PRIMARY KEY, sender TEXT, subject TEXT, text TEXT)")
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain", "html"))
        row = (mail["message-id"], mail["from"], mail["subject"], body.get_content() if body else "")
        self._database.execute("INSERT OR IGNORE INTO mail VALUES (?, ?, ?, ?)", [str(value) for value in row])


def _alone(written: Path, count: int) -> float:
    return _timed_controller(_Peer(None), written, count)


def _peer(path: Path, written: Path, count: int) -> float:
    return _timed_controller(_Peer(path), written, count)


def _timed_controller(peer: _Peer, written: Path, count: int) -> float:
    with smtp_server.listen(0) as probe:
        port = probe.getsockname()[1]
    controller = Controller(peer, hostname=smtp_server.HOST, port=port)
    with _quiet(None):
        controller.start()
        started = time.perf_counter()
        _send(port, written)
        seconds = time.perf_counter() - started
        controller.stop()
    if peer.taken != count:
        raise MailsLostError(f"the peer took {peer.taken} of {count} mails")
    return seconds


def _send(port: int, written: Path) -> None:
    command = [sys.executable, "-c", _SENDER, str(port), str(written), str(CONNECTIONS)]
    subprocess.run(command, check=True)  # noqa: S603 - our own code


@contextlib.contextmanager
def _quiet(container: Container | None) -> Iterator[None]:
    """Write no log and no metrics, and have the handlers find our container."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {"POWERTOOLS_METRICS_DISABLED": "true"}))
        stack.enter_context(silent_logs())
        if container is not None:
            stack.enter_context(patch.object(bootstrap, "container", lambda: container))
        yield
