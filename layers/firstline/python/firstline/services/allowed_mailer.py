"""Test mode for all mail, that to people too: whoever is not on the list gets none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from firstline.domain.mail.allow_list import AllowList
from firstline.domain.mailer import Envelope, Mailer


class AllowedMailer:
    """Implements ``Mailer`` by another one, for the recipients that are allowed; a mail to none of them is dropped.

    Parameters
    ----------
    on_held_back : callable
        Told how many recipients get nothing, to log it.
    """

    def __init__(self, mailer: Mailer, allow_list: AllowList, *, on_held_back: Callable[[int], None]) -> None:
        self._mailer = mailer
        self._allow_list = allow_list
        self._on_held_back = on_held_back

    def send(self, message: bytes, envelope: Envelope) -> str:
        """See ``Mailer.send``."""
        allowed, copied = self._allowed(envelope.recipients), self._allowed(envelope.copies)
        if held_back := len(envelope.recipients) + len(envelope.copies) - len(allowed) - len(copied):
            self._on_held_back(held_back)
        if not allowed:
            return ""
        return self._mailer.send(message, replace(envelope, recipients=allowed, copies=copied))

    def _allowed(self, addresses: Sequence[str]) -> list[str]:
        return [address for address in addresses if self._allow_list.allows(address)]
