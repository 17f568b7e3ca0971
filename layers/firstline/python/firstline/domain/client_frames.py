"""Frames that a client may send, and what is refused."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from firstline.domain.attachments import MAX_FILES
from firstline.domain.errors import InvalidFrameError

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

Seq = Annotated[int, Field(ge=0, lt=10**12, strict=True)]


class MessageFrame(BaseModel):
    """A customer says something; the client makes the id, so a resend is safe."""

    model_config = _STRICT

    action: Literal["message"]
    message_id: str
    text: str
    """May be empty where files come with it."""
    attachments: Annotated[tuple[str, ...], Field(max_length=MAX_FILES)] = ()
    """Ids that ``POST /attachments`` has given."""


class SimpleMessageFrame(BaseModel):
    """The same from a client that knows nothing else: ``{"type": "message", "content": ...}``.

    Without an id of its own the message is a new one each time it is sent. What else the frame holds is not looked at.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    type: Literal["message"]
    content: str
    message_id: str | None = None
    attachments: Annotated[tuple[str, ...], Field(max_length=MAX_FILES)] = ()


class ResumeFrame(BaseModel):
    """A client asks for all events after the last that it has."""

    model_config = _STRICT

    action: Literal["resume"]
    after_seq: Seq


class TypingFrame(BaseModel):
    """The customer is writing."""

    model_config = _STRICT

    action: Literal["typing"]


class RequestHumanFrame(BaseModel):
    """The customer wants a person; with a message id it may be sent again."""

    model_config = _STRICT

    action: Literal["request_human"]
    message_id: str | None = None


class EndFrame(BaseModel):
    """The customer closes the conversation."""

    model_config = _STRICT

    action: Literal["end"]


class RateFrame(BaseModel):
    """The customer rates an answer, by a score or by a thumb; at ``seq`` 0 the conversation, by a score."""

    model_config = _STRICT

    action: Literal["rate"]
    seq: Seq
    score: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    thumb: Literal["up", "down"] | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> RateFrame:
        if (self.score is None) == (self.thumb is None):
            raise ValueError("either score or thumb")
        if not self.seq and self.score is None:
            raise ValueError("a conversation is rated by a score")
        return self


class PingFrame(BaseModel):
    """A client asks whether the socket lives."""

    model_config = _STRICT

    action: Literal["ping"]


ActionFrame = MessageFrame | ResumeFrame | TypingFrame | RequestHumanFrame | EndFrame | RateFrame | PingFrame
ClientFrame = ActionFrame | SimpleMessageFrame

ACTIONS = ("message", "resume", "typing", "rate", "request_human", "end", "ping")

_BY_ACTION: TypeAdapter[ActionFrame] = TypeAdapter(Annotated[ActionFrame, Field(discriminator="action")])


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
    try:
        return _checked(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ACTIONS)[:80]
        raise InvalidFrameError(f"{place}: {first['msg']}" if place else str(first["msg"])) from error


def _checked(document: dict[str, Any]) -> ClientFrame:
    if "action" not in document and document.get("type") == "message":
        return SimpleMessageFrame.model_validate(document)
    if document.get("action") not in ACTIONS:
        raise InvalidFrameError(f"action must be one of {', '.join(ACTIONS)}")
    return _BY_ACTION.validate_python(document)
