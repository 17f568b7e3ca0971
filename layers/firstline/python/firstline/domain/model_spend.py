"""Budgets of the language model: why it was not asked, and which alerts are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MONTHLY_ALERTS = (0.8, 0.9, 1.0)
DAILY_ALERTS = (2 / 3, 1.0)
"""Shares of a budget at which people are told, each once per period."""


class WithoutModel(StrEnum):
    """Why an answer was written without the language model; in the receipt."""

    NO_MODEL = "no_model"
    """None is configured."""
    BUDGET = "budget"
    """The day's or month's budget is used up."""
    VISITOR_CAP = "visitor_cap"
    """The visitor has used up what one that nobody vouches for may spend."""
    ACCOUNTING = "accounting"
    """The store took no booking, and nothing is spent that is not accounted for."""
    UNSAFE_SOURCE = "unsafe_source"
    """The source that answers best may carry orders to the model."""
    MODEL_FAILED = "model_failed"
    UNCHECKED = "unchecked"
    """What it wrote did not pass the checks."""


@dataclass(frozen=True)
class BudgetLimits:
    """Caps of the whole installation, in US dollars; 0 for none."""

    daily_usd: float = 0.0
    monthly_usd: float = 0.0


@dataclass(frozen=True)
class BudgetAlert:
    """A share of a budget is used up."""

    period: str
    """``2026-06`` or ``2026-06-01``."""
    percent: int
    limit_usd: float
    spent_usd: float

    @property
    def mark(self) -> str:
        """Name of this alert among those of its month."""
        return f"{self.period}_{self.percent}"


def due_alerts(
    limits: BudgetLimits, day: date, day_usd: float, month_usd: float, *, reserved_usd: float = 0.0
) -> list[BudgetAlert]:
    """Return the alerts of all shares that are reached, lowest first within a period.

    Parameters
    ----------
    day_usd, month_usd : float
        Spent so far.
    reserved_usd : float
        What a request would have booked that was refused: a budget that has less left is used up.
    """
    periods = (
        (f"{day:%Y-%m}", MONTHLY_ALERTS, limits.monthly_usd, month_usd),
        (day.isoformat(), DAILY_ALERTS, limits.daily_usd, day_usd),
    )
    return [
        BudgetAlert(period, round(share * 100), limit, spent)
        for period, shares, limit, spent in periods
        if limit
        for share in shares
        if spent >= share * limit or (reserved_usd and spent + reserved_usd > limit)
    ]
