"""What is spent on the language model: per conversation, per day and month, per customer and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Condition, Exists, Item, Operation, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

SPEND = Schema("model_spend", version=1)
CUSTOMER_SPEND = Schema("customer_model_spend", version=1)

_SPENT = "model_micro_usd"
_MONTH = "month_micro_usd"


@dataclass(frozen=True)
class Spent:
    """Millionths of a dollar spent or booked so far."""

    day: int
    month: int
    alerted: frozenset[str] = frozenset()
    """Marks of the alerts that this month has had."""


class ModelSpendRepository:
    """All amounts are millionths of a dollar, summed atomically.

    Keys: attribute ``model_micro_usd`` of ``CONV#<id>`` / ``META``; ``SPEND#<month>`` / ``META`` with one sum for the
    month and one for each of its days; ``CUST#<id>`` / ``SPEND#<day>``.

    Month and day are one item, so that one conditional write keeps both caps exactly. One item takes about a thousand
    writes a second, which is some hundred answers a second; it is not split.
    """

    def __init__(self, table: Table, *, retention_days: int = 400) -> None:
        self._table = table
        self._retention_days = retention_days

    def add_below(self, conversation_id: str, amount: int, *, cap: int) -> bool:
        """Add an amount, >= 0, if less than the cap was spent so far; return whether it was added."""
        spent_less = AnyOf((Absent(_SPENT), Compare(_SPENT, "<", cap)))
        try:
            self._table.update(
                keys.conversation(conversation_id),
                keys.META,
                add={_SPENT: amount},
                condition=AllOf((Exists(), spent_less)),
            )
        except ConditionFailedError:
            return False
        return True

    def add(self, conversation_id: str, amount: int) -> None:
        """Add an amount, which may be negative; nothing happens where the conversation is gone."""
        try:
            self._table.update(keys.conversation(conversation_id), keys.META, add={_SPENT: amount}, condition=Exists())
        except ConditionFailedError:
            return

    def add_to_day(self, day: date, amount: int, *, daily_cap: int = 0, monthly_cap: int = 0) -> Spent | None:
        """Add an amount to a day and its month, unless either would pass its cap; None where it would.

        Parameters
        ----------
        amount : int
            May be negative.
        daily_cap, monthly_cap : int
            Most that may be spent with it; 0 for no cap.
        """
        caps = {_of_day(day): daily_cap, _MONTH: monthly_cap}
        if any(cap and amount > cap for cap in caps.values()):
            return None
        conditions: list[Condition] = [
            AnyOf((Absent(name), Compare(name, "<=", cap - amount))) for name, cap in caps.items() if cap
        ]
        try:
            item = self._table.update(
                keys.model_spend(day),
                keys.META,
                set=SPEND.stamp({"expires_at": keys.expiry_of_day(day, self._retention_days)}),
                add={_of_day(day): amount, _MONTH: amount},
                condition=AllOf(tuple(conditions)) if conditions else None,
            )
        except ConditionFailedError:
            return None
        return _spent(item, day)

    def of_day(self, day: date) -> Spent:
        """Return what was spent on that day and in its month."""
        item = self._table.get(keys.model_spend(day), keys.META)
        return _spent(SPEND.load(item), day) if item else Spent(0, 0)

    def alert_once(self, day: date, mark: str, *, also: Sequence[Operation]) -> bool:
        """Keep the mark of an alert together with its notices; return False where this month has had it."""
        marked = Update(
            keys.model_spend(day), keys.META, set={f"alert_{mark}": True}, condition=Absent(f"alert_{mark}")
        )
        try:
            self._table.transact([marked, *also])
        except ConditionFailedError as error:
            if 0 in error.failed:
                return False
            raise
        return True

    def add_to_customer(self, customer_id: str, day: date, amount: int) -> None:
        """Add what one request has cost to its customer's day."""
        self._table.update(
            keys.customer(customer_id),
            keys.customer_spend(day),
            set=CUSTOMER_SPEND.stamp({"expires_at": keys.expiry_of_day(day, self._retention_days)}),
            add={"micro_usd": amount},
        )

    def of_customer(self, customer_id: str, day: date) -> int:
        """Return what a customer's answers of that day have cost."""
        item = self._table.get(keys.customer(customer_id), keys.customer_spend(day))
        return int(CUSTOMER_SPEND.load(item)["micro_usd"]) if item else 0


def _of_day(day: date) -> str:
    return f"day_{day:%d}_micro_usd"


def _spent(item: Item, day: date) -> Spent:
    alerted = frozenset(name.removeprefix("alert_") for name in item if name.startswith("alert_"))
    return Spent(int(item.get(_of_day(day), 0)), int(item.get(_MONTH, 0)), alerted)
