"""Threads that are being taken off others: a plan, written in steps, that counts with its last step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.conversation import BOT, MOVED_TO, Conversation, Event
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Delete, Exists, Operation, Put, Update
from firstline.domain.turn import TurnMessage
from firstline.repositories import customer_places, keys, visitor_keys
from firstline.repositories.conversations import CONVERSATION, event_item
from firstline.repositories.quiet_watch import quiet_watch
from firstline.repositories.schema import Schema
from firstline.repositories.stored_turns import SUPERSEDED
from firstline.repositories.thread_routes import StoredReference, ThreadRoutes
from firstline.repositories.turns import TurnRepository

THREAD_SPLIT = Schema("mail_thread_split", version=1)

AT_ONCE = 40
"""Operations of one step, well below the 100 and the 4 MB of a transaction."""


@dataclass(frozen=True)
class PlannedSplit:
    """A thread to be taken off another."""

    source_id: str
    from_seq: int
    new_id: str
    done: bool
    """It counts."""


class ThreadSplits:
    """Keys: ``CONV#<source>`` / ``MAILSPLIT#<from seq>``; what is copied lies below ``CONV#<new>``.

    Copies are marked as going with the source, so that they are forgotten with it.
    """

    def __init__(
        self,
        table: Table,
        routes: ThreadRoutes,
        turns: TurnRepository,
        *,
        retention_days: int,
        timeout_hours: int,
    ) -> None:
        self._table = table
        self._routes = routes
        self._turns = turns
        self._retention_days = retention_days
        self._timeout = timedelta(hours=timeout_hours)

    def find(self, source_id: str, from_seq: int) -> PlannedSplit | None:
        """Return the plan to take off what was written from a place on, None where there is none."""
        item = self._table.get(keys.conversation(source_id), _key(from_seq))
        if item is None:
            return None
        item = THREAD_SPLIT.load(item)
        return PlannedSplit(source_id, from_seq, str(item["new_id"]), bool(item["done"]))

    def plan(self, source_id: str, from_seq: int, new_id: str, *, again: bool, at: datetime) -> PlannedSplit:
        """Note which id the new thread will have.

        Parameters
        ----------
        again : bool
            It was taken off before, and put back.

        Raises
        ------
        ConditionFailedError
            Somebody else was quicker.
        """
        item = {
            "pk": keys.conversation(source_id),
            "sk": _key(from_seq),
            "new_id": new_id,
            "done": False,
            "expires_at": keys.expiry(at, self._retention_days),
        }
        self._table.put(THREAD_SPLIT.stamp(item), if_absent=not again)
        return PlannedSplit(source_id, from_seq, new_id, False)

    def copy(self, plan: PlannedSplit, events: Sequence[Event], references: Sequence[StoredReference]) -> None:
        """Write the entries of the new thread and what its answers refer to, in steps; done again, it is the same."""
        pk = keys.conversation(plan.new_id)
        steps: list[Operation] = []
        for event in events:
            item = event_item(pk, event, keys.expiry(event.at, self._retention_days))
            steps.append(Put({**item, **visitor_keys.linked_to(plan.source_id, pk, str(item["sk"]))}))
        for reference in references:
            linked = visitor_keys.linked_to(plan.source_id, pk, reference.sk)
            steps.append(Put({**reference.item, "pk": pk, **linked}))
            expires = int(reference.item["expires_at"])
            steps += self._routes.moved(plan.source_id, reference.message_ids, plan.new_id, expires=expires)
        for start in range(0, len(steps), AT_ONCE):
            self._table.transact(steps[start : start + AT_ONCE])

    def opened(self, plan: PlannedSplit, new: Conversation, message: TurnMessage | None) -> list[Operation]:
        """Return the operations that make the new thread a conversation, and the plan one that counts.

        Parameters
        ----------
        message : TurnMessage, optional
            What the bot is to answer should the conversation be given to it; None where it was answered.
        """
        pk = keys.conversation(plan.new_id)
        expires = keys.expiry(new.created_at, self._retention_days)
        fields = new.model_dump(mode="json")
        place = customer_places.place_of(new)
        if new.owner != BOT:
            queued = keys.taken(new.owner, new.created_at, new.conversation_id)
            place |= {"by_queue_pk": keys.PEOPLE_QUEUE, "by_queue_sk": queued}
        done = Compare("new_id", "=", plan.new_id)
        operations: list[Operation] = [
            Put(
                CONVERSATION.stamp({"pk": pk, "sk": keys.META, **fields, **place, "expires_at": expires}),
                if_absent=True,
            ),
            quiet_watch(plan.new_id, look_at=new.created_at + self._timeout, expires=expires),
            Update(keys.conversation(plan.source_id), _key(plan.from_seq), set={"done": True}, condition=done),
        ]
        if message is not None:
            turn = self._turns.new_item(
                plan.new_id, new.last_turn, correlation_id=plan.new_id, channel=new.channel, now=new.created_at
            )
            left = {name: value for name, value in turn.items() if not name.startswith("by_due")}
            body = {"pk": pk, "state": SUPERSEDED, "message": message.model_dump_json(), "expires_at": expires}
            linked = visitor_keys.linked_to(plan.source_id, pk, str(left["sk"]))
            operations.append(Put({**left, **body, **linked}, if_absent=True))
        return operations

    def tidy(self, plan: PlannedSplit, events: Sequence[Event], references: Sequence[StoredReference]) -> None:
        """Have the source's answers neither refer to what was taken off nor be made from it; safe to repeat."""
        pk = keys.conversation(plan.source_id)
        steps: list[Operation] = [Delete(pk, reference.sk) for reference in references]
        for event in events:
            marked = event.model_copy(update={"detail": {**event.detail, MOVED_TO: plan.new_id}})
            body = {"body": marked.model_dump_json()}
            steps.append(Update(pk, keys.event(event.seq), set=body, condition=Exists()))
        for start in range(0, len(steps), AT_ONCE):
            self._table.transact(steps[start : start + AT_ONCE])


def _key(from_seq: int) -> str:
    return f"MAILSPLIT#{from_seq:012d}"
