"""Drafts of answers that are being written, for clients that come back in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.ports import Table
from firstline.domain.table import Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema

DRAFT = Schema("reply_draft", version=1)

RUN_LENGTH = 10_000
"""Places of one run: a state that runs again under the same attempt starts beyond what the run before may have sent."""

_KEPT_DAYS = 1 / 24
_MAX_RUNS = 50


@dataclass(frozen=True)
class ReplyDraft:
    """The text at the places ``index`` to ``next_index - 1`` of an answer."""

    index: int
    next_index: int
    text: str
    version: int
    """The conversation's, under which it is written."""


class ReplyDraftRepository:
    """Keys: ``CONV#<id>`` with ``DRAFT#<turn>#<attempt>#<first place, 6 digits>``; each item stays for an hour."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, conversation_id: str, turn_id: str, attempt: int, draft: ReplyDraft, *, now: datetime) -> int:
        """Store the beginning of an answer; return by how much its places are to be moved up.

        That is 0, unless an earlier run of this attempt began one as well: whatever it sent lies below.
        """
        for run in range(_MAX_RUNS):
            shift = run * RUN_LENGTH
            moved = ReplyDraft(draft.index + shift, draft.next_index + shift, draft.text, draft.version)
            item = _item(conversation_id, turn_id, attempt, moved, begins=True, now=now)
            try:
                self._table.put(item, if_absent=True)
            except ConditionFailedError:
                continue
            return shift
        raise TransactionConflictError(f"turn {turn_id}: begun {_MAX_RUNS} times under attempt {attempt}")

    def add(
        self,
        conversation_id: str,
        turn_id: str,
        attempt: int,
        draft: ReplyDraft,
        *,
        begins: bool = False,
        now: datetime,
    ) -> None:
        """Store what follows; with ``begins``, all before it is withdrawn."""
        self._table.put(_item(conversation_id, turn_id, attempt, draft, begins=begins, now=now))

    def get(self, conversation_id: str, turn_id: str, attempt: int) -> ReplyDraft | None:
        """Return what is stored of the answer that stands, read consistently; None where that is nothing."""
        page = self._table.query(
            keys.conversation(conversation_id), sk_prefix=keys.reply_drafts(turn_id, attempt), consistent=True
        )
        found: ReplyDraft | None = None
        for item in map(DRAFT.load, page.items):
            before = None if item["begins"] else found
            found = ReplyDraft(
                index=before.index if before else int(item["index"]),
                next_index=int(item["next_index"]),
                text=(before.text if before else "") + str(item["text"]),
                version=int(item["version"]),
            )
        return found if found and found.text else None


def _item(conversation_id: str, turn_id: str, attempt: int, draft: ReplyDraft, *, begins: bool, now: datetime) -> Item:
    return DRAFT.stamp(
        {
            "pk": keys.conversation(conversation_id),
            "sk": f"{keys.reply_drafts(turn_id, attempt)}{draft.index:06d}",
            "index": draft.index,
            "next_index": draft.next_index,
            "text": draft.text,
            "version": draft.version,
            "begins": begins,
            "expires_at": keys.expiry(now, _KEPT_DAYS),
        }
    )
