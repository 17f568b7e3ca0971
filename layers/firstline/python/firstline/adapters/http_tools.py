"""HTTP requests to systems that somebody has named: resolved once, checked, and connected to what was checked."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from firstline.domain.public_address import require_public
from firstline.domain.tool_errors import ToolFailedError, ToolUncertainError
from firstline.domain.tool_ports import Answer, OutgoingRequest

MAX_ANSWER_BYTES = 65_536
_DEFAULT_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedHttp:
    """Implements ``ToolHttp``: no proxies, no redirects, no compression, one deadline for everything.

    A name that answers differently the second time (DNS rebinding) gains nothing: it is asked once.

    Parameters
    ----------
    resolve : callable
        Host and port to addresses.
    tls : ssl.SSLContext, optional
        Without it the machine's certificates decide.
    """

    def __init__(self, *, resolve: Resolve = resolve, tls: ssl.SSLContext | None = None) -> None:
        self._resolve = resolve
        self._tls = tls

    def send(self, request: OutgoingRequest) -> Answer:
        """Send, and return the whole answer.

        Raises
        ------
        PrivateAddressError, ToolFailedError, ToolUncertainError
        """
        ends_at = time.monotonic() + request.timeout_s
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ToolFailedError("its host has no address") from error
        checked = require_public(host, addresses, request.allowed)
        connected = self._connected(checked, port, host, ends_at, secure=parts.scheme == "https")
        # One that sends a byte now and then never runs into a time-out of its own.
        watchdog = threading.Timer(max(0.0, ends_at - time.monotonic()), _cut, (connected,))
        watchdog.daemon = True
        watchdog.start()
        try:
            return _exchanged(connected, request, ends_at)
        finally:
            watchdog.cancel()
            connected.close()

    def _connected(
        self, addresses: Sequence[str], port: int, host: str, ends_at: float, *, secure: bool
    ) -> socket.socket:
        problem: OSError | None = None
        for address in addresses:
            left = ends_at - time.monotonic()
            if left <= 0:
                break
            try:
                connected = socket.create_connection((address, port), timeout=left)
            except OSError as error:
                problem = error
                continue
            if not secure:
                return connected
            return self._context().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
        raise ToolFailedError("it cannot be reached") from problem

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _exchanged(connected: socket.socket, request: OutgoingRequest, ends_at: float) -> Answer:
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])
    connection.sock = connected
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {**request.headers, "User-Agent": "Firstline-Tools/1", "Accept-Encoding": "identity"}
    try:
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
    except (OSError, ValueError) as error:
        raise ToolFailedError(f"no safe connection: {type(error).__name__}") from error
    try:
        connection.request(request.method, target, body=request.body, headers=headers)
        answer = _read(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ToolUncertainError(f"no whole answer came: {type(error).__name__}") from error
    if time.monotonic() >= ends_at:
        # Cut off; what was read may end anywhere.
        raise ToolUncertainError("no whole answer came in time")
    return answer


def _read(response: http.client.HTTPResponse) -> Answer:
    if response.getheader("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise ValueError("it was compressed unasked")
    body = response.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise ValueError("it is too large")
    return Answer(response.status, response.getheader("Content-Type", "").lower(), body)


def _cut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is closed already.
        return
