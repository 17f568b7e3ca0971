"""Customers: created once per identity, with profile and latest insights."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.conversation import Customer, CustomerInsights, relationship_stage
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.rewards import REWARD_SCALE
from firstline.domain.style import WritingProfile
from firstline.domain.table import Exists, Item, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

CUSTOMER = Schema("customer", version=1)
IDENTITY = Schema("identity", version=1)


VERIFIED = "verified"
"""A name for which the company vouches: by a token that its site has signed, or a server that holds a user's token."""
CONVERSATION = "conversation"
"""One visitor, known by nothing but the conversation."""


def identity_of(verified_user_id: str, conversation_id: str) -> tuple[str, str]:
    """Return kind and value of the identity behind a conversation: the proven name, else the visitor alone."""
    return (VERIFIED, verified_user_id) if verified_user_id else (CONVERSATION, conversation_id)


class CustomerRepository:
    """Keys: ``CUST#<id>`` / ``PROFILE`` and ``IDENT#<kind>#<value>`` / ``IDENT``.

    ``kind`` says what the customer is known by: ``conversation`` is one visitor, ``verified`` a name that the company
    vouches for. A name that is only stated makes nobody's customer: two are never joined on it.

    Parameters
    ----------
    retention_days : int
        Days that a visitor is kept after the last answer, >= 1.
    memory_days : int
        The same for a verified customer, where it is longer: as long as something may be remembered of them.
    """

    def __init__(self, table: Table, *, retention_days: int, memory_days: int = 0) -> None:
        self._table = table
        self._retention_days = retention_days
        self._memory_days = max(memory_days, retention_days)

    def find_or_create(self, kind: str, value: str, *, new_id: str, now: datetime) -> Customer:
        """Return the customer behind an identity, made on first sight, exactly once among racing callers."""
        found = self._by_identity(kind, value)
        if found is not None:
            return found
        customer = Customer(customer_id=new_id, user_id=value if kind == VERIFIED else "", created_at=now)
        expires = self._expiry(customer, now)
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
            "conversation_id": value if kind == CONVERSATION else "",
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

    def known_in(self, customer: Customer, conversation_id: str, *, now: datetime) -> Operation:
        """Return the operation by which a visitor is the same customer in another conversation."""
        identity = {
            "pk": keys.identity(CONVERSATION, conversation_id),
            "sk": "IDENT",
            "customer_id": customer.customer_id,
            "expires_at": self._expiry(customer, now),
        }
        return Put(IDENTITY.stamp(identity), if_absent=True)

    def find(self, kind: str, value: str) -> Customer | None:
        """Return the customer behind an identity, None where nobody is."""
        return self._by_identity(kind, value)

    def get(self, customer_id: str) -> Customer:
        """Return the profile. Raises ``NotFoundError``."""
        item = self._table.get(keys.customer(customer_id), "PROFILE")
        if item is None:
            raise NotFoundError(f"no customer {customer_id}")
        return _from_item(CUSTOMER.load(item))

    def conversation_of(self, customer_id: str) -> str:
        """Return the conversation that a visitor is known by; empty for one who is known by name, or is gone."""
        item = self._table.get(keys.customer(customer_id), "PROFILE")
        return str(CUSTOMER.load(item).get("conversation_id", "")) if item is not None else ""

    def remove(self, customer_id: str) -> None:
        """Remove a customer with all that lies below them; one already gone is no error."""
        for item in self._table.query(keys.customer(customer_id), consistent=True).items:
            self._table.delete(str(item["pk"]), str(item["sk"]))

    def remove_identity(self, kind: str, value: str) -> None:
        """Remove a name by which a customer was known; one already gone is no error."""
        self._table.delete(keys.identity(kind, value), "IDENT")

    def count_answer(
        self,
        customer: Customer,
        conversation_id: str,
        insights: CustomerInsights,
        *,
        writing: WritingProfile | None = None,
        now: datetime,
    ) -> list[Operation]:
        """Return the operations that count one answer, keep the insights and how the customer writes, and keep profile
        and identity alive."""
        expires = self._expiry(customer, now)
        identity = keys.identity(*identity_of(customer.user_id, conversation_id))
        profile = Update(
            keys.customer(customer.customer_id),
            "PROFILE",
            set={
                "insights": insights.model_dump_json(),
                "expires_at": expires,
                **({"writing": writing.model_dump_json()} if writing else {}),
            },
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

    def change_reward(self, customer_id: str, *, rewards: int, amount: int) -> Operation:
        """Return the operation that counts so many rewards more, and ``amount`` (in ``REWARD_SCALE``) of reward."""
        added = {name: value for name, value in (("rewards", rewards), ("reward_sum", amount)) if value}
        return Update(keys.customer(customer_id), "PROFILE", add=added, condition=Exists())

    def _expiry(self, customer: Customer, now: datetime) -> int:
        return keys.expiry(now, self._memory_days if customer.user_id else self._retention_days)

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
    if "writing" in item:
        writing = WritingProfile.model_validate_json(item["writing"])
        changes |= {"writing": writing, "communication_style": writing.style}
    return customer.model_copy(update=changes)
