"""What may be spent on the language model: by the day, by the month, and by visitors whom nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from firstline.domain.errors import StoreUnavailableError, TransactionConflictError
from firstline.domain.model_spend import BudgetAlert, BudgetLimits, WithoutModel, due_alerts
from firstline.domain.ports import Clock
from firstline.domain.table import Operation
from firstline.repositories.model_spend import ModelSpendRepository, Spent

MICRO = 1_000_000
RESERVED_MICRO_USD = 20_000
"""Booked before a request, in millionths of a dollar: about 3,000 tokens in and 700 out of a mid-priced model."""


@dataclass(frozen=True)
class Booking:
    """Leave to ask the model once; to be settled with what that has cost."""

    conversation_id: str
    customer_id: str
    vouched: bool
    day: date
    refused: WithoutModel | None = None
    """Why there is none."""


class ModelBudget:
    """Books before every request to the model and corrects afterwards, in the store, so that side-by-side turns add up.

    A request that breaks off in the middle, because of a newer message or a takeover, stays booked at the reserved
    price: it was billed, and its usage is never told. A cap may be passed only by what requests cost over the reserved
    price; a visitor's also by the requests under way when it is reached.

    Where the store does not take a booking, the model is not asked: nothing is spent that is not accounted for. Where
    it does not take a settlement, the booking stays at the reserved price, and ``on_failure`` is told.

    Parameters
    ----------
    limits : BudgetLimits
        Caps of the whole installation.
    max_usd : float
        Per conversation of a visitor whose identity nobody has proven, >= 0; at 0 they never reach the model.
    notices : callable
        Returns the operations that tell people of an alert; they are written with the mark that it was given.
    on_failure : callable
        Told of accounting that the store did not take after the money was spent.
    """

    def __init__(
        self,
        spend: ModelSpendRepository,
        limits: BudgetLimits,
        *,
        max_usd: float,
        clock: Clock,
        notices: Callable[[BudgetAlert], Sequence[Operation]] = lambda alert: (),
        on_alert: Callable[[BudgetAlert], None] = lambda alert: None,
        on_failure: Callable[[StoreUnavailableError | TransactionConflictError], None] = lambda error: None,
    ) -> None:
        self._spend = spend
        self._limits = limits
        self._max_micro_usd = round(max_usd * MICRO)
        self._clock = clock
        self._notices = notices
        self._on_alert = on_alert
        self._on_failure = on_failure

    def book(self, conversation_id: str, *, customer_id: str = "", vouched: bool) -> Booking:
        """Book what one request may cost; ``refused`` says why the model may not be asked.

        Parameters
        ----------
        vouched : bool
            The company vouches for who the customer is: only the caps of the installation hold.
        """
        day = self._clock.now().date()
        refused = None
        try:
            if not vouched and not self._book_visitor(conversation_id):
                refused = WithoutModel.VISITOR_CAP
            elif not self._book_day(day):
                refused = WithoutModel.BUDGET
                if not vouched:
                    self._spend.add(conversation_id, -RESERVED_MICRO_USD)
                self._alert(day, self._spend.of_day(day), is_refused=True)
        except (StoreUnavailableError, TransactionConflictError) as error:
            self._on_failure(error)
            refused = refused or WithoutModel.ACCOUNTING
        return Booking(conversation_id, customer_id, vouched, day, refused)

    def settle(self, booking: Booking, cost_usd: float) -> None:
        """Correct what was booked to what the request has cost, and give the alerts that are due."""
        cost = round(cost_usd * MICRO)
        try:
            if not booking.vouched:
                self._spend.add(booking.conversation_id, cost - RESERVED_MICRO_USD)
            spent = self._spend.add_to_day(booking.day, cost - RESERVED_MICRO_USD)
            if cost and booking.customer_id:
                self._spend.add_to_customer(booking.customer_id, booking.day, cost)
            if spent is not None:
                self._alert(booking.day, spent)
        except (StoreUnavailableError, TransactionConflictError) as error:
            self._on_failure(error)

    def spent(self) -> Spent:
        """Return what was spent or is booked, today and this month."""
        return self._spend.of_day(self._clock.now().date())

    def _book_visitor(self, conversation_id: str) -> bool:
        if not self._max_micro_usd:
            return False
        return self._spend.add_below(conversation_id, RESERVED_MICRO_USD, cap=self._max_micro_usd)

    def _book_day(self, day: date) -> bool:
        caps = {
            "daily_cap": round(self._limits.daily_usd * MICRO),
            "monthly_cap": round(self._limits.monthly_usd * MICRO),
        }
        return self._spend.add_to_day(day, RESERVED_MICRO_USD, **caps) is not None

    def _alert(self, day: date, spent: Spent, *, is_refused: bool = False) -> None:
        reserved = RESERVED_MICRO_USD / MICRO if is_refused else 0.0
        for alert in due_alerts(self._limits, day, spent.day / MICRO, spent.month / MICRO, reserved_usd=reserved):
            if alert.mark not in spent.alerted and self._spend.alert_once(day, alert.mark, also=self._notices(alert)):
                self._on_alert(alert)
