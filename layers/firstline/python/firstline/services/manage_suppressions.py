"""Addresses that get no mail any more, as people see them and let them get mail again."""

from __future__ import annotations

from firstline.domain.errors import NotFoundError
from firstline.domain.identity import Principal
from firstline.domain.ports import Clock, Ids, Table
from firstline.repositories.audit import AuditRepository
from firstline.repositories.suppressions import SuppressionPage, SuppressionRepository, address_id


class ManageSuppressions:
    """An address is shown by a hint and named by its id, so that the list gives no addresses away."""

    def __init__(
        self, table: Table, suppressions: SuppressionRepository, audit: AuditRepository, *, clock: Clock, ids: Ids
    ) -> None:
        self._table = table
        self._suppressions = suppressions
        self._audit = audit
        self._clock = clock
        self._ids = ids

    def page(self, *, limit: int, cursor: str | None) -> SuppressionPage:
        """Return suppressed addresses, the newest first. Raises ``InvalidCursorError``."""
        return self._suppressions.page(limit=limit, cursor=cursor)

    def remove(self, address_or_id: str, by: Principal) -> None:
        """Let an address get mail again.

        Raises
        ------
        NotFoundError
            It is not suppressed.
        """
        if not self._suppressions.remove(address_or_id):
            raise NotFoundError("this address is not suppressed")
        known = address_id(address_or_id) if "@" in address_or_id else address_or_id
        entry = self._audit.recorded(
            self._ids.new(), action="mail_suppression_removed", by=by.user_id, of=known, now=self._clock.now()
        )
        self._table.transact([entry])
