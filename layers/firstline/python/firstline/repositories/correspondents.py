"""How many mails a correspondent has been given answers to since a person last wrote to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from firstline.domain.mail.correspondent import correspondent
from firstline.domain.ports import Table
from firstline.domain.table import Operation, Put
from firstline.repositories import keys, mail_keys, visitor_keys
from firstline.repositories.schema import Schema

CORRESPONDENT = Schema("mail_correspondent", version=1)

REMEMBERED = timedelta(days=30)
_DAY = timedelta(days=1)
_AFTER_TIMES: Final = ":"


class CorrespondentRepository:
    """Keys: ``MAILTO#<digest>`` / ``<time>#<mail id>``, and ``META`` with when a person last wrote; for 30 days.

    What is kept goes with the conversation that it is about.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def admitted(self, address: str, mail_id: str, *, conversation_id: str, at: datetime) -> Operation:
        """Return the operation that counts a mail whose answer goes to an address; done again, it changes nothing."""
        return self._put(address, f"{mail_keys.moment(at)}#{mail_id}", conversation_id, at)

    def attended(self, address: str, *, conversation_id: str, at: datetime) -> Operation:
        """Return the operation that notes that a person has written to an address: counting begins anew."""
        return self._put(address, keys.META, conversation_id, at)

    def admitted_since(self, address: str, *, now: datetime, at_most: int) -> tuple[int, int]:
        """Return how many mails were counted within a day, and within 30 days, since a person last wrote.

        Parameters
        ----------
        at_most : int
            Counted no further than the newest so many.
        """
        pk = mail_keys.answered_to(correspondent(address))
        item = self._table.get(pk, keys.META)
        since = now - REMEMBERED
        if item is not None:
            since = max(since, datetime.fromisoformat(CORRESPONDENT.load(item)["at"]))
        page = self._table.query(
            pk,
            sk_from=mail_keys.moment(since),
            sk_to=_AFTER_TIMES,
            limit=max(1, at_most),
            reverse=True,
            consistent=True,
        )
        times = [datetime.fromisoformat(CORRESPONDENT.load(one)["at"]) for one in page.items]
        return sum(then > now - _DAY for then in times), len(times)

    def _put(self, address: str, sk: str, conversation_id: str, at: datetime) -> Operation:
        pk = mail_keys.answered_to(correspondent(address))
        item = {
            "pk": pk,
            "sk": sk,
            "at": at.isoformat(),
            **visitor_keys.linked_to(conversation_id, pk, sk),
            "expires_at": keys.expiry(at, REMEMBERED.days),
        }
        return Put(CORRESPONDENT.stamp(item))
