"""Customers: created once per identity, with profile and latest insights."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Customer, CustomerInsights, relationship_stage
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Exists, Item, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.arms import REWARD_SCALE
from firstline.repositories.schema import Schema

CUSTOMER = Schema("customer", version=1)
IDENTITY = Schema("identity", version=1)


def identity_of(user_id: str, conversation_id: str) -> tuple[str, str]:
    """Return kind and value of the identity behind a conversation: the integrator's name, else the visitor alone."""
    return ("user", user_id) if user_id else ("conversation", conversation_id)


class CustomerRepository:
    """Keys: ``CUST#<id>`` / ``PROFILE`` and ``IDENT#<kind>#<value>`` / ``IDENT``.

    ``kind`` says how far a name is to be trusted: ``conversation`` is one anonymous visitor, ``user`` a name that the
    integrator gave. Two customers are never joined on a display name.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def find_or_create(self, kind: str, value: str, *, new_id: str, now: datetime) -> Customer:
        """Return the customer behind an identity, made on first sight, exactly once among racing callers."""
        found = self._by_identity(kind, value)
        if found is not None:
            return found
        expires = keys.expiry(now, self._retention_days)
        customer = Customer(customer_id=new_id, user_id=value if kind == "user" else "", created_at=now)
        identity = {
            "pk": keys.identity(kind, value),
            "sk": "IDENT",
            "customer_id": new_id,
            "expires_at": expires,
        }
        profile = {
            "pk": keys.customer(new_id),
            "sk": "PROFILE",
            "body": customer.model_dump_json(),
            "interactions": 0,
            "rewards": 0,
            "reward_sum": 0,
            "expires_at": expires,
        }
        try:
            self._table.transact(
                [Put(IDENTITY.stamp(identity), if_absent=True), Put(CUSTOMER.stamp(profile), if_absent=True)]
            )
        except ConditionFailedError:
            found = self._by_identity(kind, value)
            if found is None:
                raise
            return found
        return customer

    def get(self, customer_id: str) -> Customer:
        """Return the profile. Raises ``NotFoundError``."""
        item = self._table.get(keys.customer(customer_id), "PROFILE")
        if item is None:
            raise NotFoundError(f"no customer {customer_id}")
        return _from_item(CUSTOMER.load(item))

    def count_answer(
        self, customer: Customer, conversation_id: str, insights: CustomerInsights, *, now: datetime
    ) -> list[Operation]:
        """Return the operations that count one answer, keep the insights, and keep profile and identity alive."""
        expires = keys.expiry(now, self._retention_days)
        identity = keys.identity(*identity_of(customer.user_id, conversation_id))
        profile = Update(
            keys.customer(customer.customer_id),
            "PROFILE",
            set={"insights": insights.model_dump_json(), "expires_at": expires},
            add={"interactions": 1},
            condition=Exists(),
        )
        return [profile, Update(identity, "IDENT", set={"expires_at": expires}, condition=Exists())]

    def add_reward(self, customer_id: str, reward: float) -> Operation:
        """Return the operation that counts one observed reward, in [0, 1], towards satisfaction."""
        return Update(
            keys.customer(customer_id),
            "PROFILE",
            add={"rewards": 1, "reward_sum": round(reward * REWARD_SCALE)},
            condition=Exists(),
        )

    def _by_identity(self, kind: str, value: str) -> Customer | None:
        item = self._table.get(keys.identity(kind, value), "IDENT")
        return self.get(str(IDENTITY.load(item)["customer_id"])) if item else None


def _from_item(item: Item) -> Customer:
    customer = Customer.model_validate_json(item["body"])
    interactions, rewards = int(item["interactions"]), int(item["rewards"])
    changes = {
        "interaction_count": interactions,
        "relationship_stage": relationship_stage(interactions),
        "satisfaction": item["reward_sum"] / (REWARD_SCALE * rewards) if rewards else None,
    }
    if "insights" in item:
        changes["insights"] = CustomerInsights.model_validate_json(item["insights"])
    return customer.model_copy(update=changes)
