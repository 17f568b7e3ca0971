"""Outgoing mail of one machine: over an SMTP server, or into a folder to look at."""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Sequence
from pathlib import Path

from firstline.domain.errors import DeliveryError


class SMTPMailer:
    """Implements ``Mailer`` by an SMTP server; one connection per message.

    Parameters
    ----------
    host : str
    port : int
        465 speaks TLS from the start.
    username, password : str
        Empty where the server asks for none; they are sent over TLS only.
    starttls : bool
        Ask for TLS on other ports; a server that has none refuses the message.
    timeout_s : float
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str = "",
        password: str = "",
        starttls: bool = False,
        timeout_s: float = 10.0,
    ) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._starttls = starttls
        self._timeout_s = timeout_s

    def send(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Hand over a message; SMTP has no id of its own, so this is empty. Raises ``DeliveryError``."""
        try:
            with self._connection() as server:
                if self._username:
                    server.login(self._username, self._password)
                refused = server.sendmail(sender, list(recipients), message)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"the mail server at {self._host} took no mail: {type(error).__name__}") from error
        if refused:
            raise DeliveryError(f"the mail server at {self._host} refused {len(refused)} of the recipients")
        return ""

    def _connection(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._port == smtplib.SMTP_SSL_PORT:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        try:
            if self._starttls or self._username:
                server.starttls(context=context)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
        return server


class FolderMailer:
    """Implements ``Mailer`` by files: each message becomes an ``.eml`` in a folder, made with the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Write the message and return the file's name. Raises ``DeliveryError``."""
        name = f"{uuid.uuid4().hex}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f".{name}"
            unfinished.write_bytes(message)
            unfinished.replace(self._folder / name)
        except OSError as error:
            raise DeliveryError(f"{self._folder} takes no mail: {error.strerror}") from error
        return name
