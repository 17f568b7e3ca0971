"""Requests to addresses that somebody else has named: where they go, and where they do not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from firstline.adapters.public_http import PublicHttp
from firstline.adapters.webhooks import public_webhooks
from firstline.domain.errors import DeliveryError, InvalidInputError
from firstline.domain.public_address import PrivateAddressError, parse_networks

LOOPBACK = parse_networks("127.0.0.0/8")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        seen: list[Any] = self.server.seen  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen.append((self.path, self.headers["Host"], body))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        if self.path.startswith("/drip"):
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            held: threading.Event = self.server.held  # type: ignore[attr-defined]
            while not held.wait(0.02):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return
            return
        content = b"x" * (200_000 if self.path.startswith("/long") else 2)
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.seen, server.held = [], threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.held.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def address_of(server: ThreadingHTTPServer, path: str = "/", host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.server_port}{path}"


def test_a_private_address_is_refused_before_anything_is_sent(receiver: ThreadingHTTPServer) -> None:
    for allowed in ((), parse_networks("10.0.0.0/8")):
        client = PublicHttp(allowed=allowed)
        with pytest.raises(InvalidInputError):
            client.request("POST", address_of(receiver), body=b"{}", headers={})
        with pytest.raises(PrivateAddressError):
            client.request("POST", address_of(receiver).replace("http:", "https:"), body=b"{}", headers={})
    assert receiver.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["10.1.2.3"]],
)
def test_a_name_that_leads_to_a_private_address_is_refused(answer: list[str]) -> None:
    client = PublicHttp(resolve=lambda host, port: answer)
    with pytest.raises(PrivateAddressError):
        client.request("POST", "https://rebound.example/x", body=b"{}", headers={})


def test_the_name_is_resolved_once_and_the_checked_address_is_the_one_that_is_called(
    receiver: ThreadingHTTPServer,
) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    client = PublicHttp(allowed=LOOPBACK, resolve=rebinding)
    answer = client.request("POST", address_of(receiver, "/a?b=c", "hooks.example"), body=b"{}", headers={})
    assert (answer.status, answer.body, asked) == (200, b"xx", ["hooks.example"])
    assert receiver.seen == [("/a?b=c", f"hooks.example:{receiver.server_port}", b"{}")]  # type: ignore[attr-defined]


def test_a_redirect_is_not_followed(receiver: ThreadingHTTPServer) -> None:
    client = PublicHttp(allowed=LOOPBACK)
    answer = client.request("POST", address_of(receiver, "/moved"), body=b"{}", headers={})
    assert (answer.status, answer.headers["location"]) == (302, "http://169.254.169.254/latest/meta-data")
    with pytest.raises(DeliveryError, match="answered 302"):
        public_webhooks("127.0.0.0/8").post(address_of(receiver, "/moved"), b"{}", headers={})


def test_what_is_too_long_or_too_slow_or_refused_is_a_failed_delivery(receiver: ThreadingHTTPServer) -> None:
    client = PublicHttp(allowed=LOOPBACK)
    with pytest.raises(DeliveryError, match="too long"):
        client.request("POST", address_of(receiver, "/long"), body=b"{}", headers={})
    with pytest.raises(DeliveryError, match="answered 500"):
        public_webhooks("127.0.0.0/8").post(address_of(receiver, "/broken"), b"{}", headers={})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(DeliveryError):
            client.request("POST", f"http://127.0.0.1:{port}/", body=b"{}", headers={}, timeout_s=1)


def test_an_answer_that_never_ends_is_cut_off_by_the_limit_on_the_whole_time(receiver: ThreadingHTTPServer) -> None:
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(
                PublicHttp(allowed=LOOPBACK).request(
                    "POST", address_of(receiver, "/drip"), body=b"{}", headers={}, timeout_s=0.2
                )
            )
        except DeliveryError as error:
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(3)
    assert not thread.is_alive()
    assert isinstance(answer[0], DeliveryError)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "https://user:pass@hooks.example/",  # pragma: allowlist secret
        "https://",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://127.0.0.1/",
        "https://hooks.example:99999/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX: y",
        "http://hooks.example/",
    ],
)
def test_an_address_that_no_webhook_may_lead_to_is_refused_when_it_is_named(url: str) -> None:
    with pytest.raises(InvalidInputError):
        public_webhooks("").check(url)


def test_an_address_of_the_open_web_may_be_named() -> None:
    public_webhooks("").check("https://hooks.example:8443/x?y=z")
