"""Tool ``remember_fact``: what the customer has just stated of themselves, for later conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from firstline.domain.errors import InvalidInputError
from firstline.domain.memory import Fact, FactKind, Provenance, checked_value
from firstline.domain.table import Operation
from firstline.domain.tool_catalogue import BY_NAME, bounded
from firstline.domain.tool_errors import InvalidToolArgumentsError
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.repositories.memory import MemoryRepository
from firstline.services.tools.tool import BuiltInTool, Effect

Transact = Callable[[list[Operation]], None]


class RememberFactTool(BuiltInTool):
    """Keeps what the customer has stated in this turn, as a fact that they can look up and have forgotten."""

    specification = BY_NAME["remember_fact"]

    def __init__(self, memory: MemoryRepository, transact: Transact, *, memory_days: int, retention_days: int) -> None:
        self._memory = memory
        self._transact = transact
        self._memory_days = memory_days
        self._retention_days = retention_days

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with the value in its kind's form. Raises ``InvalidToolArgumentsError``."""
        given = super().checked(arguments)
        try:
            return {**given, "value": checked_value(FactKind(given["kind"]), given["value"])}
        except InvalidInputError as error:
            raise InvalidToolArgumentsError(str(error)) from error

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Keep the fact."""
        kind, value = FactKind(arguments["kind"]), str(arguments["value"])
        outcome = ToolOutcome(ToolStatus.DONE, bounded({"remembered": kind.value}), "I will remember that.")
        return Effect(outcome, lambda also: self._keep(turn, kind, value, also))

    def _keep(self, turn: Turn, kind: FactKind, value: str, also: tuple[Operation, ...]) -> None:
        known, stated_at = bool(turn.identified.customer.user_id), turn.message.sent_at
        days = self._memory_days if known else min(self._memory_days, self._retention_days)
        fact = Fact(
            kind=kind,
            value=value,
            provenance=Provenance.STATED,
            conversation_id=turn.conversation_id,
            seq=turn.message.seq,
            stated_at=stated_at,
            expires_at=stated_at + timedelta(days=days),
        )
        if not self._memory.keep(turn.identified.customer.customer_id, fact, also=also):
            # A newer statement stands, or this one does already.
            self._transact(list(also))
