"""Conversations that may have fallen silent: when to look at each, and how one is closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from firstline.domain.conversation import Conversation, ConversationStatus, Event
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Delete, Operation
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.quiet_watch import SORT_KEY, quiet_watch


class QuietConversationRepository:
    """Keys: ``CONV#<id>`` / ``QUIET``; index ``by_due`` in ``QUIET#<shard>``, by the time of the next look."""

    def __init__(self, table: Table, conversations: ConversationRepository, *, retention_days: int) -> None:
        self._table = table
        self._conversations = conversations
        self._retention_days = retention_days

    def due(self, *, now: datetime, limit: int) -> Iterator[str]:
        """Yield the ids of conversations to look at, at most ``limit`` of each shard, those due longest first."""
        for shard in range(keys.N_DUE_SHARDS):
            page = self._table.query(
                f"QUIET#{shard}", index="by_due", sk_from="0", sk_to=keys.due_at(now, "~"), limit=limit
            )
            yield from (str(item["conversation_id"]) for item in page.items)

    def look_again(self, conversation_id: str, *, look_at: datetime, now: datetime) -> None:
        """Have the sweep look later."""
        expires = keys.expiry(now, self._retention_days)
        self._table.put(quiet_watch(conversation_id, look_at=look_at, expires=expires).item)

    def forget(self, conversation_id: str) -> None:
        """Look no more."""
        self._table.delete(keys.conversation(conversation_id), SORT_KEY)

    def close(self, conversation: Conversation, event: Event, *, also: Sequence[Operation] = ()) -> bool:
        """Close a conversation with an event, and what stands or falls with it.

        Returns
        -------
        bool
            False where something was said in the meantime.
        """
        unchanged = (
            Compare("status", "=", conversation.status.value),
            Compare("owner", "=", conversation.owner),
        )
        closed = self._conversations.next_event(
            conversation.conversation_id,
            event.seq,
            set_={"status": ConversationStatus.CLOSED.value},
            conditions=unchanged,
            at=event.at,
        )
        entry = self._conversations.put_event(conversation.conversation_id, event)
        watch = Delete(keys.conversation(conversation.conversation_id), SORT_KEY)
        try:
            self._table.transact([closed, entry, watch, *also])
        except ConditionFailedError:
            return False
        return True
