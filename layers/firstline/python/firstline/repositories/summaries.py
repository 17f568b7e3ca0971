"""A conversation's rolling summary, kept on the conversation itself."""

from __future__ import annotations

from firstline.domain.conversation import Conversation
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Exists
from firstline.repositories import keys


class SummaryRepository:
    """Keys: ``CONV#<id>`` / ``META``, attributes ``summary`` and ``summary_up_to_seq``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def replace(self, conversation: Conversation, summary: str, *, up_to_seq: int) -> None:
        """Replace the summary. Raises ``ConditionFailedError`` where another was stored since it was read."""
        before = Compare("summary_up_to_seq", "=", conversation.summary_up_to_seq)
        # Conversations that began before there were summaries lack the attribute.
        first = () if conversation.summary_up_to_seq else (Absent("summary_up_to_seq"),)
        self._table.update(
            keys.conversation(conversation.conversation_id),
            keys.META,
            set={"summary": summary, "summary_up_to_seq": up_to_seq},
            condition=AllOf((Exists(), AnyOf((before, *first)))),
        )
