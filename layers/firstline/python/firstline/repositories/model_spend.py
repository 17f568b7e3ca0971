"""What a conversation has spent on the language model."""

from __future__ import annotations

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Exists
from firstline.repositories import keys

_SPENT = "model_micro_usd"


class ModelSpendRepository:
    """Attribute ``model_micro_usd`` of ``CONV#<id>`` / ``META``: millionths of a dollar, summed atomically."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
