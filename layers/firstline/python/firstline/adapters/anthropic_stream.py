"""The events of one stream of the Messages API, taken together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from firstline.adapters.claude_models import ClaudeModel, Usage
from firstline.domain.errors import LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelFinished, TextDelta, ToolCall

if TYPE_CHECKING:
    from anthropic.types import RawContentBlockDeltaEvent, RawMessageStreamEvent


class StreamProgress:
    """What has come of one stream so far.

    Attributes
    ----------
    blocks : list of dict
        The content as the service wants it back in the request that brings the tools' results: text, thinking with
        its signature, tool calls.
    begun : bool
        The service has taken the request, and answers.
    """

    def __init__(self, model: str) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.begun = False
        self._model = model
        self._usage: dict[str, int] = {}
        self._stop_reason = ""
        self._arguments = ""
        self._wrote = False
        self._complete = False

    @property
    def calls(self) -> bool:
        """Whether a tool was called."""
        return any(block["type"] == "tool_use" for block in self.blocks)

    @property
    def ended(self) -> bool:
        """Whether the model has said why it stopped."""
        return self._complete or bool(self._stop_reason)

    def take(self, event: RawMessageStreamEvent) -> TextDelta | ToolCall | None:
        """Take one event and return what is new by it: some text, or a tool call that is whole now.

        Raises
        ------
        LanguageModelUnavailableError
            The arguments of a tool call are no JSON object: they were cut off, and no tool is to guess at the rest.
        """
        if event.type == "message_start":
            self._model = event.message.model
            self._count(event.message.usage)
        elif event.type == "content_block_start":
            self._arguments = ""
            block = event.content_block.model_dump(exclude_none=True)
            self.blocks.append(block)
            if block["type"] == "text" and block.get("text"):
                self._wrote = self._wrote or bool(block["text"].strip())
                return TextDelta(block["text"])
        elif event.type == "content_block_delta":
            return self._delta(event)
        elif event.type == "content_block_stop" and self.blocks and self.blocks[-1]["type"] == "tool_use":
            return self._call()
        elif event.type == "message_delta":
            self._stop_reason = event.delta.stop_reason or self._stop_reason
            self._count(event.usage)
        elif event.type == "message_stop":
            self._complete = True
        return None

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
        if not self._wrote and not self.calls:
            raise LanguageModelUnavailableError(f"{self._model} wrote nothing ({self._stop_reason})")
        return finished(self._model, self._stop_reason, Usage(**self._usage), known)

    def _delta(self, event: RawContentBlockDeltaEvent) -> TextDelta | None:
        delta = event.delta
        if delta.type == "text_delta" and delta.text:
            self._wrote = self._wrote or bool(delta.text.strip())
            self._add("text", delta.text)
            return TextDelta(delta.text)
        if delta.type == "input_json_delta":
            self._arguments += delta.partial_json
        elif delta.type == "thinking_delta":
            self._add("thinking", delta.thinking)
        elif delta.type == "signature_delta":
            self._add("signature", delta.signature)
        return None

    def _add(self, part: str, text: str) -> None:
        if self.blocks:
            self.blocks[-1][part] = self.blocks[-1].get(part, "") + text

    def _call(self) -> ToolCall:
        block = self.blocks[-1]
        try:
            arguments = json.loads(self._arguments or "{}", parse_constant=_no_number)
        except ValueError as error:
            raise self._malformed(block["name"]) from error
        if not isinstance(arguments, dict):
            raise self._malformed(block["name"])
        block["input"] = arguments
        return ToolCall(block["id"], block["name"], arguments)

    def _malformed(self, name: str) -> LanguageModelUnavailableError:
        return LanguageModelUnavailableError(f"{self._model} called {name} with arguments that are no JSON object")

    def _count(self, usage: Any) -> None:
        # Counts are cumulative, and the later event may leave out those that have not changed.
        self._usage |= usage_counts(usage)


def usage_counts(usage: Any) -> dict[str, int]:
    """Return those counts of a usage report that it holds, by the names of ``Usage``."""
    if usage is None:
        return {}
    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_write_tokens": usage.cache_creation_input_tokens,
        "cache_read_tokens": usage.cache_read_input_tokens,
    }
    return {name: count for name, count in counts.items() if count is not None}


def finished(
    model: str, stop_reason: str, usage: Usage, known: ClaudeModel | None, *, in_batch: bool = False
) -> ModelFinished:
    """Return the end of an answer, with what it cost."""
    return ModelFinished(
        model=model,
        input_tokens=usage.all_input_tokens,
        output_tokens=usage.output_tokens,
        stop_reason=stop_reason,
        cost_usd=known.cost_usd(usage, in_batch=in_batch) if known else 0.0,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
