"""The laptop's mail port, spoken to from outside: what is taken is stored whole, what is refused leaves nothing."""

from __future__ import annotations

import contextlib
import re
import shutil
import smtplib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.system import SystemClock, SystemIds
from firstline.domain.errors import StoreUnavailableError
from firstline.domain.mail.gate import judge
from firstline.domain.mail.verdict import Verdict
from firstline.local import smtp_server
from firstline.local.mail_spool import MailSpool
from firstline.local.smtp_server import MailServer

OURS = "support@company.example"
HEADERS = b"From: Maria <maria@customer.example>\r\nSubject: Export\r\nMessage-ID: <1@customer.example>\r\n"
MAIL = HEADERS + b"\r\nHow do I?\r\n"
MAX_BYTES = 1_000_000


class Intake:
    """Takes mails away as the real one does, and remembers them."""

    def __init__(self, store: FolderObjectStore) -> None:
        self.store = store
        self.taken: list[bytes] = []
        self.changed = threading.Condition()

    def __call__(self, event: dict[str, Any]) -> None:
        [record] = event["Records"]
        key = unquote_plus(record["s3"]["object"]["key"])
        raw = self.store.read(key)
        self.store.delete(key)
        with self.changed:
            self.taken.append(raw)
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[bytes]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.taken) >= count, 60)
            return list(self.taken)


