"""Who owns a conversation: every change of hands is one transaction with its event, and so is a person's message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from firstline.domain.conversation import BOT, Conversation, ConversationStatus, Event
from firstline.domain.errors import MessageIdConflictError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.conversations import CONVERSATION, MARKER, ConversationRepository, conversation_of
from firstline.repositories.stored_turns import PENDING, SUPERSEDED, UNFINISHED, StoredTurn
from firstline.repositories.turns import TurnRepository


@dataclass(frozen=True)
class QueuePage:
    """Conversations that people look after; ``cursor`` is None on the last page."""

    conversations: list[Conversation]
    cursor: str | None


class OwnershipRepository:
    """Keys: ``CONV#<id>`` with ``META``, ``EVT#<seq>``, ``AMSG#<a person's message id>``.

    Index ``by_queue``, partition ``PEOPLE``: ``WAITING#<since>#<id>`` and ``TAKEN#<owner>#<since>#<id>``.
    """

    def __init__(
        self, table: Table, conversations: ConversationRepository, turns: TurnRepository, *, retention_days: int
    ) -> None:
        self._table = table
        self._conversations = conversations
        self._turns = turns
        self._retention_days = retention_days

    def change(
        self, seen: Conversation, event: Event, *, owner: str, status: ConversationStatus, also: list[Operation]
    ) -> Conversation:
        """Change owner and status together with the event that tells of it; return the conversation afterwards.

        Parameters
        ----------
        seen : Conversation
            As it was read; whatever has happened to it since refuses the change.
        also : list of Operation
            What stands or falls with it.

        Raises
        ------
        ConditionFailedError
            It was read too long ago, or something of ``also`` did not hold; nothing was written.
        """
        queued: dict[str, Any] = {}
        if owner != BOT:
            queued = {
                "by_queue_pk": keys.PEOPLE_QUEUE,
                "by_queue_sk": keys.taken(owner, event.at, seen.conversation_id),
            }
        update = self._conversations.next_event(
            seen.conversation_id,
            event.seq,
            set_={"owner": owner, "status": status.value, **queued},
            add={"version": 1},
            conditions=(Compare("version", "=", seen.version), Compare("owner", "=", seen.owner)),
            at=event.at,
        )
        if not queued:
            update = replace(update, remove=("by_queue_pk", "by_queue_sk"))
        self._table.transact([update, self._conversations.put_event(seen.conversation_id, event), *also])
        after = {"owner": owner, "status": status, "version": seen.version + 1, "next_seq": event.seq + 1}
        return seen.model_copy(update=after)

    def say(self, seen: Conversation, event: Event, *, text_sha256: str, also: Sequence[Operation] = ()) -> None:
        """Write a person's message, as an answer to all that the customer has said, and what stands or falls with it.

        Raises
        ------
        ConditionFailedError
            The conversation has moved on since it was read, or the message id was used; nothing was written.
        """
        marker = {
            "pk": keys.conversation(seen.conversation_id),
            "sk": keys.agent_marker(event.message_id),
            "text_sha256": text_sha256,
            "seq": event.seq,
            "turn_id": "",
            "expires_at": keys.expiry(event.at, self._retention_days),
        }
        update = self._conversations.next_event(
            seen.conversation_id,
            event.seq,
            set_={"last_reply_seq": event.seq},
            conditions=(Compare("owner", "=", seen.owner), Compare("version", "=", seen.version)),
            at=event.at,
        )
        put_event = self._conversations.put_event(seen.conversation_id, event)
        self._table.transact([Put(MARKER.stamp(marker), if_absent=True), update, put_event, *also])

    def said(self, conversation_id: str, message_id: str, text_sha256: str) -> int | None:
        """Return the place of a person's message that was written before, None where there is none.

        Raises
        ------
        MessageIdConflictError
            The id was used for another text, which stays.
        """
        item = self._table.get(keys.conversation(conversation_id), keys.agent_marker(message_id))
        if item is None:
            return None
        if item["text_sha256"] != text_sha256:
            raise MessageIdConflictError(f"message id {message_id} was used for another text")
        return int(MARKER.load(item)["seq"])

    def unanswered_turn(self, conversation: Conversation) -> StoredTurn | None:
        """Return the turn of the customer's last message where nobody has answered that yet."""
        if conversation.last_customer_seq <= conversation.last_reply_seq or not conversation.last_turn:
            return None
        try:
            turn = self._turns.get(conversation.conversation_id, conversation.last_turn)
        except NotFoundError:
            return None
        return turn if turn.reply is None else None

    def reopened(self, turn: StoredTurn, *, now: datetime) -> Operation:
        """Return the operation that has the bot answer a turn after all; an attempt still at work is fenced off."""
        return Update(
            keys.conversation(turn.conversation_id),
            keys.turn(turn.turn_id),
            set={
                "state": PENDING,
                "execution_id": "",
                "lease_until": 0,
                "reopened_at": turn.attempt + 1,
                "by_due_pk": keys.due(turn.turn_id),
                "by_due_sk": keys.due_at(now, turn.turn_id),
            },
            add={"attempt": 1},
            condition=AllOf((Compare("attempt", "=", turn.attempt), Compare("state", "=", turn.state))),
        )

    def ended(self, turn: StoredTurn) -> Operation:
        """Return the operation that ends a turn without an answer; an attempt still at work is fenced off."""
        return Update(
            keys.conversation(turn.conversation_id),
            keys.turn(turn.turn_id),
            set={"state": SUPERSEDED, "lease_until": 0},
            add={"attempt": 1},
            remove=("by_due_pk", "by_due_sk"),
            condition=AllOf((Compare("attempt", "=", turn.attempt), Compare("state", "=", turn.state))),
        )

    def queue(self, prefix: str, *, limit: int, cursor: str | None) -> QueuePage:
        """Return conversations whose place in the queue starts so, longest there first; the index may be stale."""
        page = self._table.query(
            keys.PEOPLE_QUEUE, index="by_queue", sk_prefix=prefix or None, limit=limit, cursor=cursor
        )
        return QueuePage([conversation_of(CONVERSATION.load(item)) for item in page.items], page.cursor)


def is_running(turn: StoredTurn) -> bool:
    """Tell whether an attempt at the turn may be showing something to the customer."""
    return turn.attempt > 0 and turn.state in UNFINISHED
