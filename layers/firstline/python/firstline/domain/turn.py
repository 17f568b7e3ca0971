"""A turn: the document that the state machine carries; each node adds one part."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.attachments import Attachment
from firstline.domain.classified import Category as Category
from firstline.domain.classified import Classification as Classification
from firstline.domain.classified import Intent as Intent
from firstline.domain.classified import Level as Level
from firstline.domain.conversation import Author, Channel, ConversationStatus, Customer
from firstline.domain.knowledge import RetrievedKnowledge


class Strategy(StrEnum):
    """A way of answering; the learner's arms."""

    CONCISE = "concise"
    STEP_BY_STEP = "step_by_step"
    EMPATHETIC = "empathetic"
    DETAILED = "detailed"
    GUIDED = "guided"


class Action(StrEnum):
    """What code decides to do with a message."""

    ANSWER = "answer"
    DIRECT = "direct"
    CLARIFY = "clarify"
    USE_TOOL = "use_tool"
    """A support tool does what is asked, with or without a model."""
    AWAIT_APPROVAL = "await_approval"
    """What is asked for waits for a person's approval; the customer is told."""
    HAND_OVER = "hand_over"


class Reason(StrEnum):
    """Why; in the receipt."""

    KNOWLEDGE_FOUND = "knowledge_found"
    SOCIAL = "social"
    NOTHING_FOUND = "nothing_found"
    KNOWLEDGE_UNAVAILABLE = "knowledge_unavailable"
    UNCLEAR = "unclear"
    EXPLICIT_REQUEST = "explicit_request"
    HIGH_FRUSTRATION = "high_frustration"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    LEGAL = "legal"
    NO_PROGRESS = "no_progress"
    STILL_NOTHING_FOUND = "still_nothing_found"
    FAILURE = "failure"
    BOT_PAUSED = "bot_paused"
    ACTION_REQUESTED = "action_requested"
    """The customer asks for something to be done, not to be told."""
    AMBIGUOUS = "ambiguous"
    LOW_CONFIDENCE = "low_confidence"
    SAFETY = "safety"
    """Somebody's life, health or safety is in danger."""
    HIGH_STAKES = "high_stakes"
    """Unsure where money, security or law is at stake."""
    TOOL_FAILURE = "tool_failure"
    APPROVAL_NEEDED = "approval_needed"
    UNCHECKED = "unchecked"
    """No answer passed the checks."""
    ATTACHMENT = "attachment"
    """A file decides: the model answers from it, or a person must look at it."""
    MAIL_MODE = "mail_mode"
    """The setting says that people answer such mails, or approve the answer first."""
    WAITS_FOR_PERSON = "waits_for_person"
    """People have the thread already; a mail that follows is theirs."""
    NO_REPLY_NEEDED = "no_reply_needed"
    """A mail that thanks or tells and asks nothing: an answer would ask for one."""


class ResolutionMethod(StrEnum):
    """Who wrote the reply."""

    EXTRACTIVE = "extractive"
    MODEL = "model"
    DIRECT = "direct"
    TOOL = "tool"
    """A support tool's own words, without a model."""
    HANDOVER = "handover"


class TurnMessage(BaseModel):
    """The customer message that a turn answers."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    message_id: str
    seq: int = Field(ge=1)
    text: str
    sent_at: datetime


class HistoryMessage(BaseModel):
    """An earlier message of the conversation."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    author: Author
    text: str