class Port:
    """The server on a port of its own, with a folder for its mail."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.store = FolderObjectStore(folder, durable=True)
        self.intake = Intake(self.store)
        self.spool = MailSpool(self.store, self.intake, clock=SystemClock(), ids=SystemIds())
        self.server = MailServer(
            smtp_server.listen(0), self.spool, [OURS], clock=SystemClock(), **{"max_bytes": MAX_BYTES, **options}
        )
        self.server.start()

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.server.port, local_hostname="laptop.example", timeout=60)

    def raw(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        assert answer(connection).startswith(b"220 ")
        return connection

    def close(self) -> None:
        self.server.stop()
        self.spool.stop()

    def waiting(self) -> list[str]:
        return list(self.store.list("incoming/"))


def answer(connection: socket.socket) -> bytes:
    """Return one answer, or what came of it before the end."""
    lines = b""
    while not re.search(rb"(?m)^\d{3} .*\r\n\Z", lines):
        piece = connection.recv(4096)
        if not piece:
            break
        lines += piece
    return lines


def say(connection: socket.socket, *commands: bytes) -> bytes:
    last = b""
    for command in commands:
        connection.sendall(command + b"\r\n")
        last = answer(connection)
    return last


@pytest.fixture
def open_port(tmp_path: Path) -> Iterator[Callable[..., Port]]:
    ports: list[Port] = []

    def begin(**options: Any) -> Port:
        ports.append(Port(tmp_path / "received_mail", **options))
        return ports[-1]

    yield begin
    for port in ports:
        port.close()


@pytest.fixture
def port(open_port: Callable[..., Port]) -> Port:
    return open_port()


def test_a_mail_lies_whole_in_the_store_when_its_sender_is_told_so(port: Port) -> None:
    body = MAIL + b"..two dots\r\n.\xff\x00 bytes\r\n"
    with port.client() as client:
        refused = client.sendmail("maria@customer.example", ["Support+a1b2@Company.example", OURS], body)
        [key] = port.waiting()
    assert refused == {}
    head, _, text = port.store.read(key).partition(b"\r\n\r\n")
    assert text == b"How do I?\r\n..two dots\r\n.\xff\x00 bytes\r\n"
    lines = head.split(b"\r\n")
    assert lines[:3] == [
        b"Return-Path: <maria@customer.example>",
        b"Delivered-To: Support+a1b2@Company.example",
        b"Delivered-To: support@company.example",
    ]
    assert lines[3].startswith(b"Received: from laptop.example ([127.0.0.1]) by firstline with ESMTP id ")
    assert lines[4:] == HEADERS.split(b"\r\n")[:3]


@pytest.fixture
def swaks() -> str:
    program = shutil.which("swaks")
    assert program is not None
    return program


def test_a_mail_of_swaks_arrives(port: Port, swaks: str) -> None:
    server = ["--server", f"127.0.0.1:{port.server.port}", "--from", "maria@customer.example"]
    words = ["--header", "Subject: Grüße", "--body", "Wie exportiere ich?", "--attach", "@-"]
    sent = subprocess.run([swaks, *server, "--to", OURS, *words], input=b"\x89PNG", capture_output=True)
    assert sent.returncode == 0, sent.stdout
    mail = parse_mail(port.store.read(port.waiting()[0]))
    assert (mail.subject, mail.text.strip()) == ("Grüße", "Wie exportiere ich?")
    assert [file.content for file in mail.files] == [b"\x89PNG"]
    refused = subprocess.run([swaks, *server, "--to", "boss@company.example"], capture_output=True)
    assert refused.returncode == 24, "swaks says so where no recipient was taken"
    assert len(port.waiting()) == 1


def test_what_the_envelope_did_not_say_is_not_believed(port: Port) -> None:
    forged = (
        b"From x@y Thu Jan  1 00:00:00 2026\r\nReturn-Path: <>\r\nX-SES-Virus-Verdict: FAIL\r\n"
        b"delivered-to : support+forged@company.example\r\n folded\r\nX-Original-To: a@b\r\n"
        b"X-SES-DMARC-Verdict:\r\n\tFAIL\r\n"
        b"X-Kept: Return-Path: <>\rReturn-Path: <>\r\n"
    )
    with port.client() as client:
        client.sendmail("maria@customer.example", [OURS], forged + MAIL + b"Return-Path: <in the text>\r\n")
    mail = parse_mail(port.store.read(port.waiting()[0]))
    assert list(mail.all("return-path")) == ["<maria@customer.example>"]
    assert list(mail.all("delivered-to")) == [OURS]
    assert not [name for name, _ in mail.headers if name.startswith(("x-ses", "x-original"))]
    assert mail.header("x-kept").startswith("Return-Path: <>")
    assert mail.message_id == "1@customer.example"
    assert "Return-Path: <in the text>" in mail.text
    assert judge(mail).verdict is Verdict.ANSWER


def test_the_null_sender_of_a_bounce_is_known_as_such(port: Port) -> None:
    with port.client() as client:
        client.sendmail("<>", [OURS], MAIL)
    mail = parse_mail(port.store.read(port.waiting()[0]))
    assert mail.header("return-path") == "<>"
    assert judge(mail).verdict is Verdict.TICKET_ONLY


@pytest.mark.parametrize(
    "recipient",
    [
        "someone@elsewhere.example",
        "support@elsewhere.example",
        "boss@company.example",
        "support",
        "support+a b@company.example",
        '"support+x y"@company.example',
        "@company.example",
        "support@company.example@elsewhere.example",
    ],
)
def test_nobody_elses_mail_is_taken(port: Port, recipient: str) -> None:
    with port.client() as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.sendmail("maria@customer.example", [recipient], MAIL)
    assert {code // 10 for code, _ in refused.value.recipients.values()} == {55}
    assert port.waiting() == []


def test_what_is_offered_is_size_eight_bits_and_utf_8_but_no_tls(port: Port) -> None:
    with port.client() as client:
        client.ehlo()
        assert {"size": str(MAX_BYTES), "8bitmime": "", "smtputf8": ""}.items() <= client.esmtp_features.items()
        assert not client.has_extn("starttls")
        assert client.docmd("STARTTLS")[0] == 454
        client.sendmail("müller@kundin.example", [OURS], "Subject: Grüße\r\n\r\nä".encode(), ["SMTPUTF8"])
    raw = port.store.read(port.waiting()[0])
    assert "Return-Path: <müller@kundin.example>".encode() in raw


def test_a_mail_over_the_size_is_refused_by_its_announcement_and_by_its_bytes(port: Port) -> None:
    large = MAIL + b"x" * 76 + b"\r\n"
    large += (b"x" * 76 + b"\r\n") * (MAX_BYTES // 78)
    with port.client() as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as announced:
            client.sendmail("maria@customer.example", [OURS], large)
        assert announced.value.smtp_code == 552
        client.rset()
        client.mail("maria@customer.example")
        client.rcpt(OURS)
        assert client.data(large)[0] == 552
        assert port.waiting() == []
        client.sendmail("maria@customer.example", [OURS], MAIL)
    assert len(port.waiting()) == 1


def test_html_in_one_line_is_taken_and_a_line_without_end_is_not(port: Port) -> None:
    with port.client() as client:
        client.sendmail("maria@customer.example", [OURS], MAIL + b"<p>" * 30_000 + b"\r\n")
        client.mail("maria@customer.example")
        client.rcpt(OURS)
        assert client.data(MAIL + b"x" * 300_000 + b"\r\n")[0] == 500
        assert client.docmd("NOOP", "x" * 600)[0] == 500
        assert client.noop()[0] == 250
    with port.raw() as endless:
        say(endless, b"EHLO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@company.example>", b"DATA")
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            for _ in range(2_000):
                endless.sendall(b"x" * 65_536)
    assert len(port.waiting()) == 1


def test_a_client_that_writes_byte_by_byte_is_understood(port: Port) -> None:
    dialogue = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@company.example>\r\nDATA\r\n" + MAIL + b".\r\n"
    with port.raw() as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in dialogue:
            slow.sendall(bytes([byte]))
        said = b""
        while b"is stored" not in said:
            said += answer(slow)
    assert port.store.read(port.waiting()[0]).endswith(MAIL)


def everything(connection: socket.socket) -> bytes:
    said = b""
    while piece := connection.recv(4096):
        said += piece
    return said


def test_a_client_that_is_too_slow_is_told_so_and_leaves_nothing(open_port: Callable[..., Port]) -> None:
    port = open_port(timeout_s=0.3)
    with port.raw() as silent:
        assert everything(silent).startswith(b"421 4.4.2")
    with port.raw() as slow:
        slow.sendall(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@company.example>\r\nDATA\r\n")
        # Bytes keep coming, and the end of the mail does not: the time is that of the whole mail.
        ended = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not ended.wait(0.01):
                    slow.sendall(b"Subject: x\r\n")

        dripping = threading.Thread(target=drip)
        dripping.start()
        said = everything(slow)
        ended.set()
        dripping.join()
    assert b"\r\n354 " in said
    assert said.splitlines()[-1].startswith(b"421 4.4.2")
    assert port.waiting() == []


@pytest.mark.parametrize("end", ["shut", "reset"])
def test_a_pipe_that_breaks_within_a_mail_leaves_nothing(port: Port, end: str) -> None:
    broken = port.raw()
    say(broken, b"EHLO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@company.example>", b"DATA")
    broken.sendall(MAIL + b"\r\n.")
    if end == "shut":
        broken.shutdown(socket.SHUT_WR)
        assert answer(broken) == b""
    else:
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    broken.close()
    with port.client() as client:
        client.sendmail("maria@customer.example", [OURS], MAIL)
    assert len(port.waiting()) == 1


def test_a_store_that_fails_makes_the_sender_try_again(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(key: str, content: bytes) -> None:
        raise StoreUnavailableError("cannot write: No space left on device")

    with port.client() as client:
        with monkeypatch.context() as patch:
            patch.setattr(port.store, "write", full)
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail("maria@customer.example", [OURS], MAIL)
        assert refused.value.smtp_code == 451
        assert port.waiting() == []
        client.sendmail("maria@customer.example", [OURS], MAIL)
    assert len(port.waiting()) == 1


def test_one_client_too_many_is_sent_away_until_another_leaves(open_port: Callable[..., Port]) -> None:
    port = open_port(max_connections=2)
    first, second = port.raw(), port.raw()
    with socket.create_connection(("127.0.0.1", port.server.port), timeout=60) as third:
        assert answer(third).startswith(b"421 4.3.2")
    assert say(first, b"NOOP").startswith(b"250")
    assert say(second, b"QUIT").startswith(b"221")
    assert second.recv(1) == b""
    second.close()
    with port.client() as client:
        client.sendmail("maria@customer.example", [OURS], MAIL)
    first.close()


def test_nonsense_is_answered_and_a_client_that_goes_on_with_it_is_sent_away(port: Port) -> None:
    with port.raw() as connection:
        assert say(connection, b"GET / HTTP/1.1").startswith(b"500")
        assert say(connection, b"MAIL FROM:<a@b.example>").startswith(b"503")
        assert say(connection, b"EHLO x", b"MAIL FROM:<\xff\xfe@<>@@").startswith(b"5")
        assert say(connection, b"MAIL FROM:<a@b.example> SIZE=many").startswith(b"501")
        assert say(connection, b"DATA").startswith(b"503")
        assert say(connection, *[b"NOOP"] * 51).startswith(b"421")
    with port.raw() as connection:
        assert say(connection, *[b"X"] * 5).startswith(b"502")
    assert port.waiting() == []


def test_a_stop_says_so_to_whoever_is_connected_and_the_mail_stays(port: Port) -> None:
    connection = port.raw()
    with port.client() as client:
        client.sendmail("maria@customer.example", [OURS], MAIL)
    port.server.stop()
    assert answer(connection).startswith(b"421 4.3.2")
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        port.raw()
    assert len(port.waiting()) == 1


def test_a_port_that_is_taken_is_a_named_error(port: Port) -> None:
    with pytest.raises(smtp_server.MailPortError, match=f"port {port.server.port}"):
        smtp_server.listen(port.server.port)


def test_a_thousand_mails_in_a_burst_are_stored_and_processed_once_each(port: Port) -> None:
    port.spool.start()

    def send(sender: int) -> None:
        with port.client() as client:
            for number in range(125):
                client.sendmail("maria@customer.example", [OURS], MAIL + f"{sender}-{number}\r\n".encode())

    with ThreadPoolExecutor(8) as senders:
        list(senders.map(send, range(8)))
    taken = port.intake.wait_for(1_000)
    said = sorted(raw.splitlines()[-1].decode() for raw in taken)
    assert said == sorted(f"{sender}-{number}" for sender in range(8) for number in range(125))
    assert port.waiting() == []
