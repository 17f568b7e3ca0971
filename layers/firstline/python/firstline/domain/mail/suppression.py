"""Addresses that are sent nothing any more, and when a temporary failure becomes such a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BOUNCES_WITHIN = timedelta(days=7)
MAX_TEMPORARY_BOUNCES = 3
"""Mails that came back within ``BOUNCES_WITHIN`` for a reason that may pass, from which an address is left alone."""
LEFT_ALONE = timedelta(days=1)
"""For how long."""


class SuppressedBecause(StrEnum):
    """Why an address is sent nothing."""

    BOUNCED = "bounced"
    """There is no such mailbox, or it takes nothing of ours, for good."""
    COMPLAINED = "complained"
    """Its owner has marked a mail of ours as unwanted."""
    TEMPORARY_BOUNCES = "temporary_bounces"
    """Again and again for a reason that may pass: for a day."""
    UNSUBSCRIBED = "unsubscribed"
    """No news of tickets; answers to what its owner writes are sent."""
    BY_PERSON = "by_person"


@dataclass(frozen=True)
class Suppression:
    """An address that is sent nothing; the address itself is not kept."""

    address_id: str
    """SHA-256 of the address in lower case, hexadecimal."""
    hint: str
    """The address with all but its first letter and its domain hidden."""
    reason: SuppressedBecause
    at: datetime
    until: datetime | None = None
    """None: until a person removes it."""
    conversation_id: str = ""
    """In which it came about; empty where that is not known."""

    def stops(self, *, news: bool) -> bool:
        """Tell whether a mail is held back: news for any reason, answers for all but a wish for no news."""
        return news or self.reason is not SuppressedBecause.UNSUBSCRIBED


def hint_of(address: str) -> str:
    """Return an address by which only who knows it recognises it, such as ``z***@mail.example``."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local[:1]}***@{domain}"
