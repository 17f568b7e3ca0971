"""Mail on a laptop: the port, the spool, and the look for what was left, started and stopped as one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from firstline.container import Container
from firstline.domain.mail.answer_mail import support_addresses
from firstline.local import smtp_server
from firstline.local.mail_spool import MailSpool
from firstline.local.smtp_server import MailPortError, MailServer
from firstline.local.timers import Timer

LOOK_INTERVAL_S = 60.0
"""Seconds between two looks for mail that was not processed."""


class MailIntake:
    """Takes mail for SUPPORT_ADDRESS; where its port is taken, it says so and processes what is stored.

    Parameters
    ----------
    container : Container
        With SUPPORT_ADDRESS, and a store of received mail.
    intake : callable
        ``lambda_handler`` of ``functions/email_intake``, for events.
    """

    def __init__(self, container: Container, intake: Callable[[dict[str, Any]], object]) -> None:
        ports, settings = container.ports, container.settings
        assert ports.received_mail is not None  # noqa: S101
        self._addresses = support_addresses(settings.support_address)
        self._outgoing = settings.smtp_host or f"{settings.data_path}/mail"
        self._spool = MailSpool(ports.received_mail, intake, clock=ports.clock, ids=ports.ids)
        self._look = Timer("mail", LOOK_INTERVAL_S, self._spool.look, at_once=True)
        self._server: MailServer | None = None
        if settings.mail_port:
            try:
                listening = smtp_server.listen(settings.mail_port)
            except MailPortError as error:
                print(f"Mail: {error}; set MAIL_PORT to a free one. No mail is taken.", file=sys.stderr)
                return
            self._server = MailServer(
                listening, self._spool, self._addresses, clock=ports.clock, max_bytes=settings.max_mail_bytes
            )

    @property
    def where(self) -> str:
        """Where mail is taken, for whom, and where answers go, in words."""
        port = f"{smtp_server.HOST}:{self._server.port} takes" if self._server else "no port takes"
        return f"{port} mail for {', '.join(self._addresses)}; answers go to {self._outgoing}"

    def start(self) -> None:
        """Begin, with what was left the last time."""
        self._spool.start()
        self._look.start()
        if self._server is not None:
            self._server.start()

    def stop(self) -> None:
        """Take no more mail; what is stored and not processed is so at the next start."""
        if self._server is not None:
            self._server.stop()
        self._look.stop()
        self._spool.stop()
