"""Turns: claimed with a lease, fenced by their attempt number, committed with the reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from firstline.domain.conversation import BOT, Conversation
from firstline.domain.errors import (
    ConditionFailedError,
    ConversationTakenOverError,
    FirstlineError,
    NotFoundError,
    StaleAttemptError,
    TransactionConflictError,
    TurnAlreadyFinishedError,
    TurnSupersededError,
)
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, AnyOf, Compare, Exists, Item, Operation, Update
from firstline.domain.turn import Reply, Turn
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository, may_answer
from firstline.repositories.due_items import read_due
from firstline.repositories.stored_turns import (
    DONE,
    PENDING,
    REPLIED,
    SUPERSEDED,
    TURN,
    UNFINISHED,
    DueTurns,
    StoredTurn,
    reply_event,
    stored_turn,
)

_COMMIT_TRIES = 20
_SENTIMENTS_KEPT = 12


@dataclass(frozen=True)
class Consequences:
    """What follows from a reply elsewhere."""

    operations: list[Operation] = field(default_factory=list)
    """Of its transaction; where a condition of theirs does not hold, they are asked for anew."""
    afterwards: Callable[[], object] = lambda: None
    """Called once it is committed."""


OnReply = Callable[[Conversation, Turn, Reply, list[Operation], datetime], Consequences]
"""Given the conversation, the turn, the reply in its place, and what else is in its transaction."""


def _nothing(*_: object) -> Consequences:
    return Consequences()


class TurnRepository:
    """Keys: ``CONV#<conversation>`` with ``TURN#<turn>``; index ``by_due`` holds those that are not finished."""

    def __init__(
        self, table: Table, conversations: ConversationRepository, *, lease_s: float, on_reply: OnReply = _nothing
    ) -> None:
        self._on_reply = on_reply
        self._table = table
        self._conversations = conversations
        self._lease = timedelta(seconds=lease_s)

    def new_item(self, conversation_id: str, turn_id: str, *, correlation_id: str, channel: str, now: datetime) -> Item:
        """Return the item of a pending turn, which ``ConversationRepository.accept`` stores with its message."""
        return TURN.stamp(
            {
                "sk": keys.turn(turn_id),
                "turn_id": turn_id,
                "conversation_id": conversation_id,
                "correlation_id": correlation_id,
                "channel": channel,
                "state": PENDING,
                "attempt": 0,
                "execution_id": "",
                "lease_until": 0,
                "by_due_pk": keys.due(turn_id),
                "by_due_sk": keys.due_at(now + self._lease, turn_id),
            }
        )

    def get(self, conversation_id: str, turn_id: str) -> StoredTurn:
        """Return the turn, read consistently. Raises ``NotFoundError``."""
        item = self._table.get(keys.conversation(conversation_id), keys.turn(turn_id))
        if item is None:
            raise NotFoundError(f"no turn {turn_id}")
        return stored_turn(item)

    def claim(self, conversation_id: str, turn_id: str, *, execution_id: str, now: datetime) -> StoredTurn:
        """Take the turn for one execution; a retry within that execution takes it again.

        Raises
        ------
        StaleAttemptError
            Another execution holds an unexpired lease.
        TurnAlreadyFinishedError
            The turn was answered and settled, or superseded.
        """
        now_ms = int(now.timestamp() * 1000)
        until = now + self._lease
        free = AnyOf((Compare("lease_until", "<=", now_ms), Compare("execution_id", "=", execution_id)))
        unfinished = AnyOf(tuple(Compare("state", "=", state) for state in UNFINISHED))
        try:
            item = self._table.update(
                keys.conversation(conversation_id),
                keys.turn(turn_id),
                set={
                    "execution_id": execution_id,
                    "lease_until": int(until.timestamp() * 1000),
                    "by_due_sk": keys.due_at(until, turn_id),
                },
                add={"attempt": 1},
                condition=AllOf((Exists(), unfinished, free)),
            )
        except ConditionFailedError as error:
            if self.get(conversation_id, turn_id).finished:
                raise TurnAlreadyFinishedError(f"turn {turn_id} is finished") from error
            raise StaleAttemptError(f"turn {turn_id} is held by another execution") from error
        return stored_turn(item)

    def check_fence(self, conversation_id: str, turn_id: str, attempt: int) -> StoredTurn:
        """Return the turn. Raises ``StaleAttemptError`` where this attempt is no longer its latest."""
        stored = self.get(conversation_id, turn_id)
        if stored.attempt != attempt:
            raise StaleAttemptError(f"attempt {attempt} of turn {turn_id} has been replaced")
        return stored

    def check_may_answer(self, turn: Turn) -> None:
        """Check before anything is shown what the commit checks: two consistent reads, no write.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            Why the answer may not be given.
        """
        stored = self.check_fence(turn.conversation_id, turn.turn_id, turn.identified.attempt)
        if stored.state != PENDING:
            raise TurnAlreadyFinishedError(f"turn {turn.turn_id} is {stored.state}")
        conversation = self._conversations.get(turn.conversation_id)
        _check_unchanged(conversation, turn, turn.identified.conversation_version)

    def supersede(self, conversation_id: str, turn_id: str, attempt: int) -> None:
        """End an attempt's turn without an answer: a later turn answers, or a person does."""
        self._finish(conversation_id, turn_id, attempt, SUPERSEDED)

    def finish(self, conversation_id: str, turn_id: str, attempt: int) -> None:
        """End an answered turn; all its parts are done."""
        self._finish(conversation_id, turn_id, attempt, DONE)

    def commit_reply(
        self,
        conversation: Conversation,
        turn: Turn,
        attempt: int,
        reply: Reply,
        *,
        also: list[Operation],
        conversation_changes: dict[str, Any],
        now: datetime,
    ) -> Reply:
        """Write the reply, its event and whatever must stand or fall with it, in one transaction.

        Parameters
        ----------
        reply : Reply
            Complete but for its place: ``seq`` is set here.
        also : list of Operation
            The decision, the receipt, a ticket.
        conversation_changes : dict
            Attributes of the conversation to set with it.

        Raises
        ------
        StaleAttemptError, TurnSupersededError, ConversationTakenOverError, TurnAlreadyFinishedError
            Why the answer may not be given; nothing was written.
        """
        for _ in range(_COMMIT_TRIES):
            committed = reply.model_copy(update={"seq": conversation.next_seq})
            event = reply_event(committed, turn, now)
            follows = self._on_reply(conversation, turn, committed, also, now)
            operations: list[Operation] = [
                self._conversations.next_event(
                    conversation.conversation_id,
                    committed.seq,
                    set_={"last_reply_seq": committed.seq, **_felt(turn), **conversation_changes},
                    conditions=may_answer(conversation.version, turn.message.seq),
                    at=now,
                ),
                self._replied(conversation.conversation_id, turn.turn_id, attempt, committed),
                self._conversations.put_event(conversation.conversation_id, event),
                *also,
            ]
            try:
                self._table.transact([*operations, *follows.operations])
            except ConditionFailedError as error:
                if min(error.failed, default=0) < len(operations):
                    conversation = self._why_not(conversation, turn, attempt, error)
                continue
            follows.afterwards()
            return committed
        raise TransactionConflictError(f"conversation {conversation.conversation_id}: too many writers at once")

    def due(self, *, now: datetime, limit: int = 1_000) -> DueTurns:
        """Return unfinished turns whose lease or first wait ended before ``now``, oldest first within a shard.

        Parameters
        ----------
        limit : int
            Most turns per shard, >= 1. Items that cannot be read are named and never hold up the others.
        """
        return DueTurns(*read_due(self._table, "DUE#", stored_turn, now=now, limit=limit))

    def postpone(self, turn: StoredTurn, *, now: datetime) -> None:
        """Have a turn that is started again wait a lease's time before it is due once more.

        Raises
        ------
        ConditionFailedError
            It was claimed or ended in the meantime.
        """
        self._table.update(
            keys.conversation(turn.conversation_id),
            keys.turn(turn.turn_id),
            set={"by_due_sk": keys.due_at(now + self._lease, turn.turn_id)},
            condition=AllOf((Compare("attempt", "=", turn.attempt), Compare("state", "=", turn.state))),
        )

    def release(self, turn: StoredTurn) -> None:
        """End the lease of a turn whose execution is known to be dead."""
        self._table.update(
            keys.conversation(turn.conversation_id),
            keys.turn(turn.turn_id),
            set={"lease_until": 0},
            condition=AllOf((Exists(), Compare("attempt", "=", turn.attempt))),
        )

    def _replied(self, conversation_id: str, turn_id: str, attempt: int, reply: Reply) -> Update:
        return Update(
            keys.conversation(conversation_id),
            keys.turn(turn_id),
            set={"state": REPLIED, "reply": reply.model_dump_json()},
            condition=AllOf((Compare("attempt", "=", attempt), Compare("state", "=", PENDING))),
        )

    def _why_not(
        self, conversation: Conversation, turn: Turn, attempt: int, error: ConditionFailedError
    ) -> Conversation:
        stored = self.get(conversation.conversation_id, turn.turn_id)
        if stored.attempt != attempt:
            raise StaleAttemptError(f"attempt {attempt} of turn {turn.turn_id} has been replaced") from error
        if stored.state != PENDING:
            raise TurnAlreadyFinishedError(f"turn {turn.turn_id} is {stored.state}") from error
        fresh = self._conversations.get(conversation.conversation_id)
        _check_unchanged(fresh, turn, conversation.version, because=error)
        if fresh.next_seq == conversation.next_seq:
            raise error
        return fresh

    def _finish(self, conversation_id: str, turn_id: str, attempt: int, state: str) -> None:
        try:
            self._table.update(
                keys.conversation(conversation_id),
                keys.turn(turn_id),
                set={"state": state, "lease_until": 0},
                remove=("by_due_pk", "by_due_sk"),
                condition=AllOf((Exists(), Compare("attempt", "=", attempt))),
            )
        except ConditionFailedError as error:
            raise StaleAttemptError(f"attempt {attempt} of turn {turn_id} has been replaced") from error


def _felt(turn: Turn) -> dict[str, list[int]]:
    """Return the conversation's sentiments with the one of this turn, where it is known."""
    if turn.classification is None or turn.customer is None:
        return {}
    felt = [*turn.customer.earlier_sentiments, turn.classification.sentiment]
    return {"sentiments": [round(1000 * sentiment) for sentiment in felt[-_SENTIMENTS_KEPT:]]}


def _check_unchanged(fresh: Conversation, turn: Turn, version: int, because: FirstlineError | None = None) -> None:
    if fresh.owner != BOT or fresh.version != version:
        raise ConversationTakenOverError(f"conversation {fresh.conversation_id} has changed hands") from because
    if fresh.last_customer_seq != turn.message.seq:
        raise TurnSupersededError(f"turn {turn.turn_id}: a newer message was accepted") from because
    if fresh.last_reply_seq > turn.message.seq:
        raise TurnSupersededError(f"turn {turn.turn_id}: a person has answered") from because
