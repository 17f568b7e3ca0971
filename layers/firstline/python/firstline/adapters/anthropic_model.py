"""Claude by the Anthropic Messages API, as a stream."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from firstline.adapters.anthropic_errors import named_errors, refuse_long_pauses
from firstline.adapters.anthropic_stream import StreamProgress
from firstline.adapters.claude_models import ClaudeModel, claude_models, find_model
from firstline.domain.errors import LanguageModelUnavailableError
from firstline.domain.language_model import ModelEvent, ModelMessage, ModelRequest, TextDelta

if TYPE_CHECKING:
    from anthropic import Anthropic

_logger = logging.getLogger(__name__)

_VERSION_WITH_TEMPERATURE = "2023-06-01"


class AnthropicLanguageModel:
    """Claude, over HTTPS; safe to use from several threads.

    Parameters
    ----------
    api_key : str or callable
        Key of the Anthropic API, or what gives it: asked for every request, so that a key that was replaced is used.
    base_url : str, optional
        Another address that speaks the Messages API, such as a proxy.
    model : str
        Name of the model.
    timeout_s : float
        Seconds until a service that says nothing is given up, > 0. They are shared by two tries; once text has begun
        to come there is no second try, and an answer unfinished after one and a half times as long is given up.
    models : mapping, optional
        Prices and settings by model name; by default those of ``claude_models.json``.
    monotonic : callable, optional
        Seconds of a clock that never goes back.

    Notes
    -----
    The SDK takes a second to import, so it is imported by the first request. The SDK makes the second try, after
    overload, rate limits, server errors, timeouts and broken connections.
    """

    def __init__(
        self,
        api_key: str | Callable[[], str],
        *,
        base_url: str = "",
        model: str,
        timeout_s: float,
        models: Mapping[str, ClaudeModel] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._model = model
        self._timeout_s = timeout_s
        self._known = find_model(model, claude_models() if models is None else models)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._opened: Anthropic | None = None
        self._opened_with = ""

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield text as it is written, then exactly one ``ModelFinished``.

        Raises
        ------
        LanguageModelUnavailableError
            Overloaded, rate limited, timed out, unreachable, broken off or blank; the same request may work later.
        LanguageModelRefusedError
            The request, the key or the model name was refused, or the model declined to answer.
        """
        deadline = self._monotonic() + 1.5 * self._timeout_s
        progress = StreamProgress(self._model)
        with named_errors(), self._client().messages.create(stream=True, **self._parameters(request)) as events:
            for event in events:
                if self._monotonic() > deadline:
                    raise LanguageModelUnavailableError(f"{self._model} was too slow to finish")
                text = progress.take(event)
                if text:
                    yield TextDelta(text)
        yield progress.finished(self._known)

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _parameters(self, request: ModelRequest) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": self._model,
            "max_tokens": request.max_tokens,
            # The system prompt is the stable prefix; below the model's least cacheable length the mark does nothing.
            "system": [{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": message.role, "content": _content(message)} for message in request.messages],
        }
        if self._known and self._known.temperature:
            # Only the older models take one, and only under the API version before the SDK's own.
            parameters["extra_body"] = {"temperature": request.temperature}
            parameters["extra_headers"] = {"anthropic-version": _VERSION_WITH_TEMPERATURE}
        if self._known and self._known.thinking:
            parameters["thinking"] = {"type": self._known.thinking}
        if self._known and self._known.effort:
            parameters["output_config"] = {"effort": self._known.effort}
        return parameters

    def _client(self) -> Anthropic:
        key = self._api_key if isinstance(self._api_key, str) else self._api_key()
        with self._lock:
            if self._opened is not None and key != self._opened_with:
                # Nothing else is under way: keys change in functions only, which serve one request at a time.
                self._opened.close()
                self._opened = None
            if self._opened is None:
                self._opened, self._opened_with = self._open(key), key
            return self._opened

    def _open(self, api_key: str) -> Anthropic:
        import anthropic

        if self._known is None:
            _logger.warning("no price is known for model %s: its answers count as free", self._model)
        return anthropic.Anthropic(
            api_key=api_key,
            base_url=self._base_url or None,
            max_retries=1,
            timeout=self._timeout_s / 2,
            http_client=anthropic.DefaultHttpxClient(event_hooks={"response": [refuse_long_pauses]}),
        )


def _content(message: ModelMessage) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.text
    shown = [
        {"type": "base64", "media_type": image.media_type, "data": base64.b64encode(image.content).decode("ascii")}
        for image in message.images
    ]
    return [*({"type": "image", "source": source} for source in shown), {"type": "text", "text": message.text}]
