"""Outgoing mail and webhooks: what leaves, and what a failure becomes."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from firstline.adapters.aws.mailer import SESMailer
from firstline.adapters.aws.table_retries import sending_config
from firstline.adapters.local.mailer import FolderMailer, SMTPMailer
from firstline.adapters.webhooks import HttpWebhooks
from firstline.domain.errors import DeliveryError
from firstline.domain.mailer import DeliveryUnknownError, Envelope, RecipientRefusedError
from firstline.domain.notices import Notice, NoticeChannel, notice_content, notice_mail, signature
from firstline.domain.ticket import TicketPriority
from firstline.domain.turn import Reason

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOTICE = Notice("n1", NoticeChannel.EMAIL, "c1", "T1", Reason.LEGAL, NOW)


def mail_about(subject: str, *, said: list[str] | None = None) -> bytes:
    content = notice_content(NOTICE, subject=subject, priority=TicketPriority.HIGH, said=said or [], public_url="")
    return notice_mail(content, sender="Support <a@b.example>", recipients=("c@d.example",), now=NOW)


@pytest.mark.parametrize("subject", ["Bcc: x\r\nBcc: y", "\u00fcber\u4f60\u597d " * 12, "", "\ttabs\t"])
def test_no_subject_breaks_a_mail_or_adds_a_header(subject: str) -> None:
    parsed = email.message_from_bytes(mail_about(subject), policy=email.policy.default)
    assert parsed["Subject"].endswith(" ".join(subject.split()))
    assert parsed["Bcc"] is None
    assert (parsed["To"], parsed["Message-ID"]) == ("c@d.example", "<n1-0@b.example>")
    assert not parsed.defects


def test_a_notice_quotes_the_end_of_what_was_said_without_personal_data() -> None:
    said = ["x" * 600, "write to me at jane.doe@mail.example"]
    body = email.message_from_bytes(mail_about("s", said=said), policy=email.policy.default).get_content()
    assert "> write to me at [email]" in body
    assert body.count("x") < 520


def test_a_signature_depends_on_secret_time_and_body() -> None:
    signatures = {signature("a", 1, b"x"), signature("b", 1, b"x"), signature("a", 2, b"x"), signature("a", 1, b"y")}
    assert len(signatures) == 4
    assert signature("a", 1, b"x").startswith("t=1,v1=")


class Inbox(Message):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[str, str]] = []

    def handle_message(self, message: Any) -> None:
        self.received.append((message["Subject"], message["X-RcptTo"]))


@pytest.fixture
def smtp_server() -> Iterator[tuple[Controller, Inbox]]:
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield controller, inbox
    controller.stop()


def test_mail_goes_out_over_smtp(smtp_server: tuple[Controller, Inbox]) -> None:
    controller, inbox = smtp_server
    mailer = SMTPMailer("127.0.0.1", controller.port)
    mailer.send(mail_about("hello"), Envelope("a@b.example", ["c@d.example", "e@f.example"]))
    assert inbox.received == [("Ticket T1 waits for a person: hello", "c@d.example, e@f.example")]


def test_a_server_that_is_not_there_or_has_no_tls_is_a_failed_delivery(
    smtp_server: tuple[Controller, Inbox],
) -> None:
    controller, inbox = smtp_server
    with pytest.raises(DeliveryError):
        SMTPMailer("127.0.0.1", 1, timeout_s=1).send(b"x", Envelope("a@b.example", ["c@d.example"]))
    with pytest.raises(DeliveryError):
        SMTPMailer("127.0.0.1", controller.port, username="u", password="p").send(
            b"x", Envelope("a@b.example", ["c@d.example"])
        )
    assert inbox.received == []


def test_without_a_server_mail_is_kept_in_a_folder(tmp_path: Path) -> None:
    message = b"Subject: x\r\n\r\n"
    assert FolderMailer(tmp_path / "mail").send(message, Envelope("a@b.example", ["c@d.example"])) == ""
    assert [(path.suffix, path.read_bytes()) for path in (tmp_path / "mail").iterdir()] == [(".eml", message)]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError):
        FolderMailer(tmp_path / "file").send(b"x", Envelope("a", ["b"]))


@pytest.fixture
def ses() -> Iterator[tuple[SESMailer, Stubber]]:
    client = boto3.client("sesv2", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    with Stubber(client) as stub:
        yield SESMailer(client), stub
        stub.assert_no_pending_responses()


def test_ses_gets_the_raw_message(ses: tuple[SESMailer, Stubber]) -> None:
    mailer, stub = ses
    expected = {
        "FromEmailAddress": "a@b.example",
        "Destination": {"ToAddresses": ["c@d.example"]},
        "Content": {"Raw": {"Data": b"raw"}},
    }
    stub.add_response("send_email", {"MessageId": "m1"}, expected)
    sent = mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"]))
    assert sent == "m1@eu-west-1.amazonses.com"


def test_ses_is_told_by_what_to_report_on_a_mail() -> None:
    client = boto3.client("sesv2", region_name="us-east-1")
    expected = {
        "FromEmailAddress": "a@b.example",
        "Destination": {"ToAddresses": ["c@d.example"]},
        "Content": {"Raw": {"Data": b"raw"}},
        "ConfigurationSetName": "mails",
        "EmailTags": [{"Name": "outbox", "Value": "m7"}],
    }
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "m1"}, expected)
        mailer = SESMailer(client, "mails")
        sent = mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"], tags={"outbox": "m7"}))
    assert sent == "m1@email.amazonses.com"


def test_what_ses_refuses_and_a_missing_permission_are_failed_deliveries(
    ses: tuple[SESMailer, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer, stub = ses
    stub.add_client_error("send_email", "TooManyRequestsException", http_status_code=429)
    with pytest.raises(DeliveryError, match="TooManyRequests"):
        mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"]))
    for code, status in (("AccessDeniedException", 403), ("NotFoundException", 404), ("ThrottlingException", 503)):
        stub.add_client_error("send_email", code, http_status_code=status)
        with pytest.raises(DeliveryError, match=code) as refused:
            mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"]))
        assert not isinstance(refused.value, DeliveryUnknownError)

    def unreachable(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://mail.example")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", unreachable)
    with pytest.raises(DeliveryError) as failed:
        mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"]))
    assert not isinstance(failed.value, DeliveryUnknownError)


class Silent(BaseHTTPRequestHandler):
    """Reads a request, counts it and hangs up."""

    requests = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).requests += 1
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def test_a_request_without_an_answer_is_of_unknown_fate_and_is_made_once() -> None:
    Silent.requests = 0
    server = HTTPServer(("127.0.0.1", 0), Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = boto3.client(
        "sesv2",
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # pragma: allowlist secret
        config=sending_config(),
    )
    with pytest.raises(DeliveryUnknownError):
        SESMailer(client).send(b"raw", Envelope("a@b.example", ["c@d.example"]))
    server.shutdown()
    thread.join()
    server.server_close()
    assert Silent.requests == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("InternalServiceErrorException", 500), ("NotFoundException", 504), ("502", 502), ("RequestTimeout", 400)],
)
def test_an_error_of_ses_itself_leaves_the_fate_of_a_mail_unknown(
    ses: tuple[SESMailer, Stubber], code: str, status: int
) -> None:
    mailer, stub = ses
    stub.add_client_error("send_email", code, http_status_code=status)
    with pytest.raises(DeliveryUnknownError):
        mailer.send(b"raw", Envelope("a@b.example", ["c@d.example"]))


class Dialogue(threading.Thread):
    """A mail server that answers by a list, line by line; None: it hangs up."""

    def __init__(self, answers: dict[str, str | None]) -> None:
        super().__init__(daemon=True)
        taken = dict.fromkeys(("EHLO", "MAIL", "RCPT", "."), "250 ok")
        self._answers: dict[str, str | None] = {**taken, "DATA": "354 go on", "QUIT": "221 bye", **answers}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.body: list[bytes] = []
        self.start()

    def run(self) -> None:
        connection, _ = self._listening.accept()
        with self._listening, connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            in_data = False
            for line in lines:
                if in_data and line != b".\r\n":
                    self.body.append(line)
                    continue
                word = "." if in_data else line[:4].decode().strip().upper()
                in_data = word == "DATA"
                whole = f"{word}{line[4:].decode().rstrip()}"
                answer = self._answers[whole if whole in self._answers else word]
                if answer is None:
                    return
                connection.sendall(f"{answer}\r\n".encode())
                in_data = in_data and answer.startswith("354")


def send_to(server: Dialogue, message: bytes = b"Subject: x\n\n.dot\nend") -> str:
    mailer = SMTPMailer("127.0.0.1", server.port, timeout_s=20)
    return mailer.send(message, Envelope("A <a@b.example>", ["c@d.example", "e@f.example"]))


@pytest.mark.parametrize("at", ["EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [None, "451 later", "550 no"])
def test_before_the_message_is_through_a_failure_is_known(at: str, answer: str | None) -> None:
    with pytest.raises(DeliveryError) as failed:
        send_to(Dialogue({at: answer, "HELO": answer} if at == "EHLO" else {at: answer}))
    assert not isinstance(failed.value, DeliveryUnknownError)


def test_a_connection_lost_after_the_message_leaves_its_fate_unknown() -> None:
    with pytest.raises(DeliveryUnknownError):
        send_to(Dialogue({".": None}))


def test_a_message_that_is_refused_after_its_end_was_not_taken() -> None:
    with pytest.raises(DeliveryError, match="554") as failed:
        send_to(Dialogue({".": "554 spam"}))
    assert not isinstance(failed.value, DeliveryUnknownError)


@pytest.mark.parametrize("goodbye", [None, "421 overloaded"])
def test_a_message_that_was_taken_is_sent_whatever_becomes_of_the_goodbye(goodbye: str | None) -> None:
    server = Dialogue({"QUIT": goodbye})
    assert send_to(server) == ""
    server.join()
    assert server.body == [b"Subject: x\r\n", b"\r\n", b"..dot\r\n", b"end\r\n"]


def test_one_refused_recipient_does_not_have_the_others_get_it_twice() -> None:
    server = Dialogue({"RCPT TO:<e@f.example>": "550 no such user"})
    assert send_to(server) == ""
    server.join()
    assert server.body


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [
        ("550 no such user", False),
        ("550 relay not permitted", False),
        ("553 sorry, that domain is not in my list of allowed recipients", False),
        ("550 5.1.1 no such user", True),
        ("554 5.2.1 mailbox disabled", True),
        ("550 5.7.1 you are on a list", False),
        ("552 5.2.2 mailbox full", False),
        ("450 4.2.1 later", False),
        ("554 no", False),
    ],
)
def test_where_the_customer_is_refused_nobody_gets_the_mail_and_it_is_known_whether_that_stays(
    answer: str, for_good: bool
) -> None:
    server = Dialogue({"RCPT TO:<c@d.example>": answer})
    mailer = SMTPMailer("127.0.0.1", server.port, timeout_s=20)
    with pytest.raises(DeliveryError) as refused:
        mailer.send(b"x", Envelope("a@b.example", ["c@d.example"], copies=["e@f.example"]))
    server.join()
    assert server.body == []
    assert isinstance(refused.value, RecipientRefusedError) == for_good
    assert getattr(refused.value, "address", "c@d.example") == "c@d.example"


def test_a_refused_copy_keeps_the_customer_from_nothing() -> None:
    server = Dialogue({"RCPT TO:<e@f.example>": "550 5.1.1 no such user"})
    mailer = SMTPMailer("127.0.0.1", server.port, timeout_s=20)
    assert mailer.send(b"x", Envelope("a@b.example", ["c@d.example"], copies=["e@f.example"])) == ""
    server.join()
    assert server.body == [b"x\r\n"]


class Receiver(BaseHTTPRequestHandler):
    status = 204
    received: list[tuple[str, bytes, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).received.append((self.path, body, self.headers["Firstline-Signature"]))
        self.send_response(int(self.path.strip("/")))
        self.send_header("Location", "/204")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.received = []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_posted_with_its_headers(receiver: str) -> None:
    HttpWebhooks().post(f"{receiver}/204", b"{}", headers={"Firstline-Signature": "t=1,v1=x"})
    assert Receiver.received == [("/204", b"{}", "t=1,v1=x")]


@pytest.mark.parametrize("status", [302, 307, 400, 500])
def test_only_2xx_is_taken_and_a_redirect_is_not_followed(receiver: str, status: int) -> None:
    with pytest.raises(DeliveryError, match=str(status)):
        HttpWebhooks().post(f"{receiver}/{status}", b"{}", headers={"Firstline-Signature": "s"})
    assert len(Receiver.received) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "file:///etc/passwd", "no address", "http://"])
def test_an_address_that_cannot_be_reached_is_a_failed_delivery(url: str) -> None:
    with pytest.raises(DeliveryError):
        HttpWebhooks(timeout_s=1).post(url, b"{}", headers={})