class IdentifiedCustomer(BaseModel):
    """Part of ``IdentifyCustomer``: who asks, where, reading what language (ISO 639-1, may be empty); which attempt."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    customer: Customer
    attempt: int = Field(ge=1)
    conversation_version: int = Field(ge=1)
    conversation_status: ConversationStatus
    unanswered: list[str]
    """Customer messages since the last answer, oldest first, this one last."""
    attachments: list[Attachment] = Field(default_factory=list)
    """Files sent with those, in order."""
    earlier_attachments: list[Attachment] = Field(default_factory=list)
    """Files sent with messages of the history, newest first."""
    history: list[HistoryMessage] = Field(default_factory=list)
    """What was said before those, oldest first."""
    summary: str = ""
    """What was said before the history, in short; empty in a short conversation."""
    language: str = ""
    memory: dict[str, str] = Field(default_factory=dict)
    """What the customer has stated of themselves, in this and earlier conversations: value by kind of fact."""
    n_customer_messages: int = Field(ge=0)
    previous_answer_turn: str = ""
    """The turn whose answer this message may be about."""
    previous_action: Action | None = None
    answered: bool = False
    """The reply of an earlier attempt is committed; only the parts after it are still to do."""
    earlier_sentiments: list[float] = Field(default_factory=list)
    """Those of the customer's earlier messages of this conversation, oldest first, each in [-1, 1]."""
    elapsed_ms: float = Field(default=0.0, ge=0.0)


class Citation(BaseModel):
    """Where a statement of the reply comes from; ``[number]`` in its text, ``quote`` the words it uses."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    number: int = Field(ge=1)
    chunk_id: str
    source: str
    title: str
    heading: str
    url: str
    quote: str
    distance: float = Field(ge=0.0, le=2.0)


class Handover(BaseModel):
    """A person has been asked to take over."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    ticket_id: str
    reason: Reason


class Reply(BaseModel):
    """Part of ``GenerateResponse``: what the customer has got, as committed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    seq: int = Field(ge=1)
    text: str
    citations: list[Citation] = Field(default_factory=list)
    action: Action
    reason: Reason
    resolution_method: ResolutionMethod
    confidence: float = Field(ge=0.0, le=1.0)
    strategy: Strategy | None = None
    """None where no strategy was chosen, as in a greeting or a handover."""
    propensity: float | None = Field(default=None, gt=0.0, le=1.0)
    handover: Handover | None = None
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    cache: dict[str, str] = Field(default_factory=dict)
    processing_time_ms: float = Field(default=0.0, ge=0.0)
    """From the acceptance of the message to the commit of the reply."""
    unsent: bool = False
    """Kept in the log and not sent by mail: words for a person's eyes, or manners between machines."""


class Insights(BaseModel):
    """Part of ``AnalyzeGraph``."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    edges_written: int = Field(ge=0)
    contacts_on_topic: int = Field(default=0, ge=0)
    similar_customers: int = Field(default=0, ge=0)


class Feedback(BaseModel):
    """Part of ``CollectFeedback``: what this message says of the previous answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    about_turn: str = ""
    signals: dict[str, float] = Field(default_factory=dict)
    """The raw parts that were observed; absent ones are missing, not zero."""
    reward: float | None = Field(default=None, ge=0.0, le=1.0)
    """None where nothing was observed."""
    settled: bool = False
    """This call counted the reward; False where it was counted before or there is none."""


class Turn(BaseModel):
    """The whole document."""

    model_config = ConfigDict(hide_input_in_errors=True)

    turn_id: str
    conversation_id: str
    correlation_id: str
    channel: Channel
    message: TurnMessage
    customer: IdentifiedCustomer | None = None
    classification: Classification | None = None
    knowledge: RetrievedKnowledge | None = None
    reply: Reply | None = None
    insights: Insights | None = None
    feedback: Feedback | None = None
    knowledge_error: dict[str, Any] | None = None
    """What a failed RetrieveKnowledge left; the answer does without."""
    error: dict[str, Any] | None = None
    """What led to the handover: ``{"Error": name, "Cause": ...}``."""

    @property
    def identified(self) -> IdentifiedCustomer:
        """The customer's part; only after ``IdentifyCustomer``."""
        assert self.customer is not None, "IdentifyCustomer has not run"  # noqa: S101
        return self.customer

    @property
    def classified(self) -> Classification:
        """The classification; only after ``ClassifyQuery``."""
        assert self.classification is not None, "ClassifyQuery has not run"  # noqa: S101
        return self.classification

    @property
    def question(self) -> str:
        """All that is to be answered: the unanswered messages, in order."""
        return "\n".join(self.customer.unanswered) if self.customer else self.message.text
