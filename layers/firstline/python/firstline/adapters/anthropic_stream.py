"""The events of one stream of the Messages API, taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstline.adapters.claude_models import ClaudeModel, Usage
from firstline.domain.errors import LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelFinished

if TYPE_CHECKING:
    from anthropic.types import RawMessageStreamEvent


class StreamProgress:
    """What has come of one stream so far."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._usage: dict[str, int] = {}
        self._stop_reason = ""
        self._wrote = False
        self._complete = False

    def take(self, event: RawMessageStreamEvent) -> str:
        """Take one event and return the text in it."""
        if event.type == "message_start":
            self._model = event.message.model
            self._count(event.message.usage)
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            self._wrote = self._wrote or bool(event.delta.text.strip())
            return event.delta.text
        elif event.type == "message_delta":
            self._stop_reason = event.delta.stop_reason or self._stop_reason
            self._count(event.usage)
        elif event.type == "message_stop":
            self._complete = True
        return ""

    def finished(self, known: ClaudeModel | None) -> ModelFinished:
        """Return the stream's end.

        Raises
        ------
        LanguageModelUnavailableError
            It broke off, or wrote nothing.
        LanguageModelRefusedError
            The model declined.
        """
        if self._stop_reason == "refusal":
            raise LanguageModelRefusedError(f"{self._model} declined to answer")
        if not self._complete:
            raise LanguageModelUnavailableError(f"the stream of {self._model} broke off")
        if not self._wrote:
            raise LanguageModelUnavailableError(f"{self._model} wrote nothing ({self._stop_reason})")
        usage = Usage(**self._usage)
        return ModelFinished(
            model=self._model,
            input_tokens=usage.all_input_tokens,
            output_tokens=usage.output_tokens,
            stop_reason=self._stop_reason,
            cost_usd=known.cost_usd(usage) if known else 0.0,
        )

    def _count(self, usage: Any) -> None:
        # Counts are cumulative, and the later event may leave out those that have not changed.
        counts = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_write_tokens": usage.cache_creation_input_tokens,
            "cache_read_tokens": usage.cache_read_input_tokens,
        }
        self._usage |= {name: count for name, count in counts.items() if count is not None}
