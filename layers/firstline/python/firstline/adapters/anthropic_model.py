"""Claude by the Messages API, as a stream."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from firstline.adapters.anthropic_connection import ModelConnection
from firstline.adapters.anthropic_request import Block, parameters
from firstline.adapters.anthropic_stream import StreamProgress
from firstline.adapters.claude_models import ClaudeModel, claude_models, dearest, find_model
from firstline.domain.errors import LanguageModelUnavailableError
from firstline.domain.language_model import ModelEvent, ModelMessage, ModelRequest

if TYPE_CHECKING:
    from firstline.adapters.anthropic_connection import Client

_logger = logging.getLogger(__name__)

_REMEMBERED = 256
_SHORTEST_TRY_S = 0.05


class AnthropicLanguageModel:
    """Claude, over HTTPS; safe to use from several threads.

    Parameters
    ----------
    connection : ModelConnection
        The Anthropic API or Bedrock.
    model : str
        Name of the model, on Bedrock its id there.
    timeout_s : float
        Seconds until a service that says nothing is given up, > 0; they are shared by two tries.
    models : mapping, optional
        Prices and settings by model name; by default those of ``claude_models.json``.
    monotonic : callable, optional
        Seconds of a clock that never goes back.

    Notes
    -----
    What is tried again, once, and what is not:

    =====================================================  =======================================================
    connection broken, nobody there, silence, 5xx          after half a second
    408, 409, 424, 429 or 529                              after the pause that was asked for, up to 2 s; over it no
    error event, end or silence in mid-stream              at once, if nothing was passed on and time is left
    the same after text or a tool call was passed on       no: raised, and the text so far is void
    any other 4xx, the model declined, it wrote nothing    no
    =====================================================  =======================================================

    A model may think between tool calls. Those blocks belong to it alone: they are remembered here by the ids of the
    calls and go back with the tools' results, never to anybody else.
    """

    def __init__(
        self,
        connection: ModelConnection,
        *,
        model: str,
        timeout_s: float,
        models: Mapping[str, ClaudeModel] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = model
        self._connection = connection
        self._timeout_s = timeout_s
        known = claude_models() if models is None else models
        self._known = find_model(model, known)
        self._price = self._known or dearest(known)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._written: OrderedDict[tuple[str, ...], list[Block]] = OrderedDict()
        self._warned = False

    def stream(self, request: ModelRequest, *, within_s: float | None = None) -> Iterator[ModelEvent]:
        """Yield text and tool calls as they are written, then exactly one ``ModelFinished``.

        Parameters
        ----------
        within_s : float, optional
            Seconds that are left for the whole answer; by default one and a half times ``timeout_s``.

        Raises
        ------
        LanguageModelUnavailableError
            Overloaded, rate limited, timed out, unreachable, broken off or blank, or a tool call is no JSON; the same
            request may work later. What was yielded is void.
        LanguageModelRefusedError
            The request, the key or the model name was refused, or the model declined to answer.
        """
        with self._connection.errors():
            # The SDK's import is not the service's time.
            client = self._connection.client()
        deadline = self._monotonic() + (1.5 * self._timeout_s if within_s is None else within_s)
        for last_try in (False, True):
            passed_on = False
            progress = StreamProgress(self.name)
            try:
                for event in self._events(client, request, deadline, progress):
                    with self._connection.errors():
                        new = progress.take(event)
                    if new is not None:
                        passed_on = True
                        yield new
                with self._connection.errors():
                    end = progress.finished(self._price)
            except LanguageModelUnavailableError:
                # Before the stream the SDK has made its second try already.
                if last_try or passed_on or not progress.begun or progress.ended or self._monotonic() >= deadline:
                    raise
                continue
            self._remember(progress)
            yield end
            return

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        self._connection.close()

    def _events(
        self, client: Client, request: ModelRequest, deadline: float, progress: StreamProgress
    ) -> Iterator[Any]:
        silence_s = max(_SHORTEST_TRY_S, min(self._timeout_s, deadline - self._monotonic()) / 2)
        sent = parameters(request, self.name, self._known, recall=self._recall)
        if self._known and self._known.temperature:
            # Only the older models take one.
            sent |= self._connection.with_temperature(request.temperature)
        self._warn_once()
        with (
            self._connection.errors(),
            client.messages.create(stream=True, timeout=silence_s, **sent) as events,
        ):
            progress.begun = True
            # The SDK keeps pings to itself: a service that sends nothing else would never be given up.
            watch = threading.Timer(max(0.0, deadline - self._monotonic()), _hang_up, [events])
            watch.daemon = True
            watch.start()
            try:
                for event in events:
                    if self._monotonic() > deadline:
                        raise LanguageModelUnavailableError(f"{self.name} was too slow to finish")
                    yield event
            finally:
                watch.cancel()

    def _warn_once(self) -> None:
        if self._known is None and not self._warned:
            self._warned = True
            _logger.warning("no price is known for model %s: it is counted as the dearest that is known", self.name)

    def _remember(self, progress: StreamProgress) -> None:
        if not progress.calls:
            return
        with self._lock:
            self._written[_ids(progress.blocks)] = [block for block in progress.blocks if _is_wanted(block)]
            while len(self._written) > _REMEMBERED:
                self._written.popitem(last=False)

    def _recall(self, message: ModelMessage) -> list[Block] | None:
        with self._lock:
            written = self._written.get(tuple(call.call_id for call in message.tool_calls))
        said = "".join(block.get("text", "") for block in written or ())
        # Another text was put in its place, by who asks: that one holds.
        return written if said.strip() == message.text.strip() else None


def _hang_up(events: Any) -> None:
    """End a stream from outside: whoever waits for more of it gets an error at once."""
    connection = events.response.extensions.get("network_stream")
    opened = connection.get_extra_info("socket") if connection is not None else None
    if opened is not None:
        with contextlib.suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)


def _ids(blocks: list[Block]) -> tuple[str, ...]:
    return tuple(block["id"] for block in blocks if block["type"] == "tool_use")


def _is_wanted(block: Block) -> bool:
    return block["type"] != "text" or bool(block["text"].strip())
