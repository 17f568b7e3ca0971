"""Frames of the widget's wire protocol: what a client may send, what it gets."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from firstline.domain.conversation import Event
from firstline.domain.errors import InvalidFrameError
from firstline.domain.frame_size import encoded
from firstline.domain.turn import Reply


class MessageFrame(BaseModel):
    """A customer says something; the client makes the id, so a resend is safe."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["message"]
    message_id: str
    text: str


class ResumeFrame(BaseModel):
    """A client asks for all events after the last that it has."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["resume"]
    after_seq: int = Field(ge=0, lt=10**12, strict=True)


class PingFrame(BaseModel):
    """A client asks whether the socket lives."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["ping"]


ClientFrame = MessageFrame | ResumeFrame | PingFrame
_CLIENT_FRAME: TypeAdapter[ClientFrame] = TypeAdapter(Annotated[ClientFrame, Field(discriminator="action")])
_ACTIONS = ("message", "resume", "ping")


def parse_client_frame(body: str) -> ClientFrame:
    """Return the frame.

    Raises
    ------
    InvalidFrameError
        Not JSON, not an object, an unknown action, a missing, unknown or wrongly typed field; the message says which.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidFrameError("the frame is not valid JSON") from error
    if not isinstance(document, dict):
        raise InvalidFrameError("the frame must be a JSON object")
    action = document.get("action")
    if action not in _ACTIONS:
        raise InvalidFrameError(f"action must be one of {', '.join(_ACTIONS)}")
    try:
        return _CLIENT_FRAME.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])[:80]
        raise InvalidFrameError(f"{place}: {first['msg']}") from error


def encode(frame: dict[str, Any]) -> str:
    """Return the frame as JSON text of at most ``MAX_FRAME_BYTES``; too long a one is cut, and says so."""
    return encoded(frame)


def accepted(message_id: str, seq: int, turn_id: str) -> dict[str, Any]:
    """The message is in the log; it will be answered."""
    return {"type": "accepted", "message_id": message_id, "seq": seq, "turn_id": turn_id}


def status(turn_id: str, node: str) -> dict[str, Any]:
    """A node is at work."""
    return {"type": "status", "turn_id": turn_id, "node": node}


def delta(turn_id: str, attempt: int, index: int, text: str) -> dict[str, Any]:
    """A piece of the answer that is being written."""
    return {"type": "delta", "turn_id": turn_id, "attempt": attempt, "index": index, "text": text}


def superseded(turn_id: str) -> dict[str, Any]:
    """What was streamed of this turn is withdrawn."""
    return {"type": "superseded", "turn_id": turn_id}


def reply(turn_id: str, committed: Reply) -> dict[str, Any]:
    """The answer as committed."""
    return {
        "type": "reply",
        "turn_id": turn_id,
        "seq": committed.seq,
        "text": committed.text,
        "citations": [citation.model_dump() for citation in committed.citations],
        "handover": committed.handover.model_dump(mode="json") if committed.handover else None,
    }


def event(entry: Event) -> dict[str, Any]:
    """A replayed or human event."""
    return {"type": "event", **entry.model_dump(mode="json")}


def resumed(last_seq: int, *, more: bool) -> dict[str, Any]:
    """All events up to ``last_seq`` have been replayed; where there are ``more``, the client asks again from there."""
    return {"type": "resumed", "last_seq": last_seq, "more": more}


def error(code: str, message: str, *, retryable: bool, message_id: str = "") -> dict[str, Any]:
    """Something the client sent was refused, or failed."""
    frame = {"type": "error", "code": code, "message": message, "retryable": retryable}
    return {**frame, "message_id": message_id} if message_id else frame


def closing(reason: str) -> dict[str, Any]:
    """The server is about to close this socket."""
    return {"type": "closing", "reason": reason}


def pong() -> dict[str, Any]:
    """The socket lives."""
    return {"type": "pong"}
