"""What the local Messages API answers: scripted streams and failures, and the events they are made of."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Event = tuple[str, dict[str, Any]]
Block = dict[str, Any]


@dataclass(frozen=True)
class ToolUse:
    """A tool call that the model writes."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    """A text is sent as it is, as the JSON that it may or may not be."""
    call_id: str = "toolu_1"
    pieces: int = 3
    """Over which its JSON is spread."""

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Thought:
    """A thinking block; its signature is the server's own."""

    text: str

    def signature(self, model: str) -> str:
        return hashlib.sha256(f"{model}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class Tokens:
    """What a request has cost."""

    input: int = 100
    cache_write: int = 0
    cache_read: int = 0


@dataclass(frozen=True)
class Answer:
    """A stream that the server plays."""

    parts: tuple[str | ToolUse | Thought, ...]
    """Texts that follow one another are pieces of one block."""
    stop_reason: str = ""
    """Empty: ``tool_use`` where a tool is called, else ``end_turn``."""
    input_tokens: int = 100
    output_tokens: int = 20
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    silence_s: float = 0.0
    """Before the first byte of the answer."""
    pause_s: float = 0.0
    """Before each part."""
    ending: str = "complete"
    """What comes after the parts: the proper events (``complete``), a connection that is cut in mid-frame (``cut``), a
    body that just ends (``ended_early``), a frame with a wrong checksum (``bad_checksum``, Bedrock), else an error
    event of this type (``overloaded_error``) or an exception frame of this name (``throttlingException``)."""

    @property
    def reason(self) -> str:
        calls = any(isinstance(part, ToolUse) for part in self.parts)
        return self.stop_reason or ("tool_use" if calls else "end_turn")

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.input_tokens, self.cache_write_tokens, self.cache_read_tokens)


@dataclass(frozen=True)
class Failure:
    """An error before any stream."""

    status: int
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lapse:
    """What becomes of a request of a batch that is never answered."""

    kind: Literal["canceled", "expired"]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def events(answer: Answer, model: str, tokens: Tokens) -> Iterator[Event]:
    """Return the events of an answer up to its ending, as documented."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []}
    usage = _usage(tokens, output=1)
    yield "message_start", {"message": message | {"stop_reason": None, "stop_sequence": None, "usage": usage}}
    yield "ping", {}
    blocks = list(_in_blocks(answer.parts))
    for index, parts in enumerate(blocks):
        yield "content_block_start", {"index": index, "content_block": _empty(parts[0])}
        for delta in [delta for part in parts for delta in _deltas(part, model)]:
            yield "content_block_delta", {"index": index, "delta": delta}
        if answer.ending == "complete" or index < len(blocks) - 1:
            yield "content_block_stop", {"index": index}
    if answer.ending == "complete":
        ended = {"stop_reason": answer.reason, "stop_sequence": None}
        yield "message_delta", {"delta": ended, "usage": {"output_tokens": answer.output_tokens}}
        yield "message_stop", {}
    elif answer.ending.endswith("_error"):
        yield "error", {"error": {"type": answer.ending, "message": "Scripted."}}


def message(answer: Answer, model: str, tokens: Tokens) -> dict[str, Any]:
    """Return an answer in one piece, as without a stream and in the results of a batch."""
    content = [_whole(parts, model) for parts in _in_blocks(answer.parts)]
    return {
        **{"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content},
        **{"stop_reason": answer.reason, "stop_sequence": None, "usage": _usage(tokens, output=answer.output_tokens)},
    }


def _usage(tokens: Tokens, *, output: int) -> dict[str, int]:
    return {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "output_tokens": output,
    }


def _in_blocks(parts: tuple[str | ToolUse | Thought, ...]) -> Iterator[list[Any]]:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            yield texts
        texts = []
        yield [part]
    if texts or not parts:
        yield texts or [""]


def _empty(part: str | ToolUse | Thought) -> Block:
    if isinstance(part, ToolUse):
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": {}}
    if isinstance(part, Thought):
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "text", "text": ""}


def _whole(parts: list[Any], model: str) -> Block:
    part = parts[0]
    if isinstance(part, ToolUse):
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": json.loads(part.json)}
    if isinstance(part, Thought):
        return {"type": "thinking", "thinking": part.text, "signature": part.signature(model)}
    return {"type": "text", "text": "".join(parts)}


def _deltas(part: str | ToolUse | Thought, model: str) -> Iterator[dict[str, Any]]:
    if isinstance(part, ToolUse):
        step = -(-len(part.json) // part.pieces) or 1
        yield {"type": "input_json_delta", "partial_json": ""}
        for start in range(0, len(part.json), step):
            yield {"type": "input_json_delta", "partial_json": part.json[start : start + step]}
    elif isinstance(part, Thought):
        yield {"type": "thinking_delta", "thinking": part.text}
        yield {"type": "signature_delta", "signature": part.signature(model)}
    else:
        yield {"type": "text_delta", "text": part}
