"""Outgoing mail of one machine: over an SMTP server, or into a folder to look at."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
import uuid
from email.utils import parseaddr
from pathlib import Path

from firstline.domain.errors import DeliveryError
from firstline.domain.mailer import DeliveryUnknownError, Envelope, RecipientRefusedError

_TAKEN, _GO_ON, _RECIPIENT_TAKEN = 250, 354, (250, 251)
_STATUS = re.compile(rb"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


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

    def send(self, message: bytes, envelope: Envelope) -> str:
        """Hand over a message, which keeps its own ``Message-ID``: what is returned is empty.

        Where all whom it is for are refused nobody gets it. Where some are, or copies, the others get it: sent again,
        they would get it twice.

        Raises
        ------
        DeliveryUnknownError
            The connection was lost, or time ran out, between the end of the message and the server's word on it.
        RecipientRefusedError
            The server says for good that there is no such mailbox as that of the only one whom it is for.
        DeliveryError
            The server cannot be reached, refuses the message, or takes none whom it is for.
        """
        try:
            server = self._connection()
        except (smtplib.SMTPException, OSError) as error:
            raise self._not_taken(error) from error
        try:
            try:
                self._begin(server, envelope)
                server.send(_dotted(message))
            except (smtplib.SMTPException, OSError) as error:
                raise self._not_taken(error) from error
            try:
                server.send(b".\r\n")
                code, _ = server.getreply()
            except (smtplib.SMTPException, OSError) as error:
                raise DeliveryUnknownError(f"the mail server at {self._host} may have taken the mail") from error
            if code != _TAKEN:
                raise DeliveryError(f"the mail server at {self._host} refused the message: {code}")
            # It has the message: whatever becomes of the goodbye.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()
        return ""

    def _begin(self, server: smtplib.SMTP, envelope: Envelope) -> None:
        """Go up to the message itself. Raises ``SMTPException``, ``OSError``, ``DeliveryError``."""
        server.ehlo_or_helo_if_needed()
        if self._username:
            server.login(self._username, self._password)
        code, said = server.mail(parseaddr(envelope.sender)[1])
        if code != _TAKEN:
            raise smtplib.SMTPSenderRefused(code, said, envelope.sender)
        answers = [server.rcpt(recipient) for recipient in envelope.recipients]
        if not any(code in _RECIPIENT_TAKEN for code, _ in answers):
            refused = f"the mail server at {self._host} refused the recipients: {[code for code, _ in answers]}"
            if len(answers) == 1 and _no_mailbox(answers[0][1]):
                raise RecipientRefusedError(envelope.recipients[0], refused)
            raise DeliveryError(refused)
        for copy in envelope.copies:
            server.rcpt(copy)
        code, said = server.docmd("DATA")
        if code != _GO_ON:
            raise smtplib.SMTPDataError(code, said)

    def _not_taken(self, error: Exception) -> DeliveryError:
        return DeliveryError(f"the mail server at {self._host} took no mail: {type(error).__name__}")

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

    def send(self, message: bytes, envelope: Envelope) -> str:
        """Write the message and return nothing: it keeps its own ``Message-ID``. Raises ``DeliveryError``."""
        name = f"{uuid.uuid4().hex}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f".{name}"
            unfinished.write_bytes(message)
            unfinished.replace(self._folder / name)
        except OSError as error:
            raise DeliveryError(f"{self._folder} takes no mail: {error.strerror}") from error
        return ""


def _no_mailbox(said: bytes) -> bool:
    """Tell whether a server says for good that an address is none, and not that it wants no mail of ours or now.

    By the enhanced status (RFC 3463) 5.1.x, or 5.2.1 for one that is switched off. A bare 550 tells nothing: servers
    say it to whom they do not relay for, too, and one wrong server would silence every customer.
    """
    status = _STATUS.match(said)
    if status is None:
        return False
    return status[1] == b"5" and (status[2] == b"1" or (status[2], status[3]) == (b"2", b"1"))


def _dotted(message: bytes) -> bytes:
    """Return a message as it goes over the wire: CRLF after every line, dots at the begin of one doubled."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"
