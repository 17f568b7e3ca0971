"""Streams that the service would not send on a good day: each is a named failure, in time, and never costs nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from firstline.adapters.anthropic_connection import ApiConnection
from firstline.adapters.anthropic_model import AnthropicLanguageModel
from firstline.adapters.claude_models import claude_models, dearest
from firstline.domain.errors import LanguageModelUnavailableError
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from tests.component.messages_api import API_KEY

REQUEST = ModelRequest("Answer.", (ModelMessage("user", "Export?"),), max_tokens=200, temperature=0.3)
USAGE = {"input_tokens": 1_000_000, "output_tokens": 1}


@contextmanager
def serving(*parts: bytes, pings: float = 0.0) -> Iterator[str]:
    """Answer every request with these bytes, or with nothing but pings for so many seconds."""
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            try:
                for part in parts:
                    self.wfile.write(part)
                until = time.monotonic() + pings
                while time.monotonic() < until and not stopping.wait(0.05):
                    self.wfile.write(event("ping", {}))
                    self.wfile.flush()
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()


def event(kind: str, content: Any) -> bytes:
    body = {"type": kind, **content} if isinstance(content, dict) else content
    return f"event: {kind}\ndata: {json.dumps(body)}\n\n".encode()


def begun(usage: Any = USAGE) -> bytes:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": []}
    return event("message_start", {"message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}})


def said(text: str) -> bytes:
    start = event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    delta = event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})
    return start + delta + event("content_block_stop", {"index": 0})


def ended(usage: Any) -> bytes:
    delta = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, **({} if usage is ... else {"usage": usage})}
    return event("message_delta", delta) + event("message_stop", {})


def model(url: str, *, name: str = "claude-sonnet-5-5", timeout_s: float = 10.0) -> AnthropicLanguageModel:
    return AnthropicLanguageModel(ApiConnection(API_KEY, base_url=url), model=name, timeout_s=timeout_s)


def test_a_service_that_only_pings_is_given_up_in_time() -> None:
    import anthropic  # noqa: F401 - its import is not the service's time

    with (
        serving(begun(), pings=600.0) as url,
        closing(model(url, timeout_s=0.4)) as pinged,
        pytest.raises(LanguageModelUnavailableError),
    ):
        list(pinged.stream(REQUEST, within_s=0.5))


@pytest.mark.parametrize("usage", [None, ...])
def test_an_end_without_usage_is_an_end(usage: Any) -> None:
    with serving(begun() + said("Open Reports.") + ended(usage)) as url, closing(model(url)) as odd:
        *text, finished = odd.stream(REQUEST)
    assert text == [TextDelta("Open Reports.")]
    assert isinstance(finished, ModelFinished)
    assert finished.cost_usd == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(
    "stream",
    [
        begun() + said("Open") + ended({"output_tokens": -3}),
        begun() + b"event: content_block_delta\ndata: \xff\xfe\n\n",
        begun() + event("content_block_delta", [1, 2]),
        begun() + event("content_block_start", {"index": 0}),
        event("message_start", {}),
    ],
    ids=["negative counts", "no UTF-8", "a list", "a block without content", "a message without content"],
)
def test_what_no_documentation_has_is_a_named_failure(stream: bytes) -> None:
    with serving(stream) as url, closing(model(url)) as odd, pytest.raises(LanguageModelUnavailableError):
        list(odd.stream(REQUEST))


def test_text_at_the_start_of_a_block_is_text() -> None:
    start = event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": "Open "}})
    delta = event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Reports."}})
    with serving(begun() + start + delta + ended({"output_tokens": 2})) as url, closing(model(url)) as odd:
        *text, _ = odd.stream(REQUEST)
    assert text == [TextDelta("Open "), TextDelta("Reports.")]


def test_an_unknown_model_is_counted_as_the_dearest_that_is_known() -> None:
    stream = begun() + said("Open.") + ended({"output_tokens": 1})
    with serving(stream) as url, closing(model(url, name="claude-next")) as unknown:
        *_, finished = unknown.stream(REQUEST)
    assert isinstance(finished, ModelFinished)
    assert finished.cost_usd == pytest.approx(dearest(claude_models()).input, rel=1e-3)
