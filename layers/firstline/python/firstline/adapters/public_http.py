"""HTTP to addresses that somebody else has named: resolved once, checked, connected to as checked, and nowhere else."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from firstline.domain.errors import DeliveryError, InvalidInputError
from firstline.domain.public_address import Network, PrivateAddressError, checked_host, require_public

Resolve = Callable[[str, int], list[str]]
"""Returns the addresses of a host; raises ``OSError``."""


@dataclass(frozen=True)
class HttpAnswer:
    """What came back; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of a host by the system's resolver. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class UnsentError(DeliveryError):
    """Nothing was sent: no address, no connection, no safe one, or a header that cannot be."""


class PublicHttp:
    """One request to one address, with a limit on its whole time and on what is read of the answer.

    Parameters
    ----------
    allowed : tuple of network
        Private networks that it may reach nevertheless, over plain HTTP too.
    timeout_s : float
        Seconds for everything, > 0.
    """

    def __init__(
        self, *, allowed: tuple[Network, ...] = (), timeout_s: float = 10.0, resolve: Resolve = system_resolver
    ) -> None:
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._resolve = resolve

    def check(self, url: str) -> None:
        """Refuse an address that no request may go to; its name is not resolved.

        Raises
        ------
        InvalidInputError
            Not ``https://`` (``http://`` only where private networks are allowed), a user or password in it, no host.
        PrivateAddressError
            The host is an address that is not public, or a number in disguise.
        """
        host, _, _, _ = self._parts(url)
        if _is_address(host):
            require_public(host, [host], self._allowed)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str],
        timeout_s: float | None = None,
        max_bytes: int = 64 * 1024,
    ) -> HttpAnswer:
        """Send a request and return the answer, whatever its status.

        Parameters
        ----------
        max_bytes : int
            Of the answer's body; a longer one is refused.

        Raises
        ------
        InvalidInputError, PrivateAddressError
            The address is none that a request may go to; nothing was sent.
        UnsentError
            It could not be reached.
        DeliveryError
            It was too slow, broke off, or answered more than ``max_bytes``.
        """
        host, port, secure, target = self._parts(url)
        limit_s = timeout_s or self._timeout_s
        try:
            addresses = [host] if _is_address(host) else self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UnsentError("the host has no address") from error
        checked = require_public(host, addresses, self._allowed)
        if not secure and not self._is_inside(host, checked):
            raise InvalidInputError("a public address begins with https://")
        connection = _CheckedConnection(host, port, checked, secure=secure, timeout_s=limit_s)
        deadline = threading.Timer(limit_s, connection.abort)
        deadline.daemon = True
        deadline.start()
        try:
            try:
                connection.connect()
                for name, value in headers.items():
                    _require_header(name, value)
            except (OSError, ValueError) as error:
                raise UnsentError(f"no connection: {type(error).__name__}") from error
            connection.request(method, target, body=body or None, headers=dict(headers))
            with connection.getresponse() as answer:
                content = answer.read(max_bytes + 1)
                fields = {name.lower(): value for name, value in answer.getheaders()}
            if connection.aborted:
                raise TimeoutError
            if len(content) > max_bytes:
                raise DeliveryError("the answer is too long")
            return HttpAnswer(answer.status, fields, content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"no answer: {type(error).__name__}") from error
        finally:
            deadline.cancel()
            connection.close()

    def _is_inside(self, host: str, addresses: tuple[str, ...]) -> bool:
        try:
            require_public(host, addresses)
        except PrivateAddressError:
            return True
        return False

    def _parts(self, url: str) -> tuple[str, int, bool, str]:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidInputError("this is no address of the web") from error
        schemes = {"https", "http"} if self._allowed else {"https"}
        if parts.scheme not in schemes:
            raise InvalidInputError("an address begins with https://")
        if parts.username is not None or parts.password is not None or not parts.hostname:
            raise InvalidInputError("an address holds a host, and no user or password")
        if not url.isascii() or any(character <= " " or character in '"<>\\^`{|}\x7f' for character in url):
            raise InvalidInputError("an address holds a character that has to be escaped")
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return checked_host(parts.hostname), port or (443 if secure else 80), secure, target


class _CheckedConnection(http.client.HTTPConnection):
    """Connects to the first of the checked addresses that answers, and speaks to the host of that name."""

    def __init__(self, host: str, port: int, addresses: tuple[str, ...], *, secure: bool, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.default_port = 443 if secure else 80
        self._addresses = addresses
        self._secure = secure
        self._timeout_s = timeout_s
        self.aborted = False
        self._open: socket.socket | None = None

    def connect(self) -> None:
        self.sock = self._open = self._connected()
        if self._secure:
            secured = _tls().wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            # Known before the handshake, so that one that never ends can be ended.
            self.sock = self._open = secured
            secured.do_handshake()
        if self.aborted:
            raise TimeoutError

    def _connected(self) -> socket.socket:
        problem: OSError = TimeoutError()
        for address in self._addresses:
            if self.aborted:
                break
            try:
                return socket.create_connection((address, self.port), self._timeout_s)
            except OSError as error:
                problem = error
        raise problem

    def abort(self) -> None:
        """End whatever it is doing, also the reading of an answer for which ``sock`` was given up."""
        self.aborted = True
        if self._open is not None:
            with contextlib.suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)


def _require_header(name: str, value: str) -> None:
    """Refuse what http.client would, before anything of the request has left. Raises ``ValueError``."""
    name.encode("ascii"), value.encode("latin-1")
    if any(sign in f"{name}{value}" for sign in "\r\n\0"):
        raise ValueError("a header holds a line end")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
