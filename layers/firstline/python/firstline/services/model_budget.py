"""How much an anonymous session may spend on the language model, so that nobody drains the budget."""

from __future__ import annotations

from firstline.repositories.model_spend import ModelSpendRepository

MICRO = 1_000_000
RESERVED_MICRO_USD = 20_000
"""Booked before a request, in millionths of a dollar: about 3,000 tokens in and 700 out of a mid-priced model."""


class ModelBudget:
    """Books before the model is asked and corrects afterwards, in the store, so that side-by-side turns add up.

    A request that breaks off in the middle, because of a newer message or a takeover, stays booked at the reserved
    price: it was billed, and its usage is never told. The cap may be passed by the requests under way when it is
    reached, and by what those cost over the reserved price.

    Parameters
    ----------
    max_usd : float
        Per conversation of a visitor whose identity nobody has proven, >= 0; at 0 they never reach the model.
    """

    def __init__(self, spend: ModelSpendRepository, *, max_usd: float) -> None:
        self._spend = spend
        self._max_micro_usd = round(max_usd * MICRO)

    def book(self, conversation_id: str, *, vouched: bool) -> bool:
        """Return whether the model may be asked now; what it may cost is booked.

        Parameters
        ----------
        vouched : bool
            The company vouches for who the customer is: no cap.
        """
        if vouched:
            return True
        if not self._max_micro_usd:
            return False
        return self._spend.add_below(conversation_id, RESERVED_MICRO_USD, cap=self._max_micro_usd)

    def settle(self, conversation_id: str, cost_usd: float, *, vouched: bool) -> None:
        """Correct what was booked to what the request has cost."""
        if not vouched:
            self._spend.add(conversation_id, round(cost_usd * MICRO) - RESERVED_MICRO_USD)
