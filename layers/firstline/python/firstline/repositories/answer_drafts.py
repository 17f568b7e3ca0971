"""Drafts of answers that wait for a person, beside their conversation."""

from __future__ import annotations

from firstline.domain.errors import NotFoundError
from firstline.domain.mail.answer_draft import AnswerDraft, AnswerDraftStatus
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Exists, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

ANSWER_DRAFT = Schema("answer_draft", version=1)
_PREFIX = "ANSWER#"


class AnswerDraftRepository:
    """Keys: ``CONV#<id>`` with ``ANSWER#<turn>``."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, draft: AnswerDraft) -> Operation:
        """Return the operation that keeps a draft; it stands or falls with the handover that tells of it."""
        item = {
            "pk": keys.conversation(draft.conversation_id),
            "sk": f"{_PREFIX}{draft.draft_id}",
            "status": draft.status.value,
            "body": draft.model_dump_json(),
            "expires_at": keys.expiry(draft.created_at, self._retention_days),
        }
        return Put(ANSWER_DRAFT.stamp(item))

    def decided(self, draft: AnswerDraft) -> Operation:
        """Return the operation that keeps what became of a draft; it fails where something else has."""
        return Update(
            keys.conversation(draft.conversation_id),
            f"{_PREFIX}{draft.draft_id}",
            set={"status": draft.status.value, "body": draft.model_dump_json()},
            condition=AllOf((Exists(), Compare("status", "=", AnswerDraftStatus.WAITING.value))),
        )

    def get(self, conversation_id: str, draft_id: str) -> AnswerDraft:
        """Return a draft, read consistently. Raises ``NotFoundError``."""
        item = self._table.get(keys.conversation(conversation_id), f"{_PREFIX}{draft_id}")
        if item is None:
            raise NotFoundError("no such draft in this conversation")
        return AnswerDraft.model_validate_json(ANSWER_DRAFT.load(item)["body"])

    def of_conversation(self, conversation_id: str) -> list[AnswerDraft]:
        """Return the conversation's drafts, oldest first."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix=_PREFIX, consistent=True)
        drafts = [AnswerDraft.model_validate_json(ANSWER_DRAFT.load(item)["body"]) for item in page.items]
        return sorted(drafts, key=lambda draft: (draft.answers_up_to, draft.draft_id))
