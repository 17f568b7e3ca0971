"""What sends mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from firstline.domain.errors import DeliveryError


class DeliveryUnknownError(DeliveryError):
    """No word on whether a mail was taken: the connection was lost, or time ran out, after it may have left."""


class RecipientRefusedError(DeliveryError):
    """There is no such mailbox as its only recipient's: nobody has got the mail, and there is no use in another try.

    Parameters
    ----------
    address : str
        That is refused.
    """

    def __init__(self, address: str, message: str) -> None:
        super().__init__(message)
        self.address = address


@dataclass(frozen=True)
class Envelope:
    """Who sends a mail and whom it is for, whatever its headers say (RFC 5321, 2.3.1)."""

    sender: str
    recipients: Sequence[str]
    """Whom it is for. Where all of them are refused nobody gets it."""
    copies: Sequence[str] = ()
    """Who gets it too, where they can."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What the transport's reports on the mail are to name, where it sends any: letters, digits, ``_`` and ``-``."""


class Mailer(Protocol):
    """Outgoing mail."""

    def send(self, message: bytes, envelope: Envelope) -> str:
        """Hand over an RFC 5322 message.

        Returns
        -------
        str
            The ``Message-ID`` that the transport puts in the place of the message's own; empty where it leaves that.

        Raises
        ------
        DeliveryUnknownError
            It may have been taken.
        RecipientRefusedError
            Its only recipient does not exist.
        DeliveryError
            It was not taken; nor was it where any other error is raised.
        """
        ...
