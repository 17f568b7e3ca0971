"""What a customer's account says, as far as Firstline was asked to change it."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, Check, Exists, Operation, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

ACCOUNT = Schema("account", version=1)
FIELDS = ("email", "phone", "address", "company", "plan", "name")


class AccountRepository:
    """Keys: ``CUST#<id>`` / ``ACCOUNT``, an attribute per field; it stays as long as the customer may be remembered."""

    def __init__(self, table: Table, *, days: int) -> None:
        self._table = table
        self._days = days

    def get(self, customer_id: str) -> dict[str, str]:
        """Return what is known by field; nothing where nothing is."""
        item = self._table.get(keys.customer(customer_id), keys.ACCOUNT)
        loaded = ACCOUNT.load(item) if item else {}
        return {field: str(loaded[field]) for field in FIELDS if field in loaded}

    def changed(self, customer_id: str, field: str, value: str, *, now: datetime) -> list[Operation]:
        """Return the operations that write a field of a customer who is there, and has not become part of another."""
        set_ = {field: value, "changed_at": now.isoformat(), "expires_at": keys.expiry(now, self._days)}
        pk = keys.customer(customer_id)
        return [
            Update(pk, keys.ACCOUNT, set=ACCOUNT.stamp(set_)),
            Check(pk, "PROFILE", AllOf((Exists(), Absent("joined_into")))),
        ]

    def owner(self, customer_id: str) -> str:
        """Return the customer who is now whom this id meant. Raises ``NotFoundError``."""
        item = self._table.get(keys.customer(customer_id), "PROFILE")
        if item is None:
            raise NotFoundError(f"no customer {customer_id}")
        return str(item.get("joined_into") or customer_id)
