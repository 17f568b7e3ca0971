"""What lies below a customer and is found by them, when they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import AnyOf, Compare, Delete, Item, NotExists, Operation
from firstline.repositories import customer_places, keys
from firstline.repositories.all_items import all_items
from firstline.repositories.customers import IDENTITY, VERIFIED
from firstline.repositories.tickets import TICKET

_PAGE = 200
_PROFILE = "PROFILE"


class ErasedCustomers:
    """Works on ``CUST#<id>``, and on ``IDENT#verified#<user id>``; every step is safe to repeat."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def anything_of(self, customer_id: str) -> bool:
        """Tell whether a conversation, a ticket or anything else of theirs is there, be it without their profile."""
        own = keys.customer(customer_id)
        listed = (customer_places.conversations_of(customer_id), own)
        return bool(self._table.query(own, limit=1, consistent=True).items) or any(
            self._table.query(partition, index="by_customer", limit=1).items for partition in listed
        )

    def tickets_of(self, customer_id: str) -> Iterator[str]:
        """Yield the ids of the tickets that name them. The index may be stale."""
        for item in self._items(keys.customer(customer_id), index="by_customer"):
            if item.get("type") == TICKET.type:
                yield str(item["pk"]).removeprefix(keys.ticket(""))

    def remove_learned(self, customer_id: str) -> None:
        """Remove all that lies below a customer but the profile: memory, account, what they asked, what they cost."""
        for item in self._items(keys.customer(customer_id)):
            if item["sk"] != _PROFILE:
                self._table.delete(str(item["pk"]), str(item["sk"]))

    def remove(self, customer_id: str, user_id: str) -> None:
        """Remove the profile, and with it, at once, the name by which the customer is known.

        Parameters
        ----------
        user_id : str
            The proven name; empty where there is none. One that is another customer's by now stays theirs.
        """
        operations: list[Operation] = [Delete(keys.customer(customer_id), _PROFILE)]
        if user_id:
            pk = keys.identity(VERIFIED, user_id)
            name = self._table.get(pk, "IDENT")
            if name is None or IDENTITY.load(name)["customer_id"] == customer_id:
                self._remove_threads(pk)
                still = AnyOf((NotExists(), Compare("customer_id", "=", customer_id)))
                operations.append(Delete(pk, "IDENT", condition=still))
        self._table.transact(operations)

    def _remove_threads(self, pk: str) -> None:
        for item in self._items(pk, sk_prefix=keys.threads("")):
            # Who comes back at this moment has begun another conversation.
            with suppress(ConditionFailedError):
                self._table.delete(pk, str(item["sk"]), condition=Compare("body", "=", item["body"]))

    def _items(self, pk: str, *, sk_prefix: str | None = None, index: str | None = None) -> Iterator[Item]:
        consistent = index is None
        return all_items(self._table, pk, sk_prefix=sk_prefix, index=index, limit=_PAGE, consistent=consistent)
