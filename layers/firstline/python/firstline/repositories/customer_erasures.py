"""Orders to forget customers: what is still to be done, by whom it is done now, and when it is done again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from firstline.domain.erasure import CustomerErasure
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, Check, Compare, Item, Operation, Put
from firstline.repositories import keys, visitor_keys
from firstline.repositories.erasures import KEPT_DAYS, LEASE
from firstline.repositories.schema import Schema

CUSTOMER_ERASURE = Schema("customer_erasure", version=1)


class CustomerErasureRepository:
    """Keys: ``ERASECUST#<customer id>`` / ``META``; index ``by_due``, partitions ``ERASECUSTDUE#<shard>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, customer_id: str) -> CustomerErasure | None:
        """Return the order to forget a customer, None where there is none (any more)."""
        item = self._table.get(visitor_keys.customer_erasure(customer_id), keys.META)
        return _order(item) if item is not None else None

    def begin(self, order: CustomerErasure, *, also: Iterable[Operation] = ()) -> CustomerErasure:
        """Note an order, leased for its first round, and return it.

        Raises
        ------
        ConditionFailedError
            There is one already, or the customer has just become part of another.
        """
        customer_id = order.customer_id
        due = keys.due_at(order.asked_at + LEASE, customer_id)
        item = {
            "pk": visitor_keys.customer_erasure(customer_id),
            "sk": keys.META,
            "body": order.model_dump_json(exclude={"due_key"}),
            "by_due_pk": visitor_keys.customer_erasure_due(customer_id),
            "by_due_sk": due,
            "expires_at": keys.expiry(order.asked_at, KEPT_DAYS),
        }
        whole = Check(keys.customer(customer_id), "PROFILE", Absent("joined_into"))
        self._table.transact([Put(CUSTOMER_ERASURE.stamp(item), if_absent=True), whole, *also])
        return order.model_copy(update={"due_key": due})

    def due(self, *, now: datetime, limit: int) -> list[CustomerErasure]:
        """Return orders whose time has come, the longest due first, at most ``limit`` of each shard.

        The index may be stale.
        """
        found = []
        for shard in range(keys.N_DUE_SHARDS):
            partition, until = f"{visitor_keys.CUSTOMER_ERASURES_DUE}{shard}", keys.due_at(now, "~")
            page = self._table.query(partition, index="by_due", sk_from="0", sk_to=until, limit=limit)
            found += [_order(item) for item in page.items]
        return sorted(found, key=lambda order: order.due_key)

    def take_up(self, order: CustomerErasure, *, now: datetime) -> CustomerErasure | None:
        """Lease an order for one round; None where somebody else has it, or it is done with."""
        return self._move(order, order, now + LEASE)

    def at_work(
        self, order: CustomerErasure, conversation_ids: Sequence[str], *, now: datetime
    ) -> CustomerErasure | None:
        """Note which conversations are forgotten next, and renew the lease; None as ``take_up`` does."""
        return self._move(order, order.model_copy(update={"at_work": tuple(conversation_ids)}), now + LEASE)

    def put_off(self, order: CustomerErasure, *, until: datetime) -> None:
        """Have what is left of it done in another round from that moment on."""
        self._move(order, order, until)

    def passed(self, order: CustomerErasure, *, again_at: datetime) -> None:
        """Note that everything was removed; it is looked at once more."""
        self._move(order, order.model_copy(update={"passed_once": True, "at_work": ()}), again_at)

    def done(self, order: CustomerErasure) -> None:
        """Forget the order itself; one that another sweep has stays with it."""
        pk = visitor_keys.customer_erasure(order.customer_id)
        try:
            self._table.delete(pk, keys.META, condition=Compare("by_due_sk", "=", order.due_key))
        except ConditionFailedError:
            return

    def _move(self, order: CustomerErasure, after: CustomerErasure, due: datetime) -> CustomerErasure | None:
        due_key = keys.due_at(due, order.customer_id)
        if due_key == order.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), order.customer_id)
        body = after.model_dump_json(exclude={"due_key"})
        try:
            item = self._table.update(
                visitor_keys.customer_erasure(order.customer_id),
                keys.META,
                set={"by_due_sk": due_key, "body": body, "expires_at": keys.expiry(due, KEPT_DAYS)},
                condition=Compare("by_due_sk", "=", order.due_key),
            )
        except ConditionFailedError:
            return None
        return _order(item)


def _order(item: Item) -> CustomerErasure:
    item = CUSTOMER_ERASURE.load(item)
    return CustomerErasure.model_validate_json(item["body"]).model_copy(update={"due_key": str(item["by_due_sk"])})
