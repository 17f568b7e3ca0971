"""An answer that the assistant has written and a person is to send."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import ConflictError
from firstline.domain.turn import Citation, Reason


class AnswerDraftDecidedError(ConflictError):
    """The draft was sent or dismissed already."""


class AnswerDraftOutdatedError(ConflictError):
    """Something was said in the conversation since the draft was written."""


class AnswerDraftStatus(StrEnum):
    """Where the draft stands."""

    WAITING = "waiting"
    SENT = "sent"
    """As it was, or edited."""
    DISMISSED = "dismissed"


class AnswerDraftDecision(StrEnum):
    """What a person decides about a draft."""

    SEND = "send"
    DISMISS = "dismiss"


class AnswerDraft(BaseModel):
    """A draft with what became of it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    draft_id: str
    """That of the turn whose answer it is."""
    conversation_id: str
    text: str = Field(repr=False)
    citations: list[Citation] = Field(default_factory=list)
    open_questions: list[str] = Field(default_factory=list, repr=False)
    """What it leaves open, in the customer's words."""
    reason: Reason
    """Why a person is to look at it."""
    answers_up_to: int = Field(ge=1)
    """Place of the customer's message that it answers."""
    status: AnswerDraftStatus = AnswerDraftStatus.WAITING
    sent_text: str = Field(default="", repr=False)
    """What was sent, where it was."""
    decided_by: str = ""
    decided_at: datetime | None = None
    created_at: datetime

    @property
    def edited(self) -> bool:
        """It was sent in other words."""
        return self.status is AnswerDraftStatus.SENT and self.sent_text != self.text

    @property
    def message_id(self) -> str:
        """That of the person's message by which it is sent: the same for every try."""
        return f"draft-{self.draft_id}"
