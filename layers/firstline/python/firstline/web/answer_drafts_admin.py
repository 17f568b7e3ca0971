"""Drafts of answers for the people who look after a conversation: read, send as they are or edited, dismiss."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.mail.answer_draft import AnswerDraft, AnswerDraftDecision, AnswerDraftStatus
from firstline.domain.turn import Citation, Reason
from firstline.web.access import Agent, ContainerOfApp
from firstline.web.answers_admin import turn_id_of
from firstline.web.conversation_id import ConversationId

router = APIRouter(prefix="/admin/conversations/{conversation_id}/drafts", tags=["conversations"])

TurnId = Annotated[str, Depends(turn_id_of)]


class AnswerDraftDetail(BaseModel):
    """An answer that the assistant has written and a person is to send."""

    draft_id: str
    text: str
    citations: list[Citation] = Field(description="Where its statements come from, by the numbers in its text")
    open_questions: list[str] = Field(description="What it leaves open, in the customer's words")
    reason: Reason = Field(description="Why a person is to look at it")
    answers_up_to: int = Field(description="Place of the customer's message that it answers")
    status: AnswerDraftStatus
    edited: bool = Field(description="It was sent in other words")
    decided_by: str
    decided_at: datetime | None
    created_at: datetime


class AnswerDraftList(BaseModel):
    """A conversation's drafts, oldest first."""

    drafts: list[AnswerDraftDetail]


class AnswerDraftRequest(BaseModel):
    """What becomes of a draft."""

    model_config = ConfigDict(extra="forbid")

    decision: AnswerDraftDecision
    text: str | None = Field(None, description="What is sent in the draft's place")
    read_up_to: int | None = Field(None, ge=1, lt=10**12, description="Place up to which you have read, if beyond it")
    keep: bool = Field(False, description="The conversation stays yours; else the assistant goes on with it")


@router.get("")
def list_drafts(conversation_id: ConversationId, container: ContainerOfApp, by: Agent) -> AnswerDraftList:
    """Drafts of answers in this conversation, those that were decided too."""
    drafts = container.people.send_draft.of_conversation(conversation_id)
    return AnswerDraftList(drafts=[_shown(draft) for draft in drafts])


@router.post("/{turn_id}")
def decide_draft(
    conversation_id: ConversationId, turn_id: TurnId, body: AnswerDraftRequest, container: ContainerOfApp, by: Agent
) -> AnswerDraftDetail:
    """Send a draft as your answer, as it is or as `text`, or dismiss it; sent again, it changes nothing.

    409 where it was decided otherwise, where something was said since (`read_up_to` says that you have read it), or
    where a colleague has the conversation.
    """
    people = container.people.send_draft
    if body.decision is AnswerDraftDecision.DISMISS:
        return _shown(people.dismiss(conversation_id, turn_id, by))
    sent = people.send(conversation_id, turn_id, by, text=body.text, read_up_to=body.read_up_to, keep=body.keep)
    return _shown(sent)


def _shown(draft: AnswerDraft) -> AnswerDraftDetail:
    return AnswerDraftDetail(**draft.model_dump(exclude={"conversation_id", "sent_text"}), edited=draft.edited)
