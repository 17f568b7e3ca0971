"""Keep a conversation's rolling summary, after its reply has left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from firstline.domain.conversation import Conversation, Event
from firstline.domain.errors import ConditionFailedError, LanguageModelError
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from firstline.domain.ports import LanguageModel
from firstline.domain.summary import MAX_CHARACTERS, extend_extractive, leaving, transcript
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.summaries import SummaryRepository
from firstline.services.model_budget import ModelBudget
from firstline.services.personal_data import PersonalData

_PROMPT = Path(__file__).parents[1] / "prompts" / "summary.md"
_MAX_TOKENS = 500
_WITHIN_S = 9.0
"""Seconds of the model: AnalyzeGraph, which asks for the summary, has 15."""


class SummariseConversation:
    """By the language model where there is one; where it fails, and without one, from the messages' own sentences.

    Parameters
    ----------
    budget : ModelBudget
        Where it is used up, summaries are made without the model.
    window : int
        Messages that the model gets whole, >= 0.
    mask_model_input : bool
        Whether the model gets placeholders in place of personal data.
    """

    def __init__(
        self,
        conversations: ConversationRepository,
        summaries: SummaryRepository,
        model: LanguageModel | None,
        budget: ModelBudget,
        *,
        window: int,
        mask_model_input: bool = False,
    ) -> None:
        self._conversations = conversations
        self._summaries = summaries
        self._model = model
        self._budget = budget
        self._window = window
        self._mask_model_input = mask_model_input

    def summarise(
        self, conversation_id: str, *, last_seq: int, on_model_failure: Callable[[LanguageModelError], None]
    ) -> bool:
        """Bring into the summary what has left the window; return whether this call changed it.

        Of two calls at once, one is kept.

        Parameters
        ----------
        last_seq : int
            Place of the latest event that the caller knows of; a short conversation is not even read.

        Raises
        ------
        NotFoundError
        """
        if last_seq <= self._window:
            return False
        conversation = self._conversations.get(conversation_id)
        if last_seq - conversation.summary_up_to_seq <= self._window:
            return False
        known = self._conversations.events(conversation_id, after_seq=conversation.summary_up_to_seq)
        events = leaving(known, window=self._window)
        if not events:
            return False
        text = self._written(conversation, events, on_model_failure)
        try:
            self._summaries.replace(conversation, text, up_to_seq=events[-1].seq)
        except ConditionFailedError:
            return False
        return True

    def _written(
        self,
        conversation: Conversation,
        events: Sequence[Event],
        on_model_failure: Callable[[LanguageModelError], None],
    ) -> str:
        booking = None
        if self._model is not None:
            booking = self._budget.book(
                conversation.conversation_id,
                customer_id=conversation.customer_id,
                vouched=bool(conversation.verified_user_id),
            )
        if self._model is not None and booking is not None and booking.refused is None:
            written, cost_usd = "", 0.0
            try:
                hidden = PersonalData(is_on=self._mask_model_input)
                asked = hidden.hide(transcript(conversation.summary, events))
                written, cost_usd = _by_model(self._model, asked)
                written = hidden.restored(written)[:MAX_CHARACTERS]
            except LanguageModelError as error:
                on_model_failure(error)
            self._budget.settle(booking, cost_usd)
            if written:
                return written
        return extend_extractive(conversation.summary, events)


def _by_model(model: LanguageModel, asked: str) -> tuple[str, float]:
    request = ModelRequest(
        system=_prompt(),
        messages=(ModelMessage("user", asked),),
        max_tokens=_MAX_TOKENS,
        temperature=0.0,
        within_s=_WITHIN_S,
    )
    text, cost_usd = "", 0.0
    for event in model.stream(request):
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, ModelFinished):
            cost_usd = event.cost_usd
    return text.strip(), cost_usd


@lru_cache(maxsize=1)
def _prompt() -> str:
    return _PROMPT.read_text(encoding="utf-8")
