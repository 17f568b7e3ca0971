"""Bodies of the REST API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from firstline.domain.attachments import MAX_FILES
from firstline.domain.prechat import PrechatAnswers
from firstline.domain.sites import DEFAULT_SITE, SiteId

UserId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ChatRequest(BaseModel):
    """One question. Fields that are not known are ignored, as callers of other chat APIs send their own."""

    message: str | None = None
    content: str | None = Field(default=None, description="The same as `message`")
    session_id: str | None = Field(default=None, description="Continues a session; needs its token")
    user_id: UserId | None = Field(default=None, description="Your id of the customer; used when a session is opened")
    message_id: str | None = Field(
        default=None,
        description="With `session_id`, makes a repeated request safe; a UUID fits. Without `session_id` it does not:"
        " each request opens a session of its own, in which the message is new",
    )

    @model_validator(mode="after")
    def _one_text(self) -> ChatRequest:
        if (self.message is None) == (self.content is None):
            raise ValueError("give either message or content")
        return self

    @property
    def text(self) -> str:
        """The question."""
        return self.message if self.message is not None else str(self.content)


class Source(BaseModel):
    """A passage that the answer rests on."""

    id: str
    content: str
    """The words that were used."""
    metadata: dict[str, Any]
    distance: float = Field(description="1 - cosine similarity of question and passage, 0 to 2; smaller is closer")


class ChatResponse(BaseModel):
    """The answer."""

    message: str
    sources: list[Source]
    session_id: str
    seq: int
    intent: str
    confidence: float
    escalated: bool = Field(description="A person has been asked to take over")
    requires_escalation: bool = Field(description="The question needs a person")
    ticket_id: str | None = None
    token: str | None = Field(default=None, description="The session's token, where this request opened the session")


class PendingReply(BaseModel):
    """The answer is still being written."""

    session_id: str
    seq: int = Field(description="Place of the question in the conversation")
    status: str = "pending"
    reply_url: str
    token: str | None = None


class OpenSessionRequest(BaseModel):
    """Who opens a session; an empty object for an anonymous visitor."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId | None = Field(
        default=None,
        description="Your id of the customer. With an agent's access token it is taken as proven; without, it is a"
        " label that opens nothing of the customer's",
    )
    identity_token: str | None = Field(
        default=None, min_length=1, max_length=8_192, description="Proof of who it is, signed by your site; see README"
    )
    site: SiteId = Field(default=DEFAULT_SITE, description="Which of the company's sites the visitor is on")
    new_conversation: bool = Field(
        default=False,
        description="Begin anew; otherwise a customer whose id is proven goes on in the conversation that they have"
        " open, from whichever device",
    )
    prechat: PrechatAnswers | None = Field(
        default=None, description="What the visitor has answered to the questions of the site (`prechat` of the site)"
    )
    language: str = Field(
        default="",
        max_length=35,
        pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*)?$",
        description="In which the visitor reads, such as `de` or `de-AT`; our own texts are then in it, if they can be",
    )


class SessionResponse(BaseModel):
    """An open session."""

    session_id: str
    thread_id: str = Field(description="Id of the conversation")
    token: str = Field(description="Opens this session; to be kept secret")
    ws_url: str = Field(description="Where to connect within 60 seconds, once")
    expires_at: datetime = Field(description="End of the token; renew it before, by POST .../renew or .../socket")
    message: str = Field(description="The greeting, which is the first event of the conversation")
    continued: bool = Field(
        description="The customer had this conversation open already; `resume` or the history tells what was said"
    )


class SocketResponse(BaseModel):
    """A fresh address for one more socket."""

    ws_url: str
    expires_in: int = Field(description="Seconds in which to connect")
    token: str = Field(description="The session's next token")
    expires_at: datetime = Field(description="End of that token")


class PostMessageRequest(BaseModel):
    """A customer message, as JSON or as form fields."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = None
    message: str | None = Field(default=None, description="The same as `text`")
    content: str | None = Field(default=None, description="The same as `text`")
    message_id: str | None = Field(default=None, description="Makes a repeated request safe; a UUID fits")
    attachments: list[str] = Field(
        default_factory=list, max_length=MAX_FILES, description="Ids that `POST /attachments` has given"
    )

    @model_validator(mode="after")
    def _one_text(self) -> PostMessageRequest:
        if sum(given is not None for given in (self.text, self.message, self.content)) != 1:
            raise ValueError("give one of text, message and content")
        return self

    @property
    def said(self) -> str:
        """The message's text."""
        return next(given for given in (self.text, self.message, self.content) if given is not None)


class HistoryEvent(BaseModel):
    """One entry of the conversation."""

    seq: int
    author: str
    text: str
    at: datetime
    message_id: str
    turn_id: str
    detail: dict[str, Any]


class HistoryResponse(BaseModel):
    """A part of the conversation, in the order asked for."""

    session_id: str
    thread_id: str
    status: str = Field(description="`open`, `waiting_for_person` or `closed`; a new message opens a closed one again")
    owner: str = Field(description="`bot`, or `person` where somebody has taken over")
    events: list[HistoryEvent]
    next_after_seq: int | None = Field(
        default=None, description="Oldest first: `after_seq` of the next part; null where this was the last"
    )
    next_before_seq: int | None = Field(
        default=None, description="Newest first: `before_seq` of the next part; null where this was the last"
    )
