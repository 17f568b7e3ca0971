"""Orders to forget conversations, and everything that lies below one and what goes with it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from firstline.domain.conversation import Author, Event
from firstline.domain.erasure import Erasure
from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Compare, Delete, Exists, Item, Operation, Put
from firstline.domain.ticket import Ticket
from firstline.repositories import keys, visitor_keys
from firstline.repositories.all_items import all_items
from firstline.repositories.conversations import CONVERSATION, EVENT, conversation_of
from firstline.repositories.schema import Schema
from firstline.repositories.tickets import TICKET, ticket_of

ERASURE = Schema("erasure", version=1)

LEASE = timedelta(seconds=120)
"""How long one round may take; then another sweep goes on with it."""
KEPT_DAYS = 7
"""An order that cannot be carried out for so long is forgotten itself; what is left expires by the retention rule."""

_TRIES = 20
_PAGE = 200


class ErasureRepository:
    """Keys: ``ERASE#<conversation id>`` / ``META``; index ``by_due``, partitions ``ERASEDUE#<shard>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, conversation_id: str) -> Erasure | None:
        """Return the order to forget a conversation, None where there is none (any more)."""
        item = self._table.get(visitor_keys.erasure(conversation_id), keys.META)
        return _erasure(item) if item is not None else None

    def begin(self, conversation_id: str, *, now: datetime, also: Iterable[Operation] = ()) -> Erasure | None:
        """Take the conversation away from everybody at once, and note what else is to be done.

        Returns
        -------
        Erasure or None
            None where there is nothing to forget.

        Raises
        ------
        TransactionConflictError
        """
        for _ in range(_TRIES):
            known = self.find(conversation_id)
            item = self._table.get(keys.conversation(conversation_id), keys.META)
            if item is None:
                return known
            order = self._order(item, known)
            due = keys.due_at(now + LEASE, conversation_id)
            place = {"by_due_pk": visitor_keys.erasure_due(conversation_id), "by_due_sk": due}
            stored = {
                "pk": visitor_keys.erasure(conversation_id),
                "sk": keys.META,
                "body": order.model_dump_json(exclude={"due_key"}),
                **place,
                "expires_at": keys.expiry(now, KEPT_DAYS),
            }
            unchanged = AllOf((Exists(), Compare("next_seq", "=", item["next_seq"]), *_same(item)))
            gone = Delete(str(item["pk"]), keys.META, condition=unchanged)
            try:
                self._table.transact([gone, Put(ERASURE.stamp(stored)), *also])
            except ConditionFailedError:
                continue
            return order.model_copy(update={"due_key": due})
        raise TransactionConflictError(f"conversation {conversation_id}: too many writers at once")

    def due(self, *, now: datetime, limit: int) -> list[Erasure]:
        """Return orders whose time has come, at most ``limit`` of each shard. The index may be stale."""
        found = []
        for shard in range(keys.N_DUE_SHARDS):
            page = self._table.query(
                f"ERASEDUE#{shard}", index="by_due", sk_from="0", sk_to=keys.due_at(now, "~"), limit=limit
            )
            found += [_erasure(item) for item in page.items]
        return found

    def take_up(self, order: Erasure, *, now: datetime) -> Erasure | None:
        """Lease an order for one round; None where another sweep has it, or it is done with."""
        return self._move(order, order, now + LEASE)

    def passed(self, order: Erasure, *, again_at: datetime) -> None:
        """Note that everything was removed; it is looked at once more."""
        self._move(order, order.model_copy(update={"passed_once": True}), again_at)

    def done(self, order: Erasure) -> None:
        """Forget the order itself; one that another sweep has stays with it."""
        pk = visitor_keys.erasure(order.conversation_id)
        try:
            self._table.delete(pk, keys.META, condition=Compare("by_due_sk", "=", order.due_key))
        except ConditionFailedError:
            return

    def remove_below(self, conversation_id: str) -> None:
        """Remove every item of the conversation's partition."""
        for item in self._items(keys.conversation(conversation_id)):
            self._table.delete(str(item["pk"]), str(item["sk"]))

    def remove_linked(self, conversation_id: str) -> None:
        """Remove what lies elsewhere and goes with the conversation: sessions, notices, questions for editors."""
        for item in self._items(visitor_keys.linked(conversation_id), index="by_conversation"):
            self._table.delete(str(item["pk"]), str(item["sk"]))

    def tickets_of(self, conversation_id: str) -> list[str]:
        """Return the ids of the tickets that are talked about in a conversation. The index may be stale."""
        found = self._items(keys.conversation(conversation_id), index="by_conversation")
        return [str(item["pk"]).removeprefix(keys.ticket("")) for item in found]

    def tickets_told_in(self, conversation_id: str, customer_ids: Iterable[str]) -> list[Ticket]:
        """Return tickets with conversations of their own that were asked for, and are told of, in this one.

        The index may be stale.
        """
        items = (item for one in customer_ids for item in self._items(keys.customer(one), index="by_customer"))
        tickets = [ticket_of(item) for item in items if item.get("type") == TICKET.type]
        return [ticket for ticket in tickets if ticket.told_in == conversation_id]

    def _order(self, item: Item, known: Erasure | None) -> Erasure:
        conversation = conversation_of(CONVERSATION.load(item))
        own = keys.conversation(conversation.conversation_id)
        bodies = (str(EVENT.load(event)["body"]) for event in self._items(own, sk_prefix="EVT#"))
        said = (event for event in map(Event.model_validate_json, bodies) if event.author is Author.CUSTOMER)
        times = [event.at.astimezone(UTC).isoformat() for event in said]
        before = known or Erasure(conversation_id=conversation.conversation_id, site_id=conversation.site_id)
        customers = [*before.customer_ids, conversation.customer_id, conversation.joined_from]
        tickets = [*before.ticket_ids, conversation.ticket_id]
        return before.model_copy(
            update={
                "user_id": conversation.verified_user_id,
                "customer_ids": tuple(dict.fromkeys(filter(None, customers))),
                "ticket_ids": tuple(dict.fromkeys(filter(None, tickets))),
                "message_times": tuple(dict.fromkeys([*before.message_times, *times])),
            }
        )

    def _move(self, order: Erasure, after: Erasure, due: datetime) -> Erasure | None:
        due_key = keys.due_at(due, order.conversation_id)
        if due_key == order.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), order.conversation_id)
        try:
            item = self._table.update(
                visitor_keys.erasure(order.conversation_id),
                keys.META,
                set={"by_due_sk": due_key, "body": after.model_dump_json(exclude={"due_key"})},
                condition=Compare("by_due_sk", "=", order.due_key),
            )
        except ConditionFailedError:
            return None
        return _erasure(item)

    def _items(self, pk: str, *, sk_prefix: str | None = None, index: str | None = None) -> Iterator[Item]:
        consistent = index is None
        return all_items(self._table, pk, sk_prefix=sk_prefix, index=index, limit=_PAGE, consistent=consistent)


def _same(item: Item) -> list[Compare]:
    names = ("customer_id", "ticket_id", "joined_from", "verified")
    return [Compare(name, "=", item[name]) for name in names if name in item]


def _erasure(item: Item) -> Erasure:
    item = ERASURE.load(item)
    return Erasure.model_validate_json(item["body"]).model_copy(update={"due_key": str(item["by_due_sk"])})
