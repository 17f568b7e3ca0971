"""Who may be sent mail."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.contact import checked_email
from firstline.domain.customer_mails import Unsent
from firstline.domain.mail.allow_list import AllowList
from firstline.domain.mail.gate import is_no_reply_address, without_plus
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.repositories.suppressions import SuppressionRepository


class MailRecipients:
    """Looks at every address before each try.

    Parameters
    ----------
    ours : frozenset of str
        Addresses that we receive with, in lower case, without plus-parts.
    """

    def __init__(self, suppressions: SuppressionRepository, allow_list: AllowList, ours: frozenset[str]) -> None:
        self._suppressions = suppressions
        self._allow_list = allow_list
        self._ours = ours

    def no_mailbox(self, address: str, *, conversation_id: str, now: datetime) -> None:
        """Note that a server has said for good that there is no such address."""
        self._suppressions.suppress(address, SuppressedBecause.BOUNCED, at=now, conversation_id=conversation_id)

    def refused(self, address: str, *, automatic: bool, news: bool, now: datetime) -> Unsent | None:
        """Return why an address is sent nothing, or None.

        Parameters
        ----------
        automatic : bool
            No person has written the mail: then none goes to addresses of mail systems, or that nobody reads.
        news : bool
            It tells of a ticket, unasked.
        """
        try:
            checked_email(address)
        except ValueError:
            return Unsent.NO_ADDRESS
        if without_plus(address) in self._ours:
            return Unsent.OUR_ADDRESS
        if automatic and is_no_reply_address(address):
            return Unsent.NO_REPLY_ADDRESS
        if not self._allow_list.allows(address):
            return Unsent.NOT_ALLOWED
        found = self._suppressions.of(address, now=now)
        return Unsent.SUPPRESSED if found is not None and found.stops(news=news) else None
