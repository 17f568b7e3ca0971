"""A piece of personal data in a text."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class PiiKind(StrEnum):
    """What a piece of personal data is."""

    SECRET = "secret"  # noqa: S105  # pragma: allowlist secret
    EMAIL = "email"
    URL = "url"
    IBAN = "iban"
    CARD = "card"
    IP = "ip"
    NATIONAL_ID = "national_id"
    PHONE = "phone"
    DATE = "date"
    PERSON = "name"
    PLACE = "place"
    ORGANISATION = "organisation"


class PiiSpan(NamedTuple):
    """A piece of personal data: ``text[start:end]``."""

    start: int
    end: int
    kind: PiiKind
    confidence: float
    """In [0, 1]; 1 where a checksum or an unmistakable form decides."""
    by_form: bool = True
    """Found by its form or by what introduces it, not by the learnt tagger."""
