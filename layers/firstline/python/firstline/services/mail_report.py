"""What a round of sending mail did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MailReport:
    """What one round did."""

    delivered: int = 0
    failed: int = 0
    """Tries again, but for those that are dead."""
    dead: tuple[str, ...] = ()
    """Ids of the failed ones that were given up."""
    unreadable: tuple[str, ...] = ()
    unknown: int = 0
    """Tries of which nobody knows whether they went through."""
    held_back: tuple[str, ...] = ()
    """Ids of those that are not sent for another reason."""
