"""Requests of custom tools go to checked addresses only, and end in time and size."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from firstline.adapters.http_tools import MAX_ANSWER_BYTES, CheckedHttp
from firstline.adapters.public_http import system_resolver
from firstline.domain.public_address import Network, PrivateAddressError, parse_networks
from firstline.domain.tool_errors import ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, OutgoingRequest

LOOPBACK = parse_networks("127.0.0.0/8")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by its path, and keeps what it was asked."""

    seen: list[tuple[str, str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        {"/large": self.large, "/moved": self.moved, "/packed": self.packed}.get(self.path, self.plain)()

    do_POST = do_GET  # noqa: N815

    def plain(self) -> None:
        self.answer(200, b'{"ok": true}', {"Content-Type": "application/json"})

    def large(self) -> None:
        self.answer(200, b"x" * (MAX_ANSWER_BYTES + 1), {})

    def moved(self) -> None:
        self.answer(302, b"", {"Location": "/elsewhere"})

    def packed(self) -> None:
        self.answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    Handler.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def send(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    timeout_s: float = 5,
    allowed: Sequence[Network] = LOOPBACK,
    resolve: Callable[[str, int], list[str]] = system_resolver,
) -> Answer:
    request = OutgoingRequest(method, url, {"X-Key": "k"}, body, timeout_s, allowed)
    return CheckedHttp(resolve=resolve).send(request)


def at(server: http.server.ThreadingHTTPServer, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_request_arrives_whole_and_its_answer_comes_back(server: http.server.ThreadingHTTPServer) -> None:
    answer = send(at(server, "/orders?id=7"), method="POST", body=b'{"a": 1}')
    assert (answer.status, answer.content_type, json.loads(answer.body)) == (200, "application/json", {"ok": True})
    ((method, path, headers, body),) = Handler.seen
    assert (method, path, body, headers["X-Key"]) == ("POST", "/orders?id=7", b'{"a": 1}', "k")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "169.254.169.254", "10.1.2.3",
        "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]",  # noqa: S104
        "[2002:7f00:1::]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[fd00:ec2::254]",
    ],
)  # fmt: skip
def test_no_private_address_is_called_in_whatever_form(server: http.server.ThreadingHTTPServer, host: str) -> None:
    with pytest.raises((PrivateAddressError, ToolFailedError)):
        send(f"http://{host}:{server.server_port}/", allowed=())
    assert Handler.seen == []


def test_a_name_that_leads_to_a_private_address_is_not_called_even_beside_public_ones(
    server: http.server.ThreadingHTTPServer,
) -> None:
    for addresses in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], []):
        with pytest.raises(PrivateAddressError):
            send(f"https://shop.example:{server.server_port}/", allowed=(), resolve=lambda *_, a=addresses: a)
    assert Handler.seen == []


def test_a_name_is_resolved_once_so_that_a_second_answer_gains_nothing(
    server: http.server.ThreadingHTTPServer,
) -> None:
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    assert send(f"http://shop.example:{server.server_port}/", resolve=rebinding).status == 200
    assert asked == ["shop.example"]
    assert Handler.seen[0][2]["Host"] == f"shop.example:{server.server_port}"


def test_a_redirect_is_given_back_and_not_followed(server: http.server.ThreadingHTTPServer) -> None:
    assert send(at(server, "/moved")).status == 302
    assert [path for _, path, _, _ in Handler.seen] == ["/moved"]


@pytest.mark.parametrize("path", ["/large", "/packed"])
def test_an_answer_that_is_too_large_or_compressed_is_not_taken(
    server: http.server.ThreadingHTTPServer, path: str
) -> None:
    with pytest.raises(ToolUncertainError):
        send(at(server, path))


def test_a_host_that_cannot_be_reached_has_done_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ToolFailedError) as failed:
        send(f"http://127.0.0.1:{port}/")
    assert not isinstance(failed.value, ToolUncertainError)


def unresolved(host: str, port: int) -> list[str]:
    raise socket.gaierror("no such host")


def test_a_host_without_an_address_has_done_nothing() -> None:
    with pytest.raises(ToolFailedError):
        send("http://shop.example/", resolve=unresolved)


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_server_that_sends_a_byte_now_and_then_is_cut_off_in_time(begin: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(begin)
                while not over.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        # The server would go on for good.
        with pytest.raises(ToolUncertainError):
            send(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout_s=0.3)
        over.set()
        thread.join()


def test_a_server_that_speaks_no_tls_gets_nothing_of_the_request(server: http.server.ThreadingHTTPServer) -> None:
    with pytest.raises(ToolFailedError):
        send(at(server).replace("http:", "https:"))
    assert Handler.seen == []


@pytest.mark.parametrize("bad", ["a\r\nX-Injected: 1", "a\nb"])
def test_a_header_cannot_carry_another(server: http.server.ThreadingHTTPServer, bad: str) -> None:
    request = OutgoingRequest("GET", at(server), {"X-Key": bad}, None, 5, LOOPBACK)
    with pytest.raises(ToolFailedError):
        CheckedHttp().send(request)
    assert Handler.seen == []


def test_plain_http_goes_to_the_allowed_networks_and_never_to_the_open_web(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def recorded(address: tuple[str, int], *_: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", recorded)
    inside = parse_networks("10.0.0.0/8")
    with pytest.raises(ToolFailedError):
        send("http://shop.example/x", allowed=inside, resolve=lambda *_: ["93.184.216.34"])
    assert tried == []
    with pytest.raises(ToolFailedError):
        send("http://shop.example/x", allowed=inside, resolve=lambda *_: ["10.1.2.3", "10.1.2.4"])
    assert tried == [("10.1.2.3", 80), ("10.1.2.4", 80)]
