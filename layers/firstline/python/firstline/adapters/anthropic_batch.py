"""Claude by the Message Batches API: answers within a day, at half the price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from firstline.adapters.anthropic_connection import VERSION_WITH_TEMPERATURE, ApiConnection
from firstline.adapters.anthropic_request import parameters
from firstline.adapters.anthropic_stream import finished, usage_counts
from firstline.adapters.claude_models import ClaudeModel, Usage, claude_models, dearest, find_model
from firstline.domain.batch_ports import BatchAnswer, BatchFailure, BatchProgress
from firstline.domain.errors import InvalidInputError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelRequest

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatchIndividualResponse

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_REQUESTS = 100_000
_REFUSED = ("invalid_request_error", "permission_error", "not_found_error", "authentication_error", "billing_error")


class AnthropicBatchModel:
    """Batches of requests to one model; the Anthropic API only, as Bedrock's own batches are another service.

    Parameters
    ----------
    connection : ApiConnection
    model : str
        Name of the model.
    timeout_s : float
        Seconds until a silent service is given up, per call, > 0.
    models : mapping, optional
        Prices and settings by model name; by default those of ``claude_models.json``.
    """

    def __init__(
        self,
        connection: ApiConnection,
        *,
        model: str,
        timeout_s: float,
        models: Mapping[str, ClaudeModel] | None = None,
    ) -> None:
        self._connection = connection
        self._model = model
        self._timeout_s = timeout_s
        known = claude_models() if models is None else models
        self._known = find_model(model, known)
        self._price = self._known or dearest(known)

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        """Hand in requests and return the batch's id.

        Raises
        ------
        InvalidInputError
            There is no request or too many, or an id does not fit.
        LanguageModelUnavailableError, LanguageModelRefusedError
            No batch was begun, as far as is known: a batch whose answer was lost runs unseen and expires.
        """
        if not 0 < len(requests) <= _MOST_REQUESTS:
            raise InvalidInputError(f"a batch has 1 to {_MOST_REQUESTS} requests, not {len(requests)}")
        if wrong := [custom_id for custom_id in requests if not _CUSTOM_ID.fullmatch(custom_id)]:
            raise InvalidInputError(f"{len(wrong)} ids of requests are not 1 to 64 letters, digits, _ or -")
        entries: Any = [{"custom_id": name, "params": self._parameters(request)} for name, request in requests.items()]
        headers = {"anthropic-version": VERSION_WITH_TEMPERATURE} if self._takes_temperature else None
        with self._connection.errors():
            # Never sent twice: a second try of a submission that arrived would be a second batch.
            client = self._connection.client().with_options(max_retries=0, timeout=self._timeout_s)
            return client.messages.batches.create(requests=entries, extra_headers=headers).id

    def progress(self, batch_id: str) -> BatchProgress:
        """Return how far a batch is.

        Raises
        ------
        LanguageModelUnavailableError, LanguageModelRefusedError
        """
        with self._connection.errors():
            batch = self._connection.client().messages.batches.retrieve(batch_id, timeout=self._timeout_s)
        return BatchProgress(batch.processing_status == "ended", batch.request_counts.processing)

    def results(self, batch_id: str) -> Iterator[BatchAnswer]:
        """Yield one answer per request, in any order.

        Raises
        ------
        LanguageModelUnavailableError
            The results cannot be read now, or the batch has not ended.
        LanguageModelRefusedError
        """
        if not self.progress(batch_id).ended:
            raise LanguageModelUnavailableError("the batch has not ended")
        with self._connection.errors():
            for entry in self._connection.client().messages.batches.results(batch_id, timeout=self._timeout_s):
                yield self._answer(entry)

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        self._connection.close()

    @property
    def _takes_temperature(self) -> bool:
        return self._known is not None and self._known.temperature

    def _parameters(self, request: ModelRequest) -> dict[str, Any]:
        sent = parameters(request, self._model, self._known, recall=lambda _: None)
        return sent | ({"temperature": request.temperature} if self._takes_temperature else {})

    def _answer(self, entry: MessageBatchIndividualResponse) -> BatchAnswer:
        result = entry.result
        if result.type == "errored":
            refused = result.error.error.type in _REFUSED
            return BatchAnswer(entry.custom_id, failure=BatchFailure.REFUSED if refused else BatchFailure.UNAVAILABLE)
        if result.type != "succeeded":
            return BatchAnswer(entry.custom_id, failure=BatchFailure(result.type))
        message = result.message
        text = "".join(block.text for block in message.content if block.type == "text")
        if message.stop_reason == "refusal":
            return BatchAnswer(entry.custom_id, failure=BatchFailure.REFUSED)
        if not text.strip():
            return BatchAnswer(entry.custom_id, failure=BatchFailure.UNAVAILABLE)
        usage = Usage(**usage_counts(message.usage))
        end = finished(message.model, message.stop_reason or "", usage, self._price, in_batch=True)
        return BatchAnswer(entry.custom_id, text, end)
