"""The laptop's SMTP port: takes mail for the company's own addresses, and for nobody else."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Iterable
from typing import Any

from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Dialogue

from firstline.domain.errors import FirstlineError, StoreUnavailableError
from firstline.domain.mail.gate import without_plus
from firstline.domain.ports import Clock
from firstline.local.mail_envelope import Envelope, with_envelope
from firstline.local.mail_spool import MailSpool
from firstline.local.smtp_connection import CALLS, Busy, Connection
from firstline.observability import logger

HOST = "127.0.0.1"
"""No other: the port knows neither TLS nor passwords. A mail server of this machine passes mail on to it."""
TIMEOUT_S = 300.0
"""Seconds from one command to the next, and for all of a mail's content (RFC 5321, 4.5.3.2)."""
MAX_CONNECTIONS = 32
MAX_RECIPIENTS = 100
_PLUS_PART = re.compile(r"[\w.=-]{1,200}", re.ASCII)


class MailPortError(FirstlineError):
    """The port of MAIL_PORT cannot be listened on."""


def listen(port: int) -> socket.socket:
    """Return a socket bound to a port of this machine, 0 for any. Raises ``MailPortError``."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise MailPortError(f"cannot listen on {HOST} port {port}: {error.strerror}") from error
    return listening


class MailServer:
    """Serves SMTP on a thread of its own, with SIZE, 8BITMIME and SMTPUTF8; ``250`` means that the mail is durable.

    STARTTLS is not offered: nothing leaves the machine, and there is no name that a certificate could be for.

    Parameters
    ----------
    listening : socket
        Of ``listen``; closed on stop.
    spool : MailSpool
    addresses : iterable of str
        Recipients, with any plus-part; others are refused.
    max_bytes : int
        Largest mail.
    timeout_s : float
        Seconds that a client has for the next command, and for a whole mail.
    """

    def __init__(
        self,
        listening: socket.socket,
        spool: MailSpool,
        addresses: Iterable[str],
        *,
        clock: Clock,
        max_bytes: int,
        timeout_s: float = TIMEOUT_S,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._listening = listening
        self._receiver = _Receiver(spool, frozenset(map(without_plus, addresses)), clock)
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._max_connections = max_connections
        self._connections: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)
        self.port: int = listening.getsockname()[1]

    def start(self) -> None:
        """Take connections from now on."""
        # The library's log quotes what clients say.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        self._listening.listen(128)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Take no more connections, end those there are, and wait so many seconds for mail that is being stored."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(timeout_s)
        self._listening.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(_broke_off)
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._connection, sock=self._listening)
        await self._ended.wait()
        server.close()
        open_ones = list(self._connections)
        for connection in open_ones:
            connection.refuse("421 4.3.2 Service is being stopped")
        handlers = [connection.handling for connection in open_ones if connection.handling is not None]
        await asyncio.gather(*handlers, return_exceptions=True)

    def _connection(self) -> asyncio.BaseProtocol:
        if len(self._connections) >= self._max_connections:
            return Busy()
        return Connection(
            self._receiver,
            self._connections,
            data_size_limit=self._max_bytes,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Firstline",
            timeout=self._timeout_s,
            command_call_limit=CALLS,
            loop=self._loop,
        )


def _broke_off(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # A client that leaves while it is answered; the loop's own log would quote the dialogue.
    logger.info("smtp dialogue broke off", extra={"error": type(context.get("exception")).__name__})


class _Receiver:
    """What the dialogues lead to."""

    def __init__(self, spool: MailSpool, addresses: frozenset[str], clock: Clock) -> None:
        self._spool = spool
        self._addresses = addresses
        self._clock = clock

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, dialogue: Dialogue, address: str, options: list[str]
    ) -> str:
        local, _, _ = address.rpartition("@")
        _, plus, part = local.partition("+")
        if without_plus(address) not in self._addresses or (plus and not _PLUS_PART.fullmatch(part)):
            return "550 5.1.1 No such recipient here"
        if len(dialogue.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        dialogue.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, dialogue: Dialogue) -> str:  # noqa: N802
        assert isinstance(dialogue.original_content, bytes)  # noqa: S101
        sender = "" if dialogue.mail_from in (None, "<>") else str(dialogue.mail_from)
        peer = str(session.peer[0]) if session.peer else ""
        envelope = Envelope(sender, tuple(dialogue.rcpt_tos), session.host_name or "", peer)
        mail_id = self._spool.new_id()
        try:
            await asyncio.to_thread(self._store, mail_id, dialogue.original_content, envelope)
        except StoreUnavailableError:
            logger.error("mail refused for now: it cannot be stored", extra={"mail": mail_id})
            return "451 4.3.0 Cannot be stored now, try again later"
        return f"250 2.0.0 {mail_id} is stored"

    async def handle_exception(self, error: Exception) -> str:
        # Without the error's own words, which may quote the client.
        logger.error("smtp dialogue failed", extra={"error": type(error).__name__})
        return "451 4.3.0 Something went wrong, try again later"

    def _store(self, mail_id: str, raw: bytes, envelope: Envelope) -> None:
        self._spool.take(mail_id, with_envelope(raw, envelope, mail_id=mail_id, received_at=self._clock.now()))
