"""Budget alerts that wait for their delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.errors import ConditionFailedError
from firstline.domain.model_spend import BudgetAlert
from firstline.domain.notices import NoticeChannel
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Item, Operation, Put
from firstline.repositories import keys
from firstline.repositories.schema import Schema

ALERT = Schema("budget_alert", version=1)

LEASE = timedelta(seconds=120)
"""How long one delivery may take; then another sweep tries it."""
_KEPT_DAYS = 40


@dataclass(frozen=True)
class WaitingAlert:
    """One alert on its way over one channel."""

    alert: BudgetAlert
    channel: NoticeChannel
    attempts: int
    """Tries so far, this one included."""
    due_ms: int
    """Milliseconds since the epoch; changes whenever somebody takes it up."""

    @property
    def delivery_id(self) -> str:
        """The same in every try."""
        return f"budget-{self.alert.mark}-{self.channel.value}"


class BudgetAlertRepository:
    """Keys: ``BUDGET#ALERTS`` / ``<mark>#<channel>``; a handful of items, gone once delivered."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def added(self, alert: BudgetAlert, channel: NoticeChannel, *, now: datetime) -> Operation:
        """Return the operation that puts an alert in line, due at once."""
        item = {
            "pk": keys.BUDGET_ALERTS,
            "sk": _sk(alert, channel),
            "period": alert.period,
            "percent": alert.percent,
            "limit_usd": f"{alert.limit_usd:.6f}",
            "spent_usd": f"{alert.spent_usd:.6f}",
            "channel": channel.value,
            "attempts": 0,
            "due_ms": _ms(now),
            "expires_at": keys.expiry(now, _KEPT_DAYS),
        }
        return Put(ALERT.stamp(item))

    def due(self, *, now: datetime) -> list[WaitingAlert]:
        """Return what is due."""
        waiting = [_waiting(item) for item in self._table.query(keys.BUDGET_ALERTS, consistent=True).items]
        return [alert for alert in waiting if 0 < alert.due_ms <= _ms(now)]

    def take_up(self, waiting: WaitingAlert, *, now: datetime) -> WaitingAlert | None:
        """Lease what is due for one delivery, counting the attempt; None where another sweep has it."""
        return self._move(waiting, _ms(now + LEASE), attempts=1)

    def put_off(self, waiting: WaitingAlert, *, until: datetime) -> None:
        """Have what was leased tried again at that moment."""
        self._move(waiting, _ms(until))

    def bury(self, waiting: WaitingAlert) -> None:
        """Give up what was leased; it stays until it expires, and is due no more."""
        self._move(waiting, 0)

    def drop(self, waiting: WaitingAlert) -> None:
        """Remove what was delivered."""
        place = keys.BUDGET_ALERTS, _sk(waiting.alert, waiting.channel)
        try:
            self._table.delete(*place, condition=Compare("due_ms", "=", waiting.due_ms))
        except ConditionFailedError:
            # Its lease had ended and another sweep has it: that one's end counts.
            return

    def _move(self, waiting: WaitingAlert, due_ms: int, *, attempts: int = 0) -> WaitingAlert | None:
        # Somebody else's lease must never look like ours.
        due_ms += due_ms == waiting.due_ms
        try:
            item = self._table.update(
                keys.BUDGET_ALERTS,
                _sk(waiting.alert, waiting.channel),
                set={"due_ms": due_ms},
                add={"attempts": attempts},
                condition=Compare("due_ms", "=", waiting.due_ms),
            )
        except ConditionFailedError:
            return None
        return _waiting(item)


def _sk(alert: BudgetAlert, channel: NoticeChannel) -> str:
    return f"{alert.mark}#{channel.value}"


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _waiting(item: Item) -> WaitingAlert:
    item = ALERT.load(item)
    alert = BudgetAlert(item["period"], int(item["percent"]), float(item["limit_usd"]), float(item["spent_usd"]))
    return WaitingAlert(alert, NoticeChannel(item["channel"]), int(item["attempts"]), int(item["due_ms"]))
