"""A local server that speaks the Messages API: server-sent events, errors before and in mid-stream, silence."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

API_KEY = "test-key"  # pragma: allowlist secret
API_VERSIONS = ("2023-06-01", "2026-10-21")
TAKES_TEMPERATURE = ("claude-sonnet-4-", "claude-opus-4-5", "claude-opus-4-6", "claude-haiku-4-")
THINKING_TYPES = {
    "claude-opus-5-5": {"adaptive"},
    "claude-sonnet-5-5": {"adaptive", "between_tools"},
    "claude-haiku-5-5": {"adaptive", "disabled"},
}


@dataclass(frozen=True)
class Answer:
    """A stream that the server plays."""

    parts: tuple[str, ...]
    stop_reason: str = "end_turn"
    input_tokens: int = 100
    output_tokens: int = 20
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    thinks_first: bool = False
    silence_s: float = 0.0
    """Before the first byte of the answer."""
    pause_s: float = 0.0
    """Before each part."""
    ending: Literal["complete", "cut", "ended_early", "overloaded_error", "invalid_request_error"] = "complete"
    """What comes after the parts: the proper events, a cut connection, a body that just ends, or an error event."""


@dataclass(frozen=True)
class Failure:
    """An error before any stream."""

    status: int
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class MessagesApi:
    """Plays its script, one entry per request, the last one again and again."""

    def __init__(self, *script: Answer | Failure) -> None:
        self.requests: list[Received] = []
        self._script = list(script)
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Base URL for the SDK."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_entry(self, received: Received) -> Answer | Failure:
        """Record a request and return what answers it."""
        self.requests.append(received)
        return objection(received) or (self._script.pop(0) if len(self._script) > 1 else self._script[0])

    def wait(self, seconds: float) -> None:
        """Be silent, but not beyond the end of the test."""
        if seconds:
            self._stopping.wait(seconds)


def objection(received: Received) -> Failure | None:
    """Return why the service would refuse this request, if it would."""
    body, refused = received.body, Failure(400, "invalid_request_error")
    if received.headers.get("authorization") != f"Bearer {API_KEY}":
        return Failure(401, "authentication_error")
    if received.path != "/v1/messages":
        return Failure(404, "not_found_error")
    version = received.headers.get("anthropic-version")
    if version not in API_VERSIONS or not {"model", "max_tokens", "messages"} <= body.keys():
        return refused
    roles = [message["role"] for message in body["messages"]]
    if not roles or roles[0] != "user" or roles[-1] != "user" or not all(m["content"] for m in body["messages"]):
        return refused
    if "temperature" in body and (version == API_VERSIONS[-1] or not body["model"].startswith(TAKES_TEMPERATURE)):
        return refused
    allowed = THINKING_TYPES.get(body["model"], {"adaptive", "disabled"})
    return refused if "thinking" in body and body["thinking"]["type"] not in allowed else None


def events(answer: Answer, model: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the events of an answer up to its ending, as documented."""
    usage = {
        "input_tokens": answer.input_tokens,
        "cache_creation_input_tokens": answer.cache_write_tokens,
        "cache_read_input_tokens": answer.cache_read_tokens,
        "output_tokens": 1,
    }
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []}
    yield "message_start", {"message": message | {"stop_reason": None, "stop_sequence": None, "usage": usage}}
    if answer.thinks_first:
        yield (
            "content_block_start",
            {"index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
        )
        yield "content_block_delta", {"index": 0, "delta": {"type": "thinking_delta", "thinking": "Not for customers."}}
        yield "content_block_stop", {"index": 0}
    block = int(answer.thinks_first)
    yield "content_block_start", {"index": block, "content_block": {"type": "text", "text": ""}}
    yield "ping", {}
    for part in answer.parts:
        yield "content_block_delta", {"index": block, "delta": {"type": "text_delta", "text": part}}
    if answer.ending == "complete":
        yield "content_block_stop", {"index": block}
        ended = {"stop_reason": answer.stop_reason, "stop_sequence": None}
        yield "message_delta", {"delta": ended, "usage": {"output_tokens": answer.output_tokens}}
        yield "message_stop", {}
    elif answer.ending.endswith("_error"):
        yield "error", {"error": {"type": answer.ending, "message": "Scripted."}}


def _handler(api: MessagesApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            entry = api.next_entry(Received(self.path, headers, body))
            try:
                if isinstance(entry, Failure):
                    self._fail(entry)
                else:
                    self._play(entry, body["model"])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough

        def _fail(self, failure: Failure) -> None:
            error = {"type": failure.kind, "message": "Scripted."}
            content = json.dumps({"type": "error", "error": error}).encode()
            self.send_response(failure.status)
            for name, value in {"content-type": "application/json", **failure.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _play(self, answer: Answer, model: str) -> None:
            api.wait(answer.silence_s)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for name, content in events(answer, model):
                if name == "content_block_delta":
                    api.wait(answer.pause_s)
                self._chunk(f"event: {name}\ndata: {json.dumps({'type': name, **content})}\n\n".encode())
            if answer.ending == "cut":
                self.close_connection = True
            else:
                self._chunk(b"")

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: the tests look at what was received instead."""

    return Handler
