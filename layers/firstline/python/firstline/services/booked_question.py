"""Put a small question to a language model, booked like any other request."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.errors import FirstlineError, LanguageModelError
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from firstline.domain.ports import LanguageModel
from firstline.domain.turn import Turn
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData


class BookedQuestion:
    """One request for the work of a turn; whatever fails, the turn goes on without what it would have said.

    Parameters
    ----------
    mask_model_input : bool
        Whether the model gets placeholders in place of personal data.
    """

    def __init__(self, model: LanguageModel, budget: ModelBudget, *, mask_model_input: bool = False) -> None:
        self._model = model
        self._budget = budget
        self._mask_model_input = mask_model_input

    def ask(
        self,
        turn: Turn,
        system: str,
        text: str,
        *,
        max_tokens: int,
        within_s: float,
        on_failure: Callable[[FirstlineError], None],
    ) -> str:
        """Return what the model says; empty where the budget refuses the request or the model fails.

        Parameters
        ----------
        system : str
            What is to be done with the text.
        on_failure : callable
            Told of the model's failure, to log it.
        """
        customer = turn.identified.customer
        booking = self._budget.book(
            turn.conversation_id, customer_id=customer.customer_id, vouched=bool(customer.user_id)
        )
        if booking.refused is not None:
            return ""
        hidden = PersonalData(is_on=self._mask_model_input)
        request = ModelRequest(
            system=system,
            messages=(ModelMessage("user", hidden.hide(text)),),
            max_tokens=max_tokens,
            temperature=0.0,
            within_s=within_s,
        )
        said, cost_usd = "", 0.0
        try:
            for event in self._model.stream(request):
                if isinstance(event, TextDelta):
                    said += event.text
                elif isinstance(event, ModelFinished):
                    cost_usd = event.cost_usd
        except LanguageModelError as error:
            on_failure(error)
            said = ""
        self._budget.settle(booking, cost_usd)
        return hidden.restored(said)
