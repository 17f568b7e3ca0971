"""One client of the laptop's SMTP port, with the bounds that the library does not set."""

from __future__ import annotations

import asyncio

from aiosmtpd.smtp import SMTP

_LONGEST_LINE = 262_144
"""Bytes. RFC 5321 allows 1,000, and programs write html in one line."""
_UNBROKEN = 4 * _LONGEST_LINE
CALLS = {"*": 50, "EHLO": 50, "HELO": 50, "MAIL": 100_000, "RCPT": 100_000, "DATA": 100_000, "RSET": 100_000}
"""Commands of one connection; only what carries mail may come often."""


class Busy(asyncio.Protocol):
    """One client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()


class Connection(SMTP):
    """One client. Bounds what the library does not: lines without end, and the number of connections."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, receiver: object, connections: set[Connection], **options: object) -> None:
        super().__init__(receiver, **options)  # type: ignore[arg-type]
        self._all = connections
        self._unbroken = 0
        self._last = b""

    @property
    def handling(self) -> asyncio.Task[None] | None:
        """The task that talks to the client."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        # The library keeps every piece of a line until the line ends.
        chunk = self._last + data
        end = chunk.rfind(b"\r\n")
        self._unbroken = self._unbroken + len(data) if end < 0 else len(chunk) - end
        self._last = data[-1:]
        if self._unbroken > _UNBROKEN:
            self.refuse("500 5.5.2 Line too long")
        else:
            super().data_received(data)

    def refuse(self, answer: str) -> None:
        """Say why, and hang up."""
        if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
            self.transport.write(f"{answer}\r\n".encode("ascii"))
            self.transport.close()

    def _timeout_cb(self) -> None:
        self.refuse("421 4.4.2 Too slow")
