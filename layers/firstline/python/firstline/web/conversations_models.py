"""Bodies of the routes below /admin/conversations and /admin/bot."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from firstline.domain.contact import Contact
from firstline.domain.conversation import BOT, Conversation
from firstline.domain.ticket import Ticket
from firstline.domain.turn import Strategy
from firstline.web.models import HistoryEvent

Queue = Literal["waiting", "mine", "open"]

AgentId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ConversationSummary(BaseModel):
    """A conversation as it stands."""

    conversation_id: str
    status: str
    owner: str = Field(description="`bot`, or the id of the person who has taken over")
    owner_name: str = Field(description="What the customer calls that person; empty where it is not known")
    version: int = Field(description="Goes up with every change of hands; what `If-Match` and `version` take")
    channel: str
    customer_id: str
    ticket_id: str
    last_seq: int
    unanswered: bool = Field(description="The customer said something that nobody has answered yet")
    created_at: datetime


class ConversationList(BaseModel):
    """One page, longest in the queue first; a moment behind what is stored."""

    conversations: list[ConversationSummary]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where this was the last")


class StrategyChoice(BaseModel):
    """Why an answer was given the way it was."""

    strategy: Strategy
    propensity: float = Field(description="Probability with which it was chosen")
    because: str
    reward: float | None = Field(description="Of what was observed of the answer so far; null where nothing was")


class ConversationDetail(ConversationSummary):
    """A conversation with what was said."""

    contact: Contact = Field(description="What the visitor has said of themselves before or beside the conversation")
    language: str = Field(description="In which the visitor reads the widget; empty where it is not known")
    ticket: Ticket | None = Field(description="The handover's ticket")
    events: list[HistoryEvent]
    strategies: dict[str, StrategyChoice] = Field(description="By `turn_id` of the assistant's answers")
    customer_typing: bool = Field(description="The customer was writing within the last six seconds")
    next_after_seq: int | None = Field(description="`after_seq` of the next part; null where this was the last")


class ChangeRequest(BaseModel):
    """A change of hands; `If-Match` says the same as `version`."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1, description="The version that you have seen")


class TransferRequest(ChangeRequest):
    """To whom a conversation is passed on."""

    to: AgentId = Field(description="Id of a person who has signed in here before")


class AgentMessageRequest(BaseModel):
    """What a person says to the customer."""

    model_config = ConfigDict(extra="forbid")

    text: str
    message_id: str = Field(description="Made by the caller, such as a UUID: the message is written once")


class BotRequest(BaseModel):
    """Whether the bot is to answer."""

    model_config = ConfigDict(extra="forbid")

    paused: bool
    reason: str = Field(default="", max_length=500, description="For colleagues; customers do not see it")


def summary_of(conversation: Conversation, owner_name: str) -> dict[str, object]:
    """Return the fields of a ``ConversationSummary``."""
    return {
        "conversation_id": conversation.conversation_id,
        "status": conversation.status.value,
        "owner": conversation.owner,
        "owner_name": owner_name if conversation.owner != BOT else "",
        "version": conversation.version,
        "channel": conversation.channel.value,
        "customer_id": conversation.customer_id,
        "ticket_id": conversation.ticket_id,
        "last_seq": conversation.next_seq - 1,
        "unanswered": conversation.last_customer_seq > conversation.last_reply_seq,
        "created_at": conversation.created_at,
    }
