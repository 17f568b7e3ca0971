"""A local server that speaks the Messages API: streams, tools, errors before and in mid-stream, silence, the prompt
cache, batches; and the same models in the form of Amazon Bedrock."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.component import bedrock_frames, messages_rules
from tests.component.message_batches import MessageBatches
from tests.component.messages_events import (
    Answer,
    Failure,
    Lapse,
    Received,
    Thought,
    Tokens,
    ToolUse,
    events,
    message,
)
from tests.component.messages_rules import API_KEY
from tests.component.prompt_cache import PromptCache

__all__ = ["API_KEY", "Answer", "Failure", "Lapse", "MessagesApi", "PromptCache", "Received", "Thought", "ToolUse"]

Entry = Answer | Failure | Lapse
Script = Entry | Callable[[Received], Entry]


class MessagesApi:
    """Plays its script, one entry per request, the last one again and again.

    Parameters
    ----------
    script
        An entry may be a function of the request.
    cache : PromptCache, optional
        With one, the tokens of an answer are counted; without, they are those of the script.
    polls : int
        Times that a batch is asked after until it has ended.
    """

    def __init__(self, *script: Script, cache: PromptCache | None = None, polls: int = 0) -> None:
        self.requests: list[Received] = []
        self.cache = cache
        self.batches = MessageBatches(self, polls)
        self._script = list(script)
        self._taking = threading.Lock()
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

    def next_entry(self, received: Received) -> tuple[Entry, Tokens]:
        """Record a request and return what answers it, and its tokens."""
        with self._taking:
            self.requests.append(received)
            bedrock = bedrock_frames.is_bedrock(received.path)
            wrong = bedrock_frames.objection(received, self.url) if bedrock else messages_rules.objection(received)
            if wrong:
                return wrong, Tokens()
            scripted = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        entry = scripted(received) if callable(scripted) else scripted
        if not isinstance(entry, Answer):
            return entry, Tokens()
        model = bedrock_frames.model_of(received.path) if bedrock else received.body["model"]
        return entry, self.cache.take(received.body, model) if self.cache else entry.tokens

    def wait(self, seconds: float) -> None:
        """Be silent, but not beyond the end of the test."""
        if seconds:
            self._stopping.wait(seconds)


def _handler(api: MessagesApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with contextlib.suppress(ConnectionResetError):  # the client had enough
                super().handle()

        def do_GET(self) -> None:
            found = api.batches.read(self._received(b"{}"), api.url)
            self._fail(found) if isinstance(found, Failure) else self._send(200, *found)

        def do_POST(self) -> None:
            received = self._received(self.rfile.read(int(self.headers["content-length"])))
            if received.path == "/v1/messages/batches":
                made = api.batches.create(received)
                self._fail(made) if isinstance(made, Failure) else self._send(200, *made)
            elif received.path == "/v1/messages" or bedrock_frames.is_bedrock(received.path):
                self._answer(received)
            else:
                self._fail(Failure(404, "not_found_error"))

        def _received(self, content: bytes) -> Received:
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Received(self.path, headers | {"raw-body": content.decode()}, json.loads(content))

        def _answer(self, received: Received) -> None:
            entry, tokens = api.next_entry(received)
            bedrock = bedrock_frames.is_bedrock(received.path)
            try:
                if isinstance(entry, Answer) and not bedrock and not received.body.get("stream"):
                    self._send(200, "application/json", json.dumps(message(entry, received.body["model"], tokens)))
                elif isinstance(entry, Answer):
                    self._play(entry, tokens, received, bedrock=bedrock)
                else:
                    assert isinstance(entry, Failure), "only a request of a batch can lapse"
                    self._fail_on_bedrock(entry) if bedrock else self._fail(entry)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough

        def _fail(self, failure: Failure) -> None:
            error = {"type": failure.kind, "message": "Scripted."}
            self._send(failure.status, "application/json", json.dumps({"type": "error", "error": error}), failure)

        def _fail_on_bedrock(self, failure: Failure) -> None:
            named = Failure(failure.status, failure.kind, {"x-amzn-errortype": failure.kind, **failure.headers})
            self._send(failure.status, "application/json", json.dumps({"message": "Scripted."}), named)

        def _send(self, status: int, kind: str, text: str, failure: Failure | None = None) -> None:
            content = text.encode()
            self.send_response(status)
            for name, value in {"content-type": kind, **(failure.headers if failure else {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _play(self, answer: Answer, tokens: Tokens, received: Received, *, bedrock: bool) -> None:
            api.wait(answer.silence_s)
            kind = "application/vnd.amazon.eventstream" if bedrock else "text/event-stream; charset=utf-8"
            model = bedrock_frames.model_of(received.path) if bedrock else received.body["model"]
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            last = b""
            for name, content in events(answer, model, tokens):
                if name == "content_block_delta":
                    api.wait(answer.pause_s)
                event = {"type": name, **content}
                last = (
                    bedrock_frames.chunk(event) if bedrock else f"event: {name}\ndata: {json.dumps(event)}\n\n".encode()
                )
                self._chunk(last)
            for frame in _last_frames(answer.ending, last) if bedrock else ():
                self._chunk(frame)
            if answer.ending == "cut":
                self.close_connection = True
            else:
                self._chunk(b"")

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: the tests look at what was received instead."""

    return Handler


def _last_frames(ending: str, last: bytes) -> Iterator[bytes]:
    if ending.endswith("Exception"):
        yield bedrock_frames.exception(ending)
    elif ending == "bad_checksum":
        yield last[:-1] + bytes([last[-1] ^ 1])
    elif ending == "ended_early":
        yield last[: len(last) // 2]
