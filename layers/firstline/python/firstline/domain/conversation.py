"""Conversations, what is said in them, and the customers who talk."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.contact import Contact
from firstline.domain.style import CommunicationStyle as CommunicationStyle
from firstline.domain.style import WritingProfile

BOT = "bot"
"""Owner of a conversation that no person has taken over."""
MOVED_TO = "moved_to"
"""In an event's detail: the conversation that it was taken off to; it is no part of this one's history any more."""


class Channel(StrEnum):
    """Where a message came from."""

    CHAT = "chat"
    API = "api"
    EMAIL = "email"


class Author(StrEnum):
    """Who says something."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class ConversationStatus(StrEnum):
    """Where a conversation stands."""

    OPEN = "open"
    WAITING_FOR_PERSON = "waiting_for_person"
    CLOSED = "closed"


class Tier(StrEnum):
    """What the customer pays for."""

    FREE = "free"
    STANDARD = "standard"
    PREMIUM = "premium"
    ENTERPRISE = "enterprise"


class RelationshipStage(StrEnum):
    """How long and how well we know each other."""

    NEW = "new"
    DEVELOPING = "developing"
    ESTABLISHED = "established"


class Message(BaseModel):
    """What somebody said, at its place in the conversation's log."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    message_id: str
    conversation_id: str
    seq: int = Field(ge=1)
    author: Author
    text: str
    sent_at: datetime


class Event(BaseModel):
    """One entry of a conversation's append-only log, as clients see it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    seq: int = Field(ge=1)
    author: Author
    text: str
    at: datetime
    message_id: str = ""
    """The client's id, for a customer's message."""
    turn_id: str = ""
    detail: dict[str, Any] = Field(default_factory=dict)
    """Of a reply: citations, handover, answers_up_to."""


class Conversation(BaseModel):
    """A thread with one customer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    conversation_id: str
    channel: Channel
    site_id: str = "default"
    """The site whose page it was opened on."""
    status: ConversationStatus = ConversationStatus.OPEN
    owner: str = BOT
    """``bot``, or the id of the person who has taken over."""
    version: int = Field(default=1, ge=1)
    """Goes up with every change of owner."""
    next_seq: int = Field(default=1, ge=1)
    last_customer_seq: int = Field(default=0, ge=0)
    last_reply_seq: int = Field(default=0, ge=0)
    n_customer_messages: int = Field(default=0, ge=0)
    customer_id: str = ""
    """Empty until the first turn has identified the customer."""
    user_id: str = ""
    """The customer's name at the company; empty for an anonymous visitor."""
    verified: bool = False
    """The company itself has vouched for ``user_id``; else it is a label, and opens nothing of anybody."""
    contact: Contact = Contact()
    """What the visitor has said of themselves; nothing that opens anything."""
    language: str = ""
    """In which the visitor reads the widget, ISO 639-1; empty where it is not known."""
    joined_from: str = ""
    """The visitor's customer id before the conversation was given to a verified customer."""
    ticket_id: str = ""
    """The open handover's ticket."""
    last_turn: str = ""
    """The turn of the newest customer message: the only one that may be writing."""
    last_decision_turn: str = ""
    """The turn whose answer the next message may be about."""
    summary: str = ""
    """What was said up to ``summary_up_to_seq``, in short."""
    summary_up_to_seq: int = Field(default=0, ge=0)
    sentiments: tuple[int, ...] = ()
    """Of the customer's last dozen answered messages, in thousandths of -1 to 1, oldest first."""
    created_at: datetime

    @property
    def verified_user_id(self) -> str:
        """The customer's name where it is proven, else empty."""
        return self.user_id if self.verified else ""


class Session(BaseModel):
    """A visitor's access to one conversation."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    session_id: str
    conversation_id: str
    expires_at: datetime
    """Until when its token may be renewed."""


class CustomerInsights(BaseModel):
    """What the graph last said of a customer; it serves the next answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    topics: list[str] = Field(default_factory=list)
    """Categories asked about, most often first."""
    contacts_on_topic: int = Field(default=0, ge=0)
    """Answers so far on the topic of the last message."""
    similar_customers: int = Field(default=0, ge=0)
    """Other customers who were answered on that topic."""


class Customer(BaseModel):
    """A customer's profile."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    customer_id: str
    user_id: str = ""
    tier: Tier = Tier.FREE
    communication_style: CommunicationStyle = CommunicationStyle.NEUTRAL
    """As the customer has asked for, else as they write."""
    writing: WritingProfile = Field(default_factory=WritingProfile)
    """How they write, on average, and how much they seem to know."""
    relationship_stage: RelationshipStage = RelationshipStage.NEW
    satisfaction: float | None = Field(default=None, ge=0.0, le=1.0)
    """Mean of the observed rewards; None as long as nothing was observed."""
    interaction_count: int = Field(default=0, ge=0)
    language: str = "en"
    insights: CustomerInsights = Field(default_factory=CustomerInsights)
    created_at: datetime


def relationship_stage(interaction_count: int) -> RelationshipStage:
    """Return the stage: new below 3 answered messages, established from 20."""
    if interaction_count < 3:
        return RelationshipStage.NEW
    return RelationshipStage.DEVELOPING if interaction_count < 20 else RelationshipStage.ESTABLISHED
