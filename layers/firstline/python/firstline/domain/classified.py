"""What a customer's words were classified as."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.style import CommunicationStyle
from firstline.domain.trend import Trend


class Category(StrEnum):
    """What a question is about."""

    TECHNICAL_SUPPORT = "technical_support"
    BILLING_INQUIRY = "billing_inquiry"
    FEATURE_REQUEST = "feature_request"
    BUG_REPORT = "bug_report"
    ACCOUNT_MANAGEMENT = "account_management"
    GENERAL_INQUIRY = "general_inquiry"


class Intent(StrEnum):
    """What the customer wants by saying it."""

    QUESTION = "question"
    REQUEST = "request"
    COMPLAINT = "complaint"
    GREETING = "greeting"
    FEEDBACK = "feedback"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    HUMAN_REQUEST = "human_request"
    TICKET_STATUS = "ticket_status"
    TICKET_REQUEST = "ticket_request"
    """Wants a ticket opened."""


class Level(StrEnum):
    """A number in words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Because(BaseModel):
    """One thing that counted for a judgement."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    about: str
    """What was judged: ``category``, ``intent``, ``own_intent``, ``urgency``, ``mood``, ``language``, ``stakes``."""
    kind: str
    """``phrase``, ``example``, ``rule`` or ``feature``."""
    text: str
    weight: float


class Classification(BaseModel):
    """Part of ``ClassifyQuery``. Confidences in [0, 1]."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    category: Category
    category_confidence: float = Field(ge=0.0, le=1.0)
    intent: Intent
    intent_confidence: float = Field(ge=0.0, le=1.0)
    urgency: float = Field(ge=0.0, le=1.0)
    urgency_level: Level
    sentiment: float = Field(ge=-1.0, le=1.0)
    sentiment_confidence: float = Field(ge=0.0, le=1.0)
    frustration: float = Field(ge=0.0, le=1.0)
    language: str
    """ISO 639-1; ``und`` where it cannot be told."""
    language_confidence: float = Field(ge=0.0, le=1.0)
    legal: bool = False
    """Names lawyers, regulators or legal action."""
    safety: bool = False
    """Tells of danger to somebody's life, health or safety."""
    stakes: str = ""
    """``money``, ``security`` or ``law`` where that is at stake, else empty."""
    injection_risk: float = Field(default=0.0, ge=0.0, le=1.0)
    """How likely the message carries orders to the assistant."""
    out_of_scope: float = Field(default=0.0, ge=0.0, le=1.0)
    """How likely it is about nothing that a support desk is asked."""
    unsolved: bool = False
    """Says that what was answered before has not helped, or asks the same again."""
    own_intent: str = ""
    """The company's own intent that fits; empty where it has none or none fits."""
    own_intent_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    own_category: str = ""
    """The company's own category that fits, likewise."""
    own_category_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    trend: Trend = Trend.STABLE
    """Of the sentiments of the conversation."""
    style: CommunicationStyle = CommunicationStyle.NEUTRAL
    """How this message is written."""
    expertise: float = Field(default=0.5, ge=0.0, le=1.0)
    """How much its writer seems to know, 0.5 where it does not show."""
    settled_by_model: bool = False
    """A language model was asked for the category and the intent."""
    because: tuple[Because, ...] = ()
    """What counted for these judgements."""
    query_vector: str = Field(default="", repr=False)
    """The question's vector on its way to the search, by ``message_vectors.packed``; empty where there is none."""
    elapsed_ms: float = Field(default=0.0, ge=0.0)

    @property
    def named_intent(self) -> str:
        """The company's own intent where one fits, else ours."""
        return self.own_intent or self.intent.value
