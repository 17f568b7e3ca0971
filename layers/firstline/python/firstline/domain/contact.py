"""What a visitor says of themselves beside the conversation: name, e-mail, consent. Nobody has proven any of it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from firstline.domain.errors import ConflictError, InvalidInputError

MAX_EMAIL_CHARACTERS = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST_LOCAL = 64
_LEAST_LABELS = 2


class PrechatRequiredError(InvalidInputError):
    """The site asks for something before a conversation that the visitor has not said."""


class MailUnavailableError(ConflictError):
    """This installation has no mail to send anything with."""


def checked_email(text: str) -> str:
    """Return an address that mail can be sent to, without surrounding white space.

    Notes
    -----
    A dot-atom at a domain name of two labels or more (RFC 5322, 3.4.1; RFC 1035, 2.3.1), ASCII alone: quoted local
    parts, address literals and comments are refused, and so is everything that could end a header line.

    Raises
    ------
    ValueError
        It is no such address.
    """
    address = text.strip()
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    fits = len(address) <= MAX_EMAIL_CHARACTERS and len(local) <= _LONGEST_LOCAL and len(labels) >= _LEAST_LABELS
    if not (
        at and fits and _LOCAL.fullmatch(local) and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    ):
        raise ValueError("must be an e-mail address, such as name@example.com")
    return address


EmailAddress = Annotated[str, StringConstraints(max_length=300), AfterValidator(checked_email)]
PersonName = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Contact(BaseModel):
    """What a visitor has said of themselves; empty where they have not."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str = ""
    email: str = ""
    """Where answers go while nobody is there to read them."""
    consent_at: datetime | None = None
    """When they agreed to the site's text; None where they were not asked."""
    consent_sha256: str = ""
    """Of that text, as it was shown."""


def consent_sha256(text: str) -> str:
    """Return what is kept of the text that a visitor has agreed to (SHA-256, hexadecimal)."""
    return hashlib.sha256(text.encode()).hexdigest()
