"""An anonymous visitor's customer becomes part of a known one's: counters, memory, tickets, graph."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from firstline.domain.conversation import Conversation, Customer
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import (
    Absent,
    AllOf,
    AnyOf,
    Compare,
    Delete,
    Exists,
    Item,
    Operation,
    Put,
    Update,
)
from firstline.repositories import customer_places, keys
from firstline.repositories.customers import CONVERSATION, CUSTOMER
from firstline.repositories.graph import EDGE
from firstline.repositories.memory import MemoryRepository

_COUNTERS = ("interactions", "rewards", "reward_sum")


class CustomerJoins:
    """Moves items from one customer to another; every step is one transaction that counts once."""

    def __init__(self, table: Table, *, retention_days: int, memory_days: int = 0) -> None:
        self._table = table
        self._memory_days = max(memory_days, retention_days)
        self._memory = MemoryRepository(table, retention_days=retention_days)

    def bind(self, conversation: Conversation, known: Customer, *, now: datetime) -> None:
        """Give an unproven conversation to a known customer, and the counters of its visitor with it.

        Raises
        ------
        ConditionFailedError
            The conversation or its visitor has changed since it was read.
        """
        visitor_id, known_id = conversation.customer_id, known.customer_id
        pk = keys.conversation(conversation.conversation_id)
        bound = {"user_id": known.user_id, "verified": True, "customer_id": known_id, "joined_from": visitor_id}
        changes = {**bound, **customer_places.place_of(conversation.model_copy(update=bound))}
        unproven = AnyOf((Absent("verified"), Compare("verified", "=", False)))
        operations: list[Operation] = [
            Update(
                pk,
                keys.META,
                set=changes,
                condition=AllOf((Exists(), unproven, Compare("customer_id", "=", visitor_id))),
            )
        ]
        visitor = self._table.get(keys.customer(visitor_id), "PROFILE") if visitor_id else None
        if visitor is not None:
            operations += self._join_profiles(CUSTOMER.load(visitor), known_id, conversation.conversation_id, now)
        self._table.transact(operations)

    def _join_profiles(self, visitor: Item, known_id: str, conversation_id: str, now: datetime) -> list[Operation]:
        counted = {name: int(visitor[name]) for name in _COUNTERS}
        as_read = AllOf((Exists(), *(Compare(name, "=", value) for name, value in counted.items())))
        expires = keys.expiry(now, self._memory_days)
        return [
            Update(
                visitor["pk"],
                "PROFILE",
                set={**dict.fromkeys(_COUNTERS, 0), "joined_into": known_id},
                condition=as_read,
            ),
            Update(keys.customer(known_id), "PROFILE", set={"expires_at": expires}, add=counted, condition=Exists()),
            Update(
                keys.identity(CONVERSATION, conversation_id),
                "IDENT",
                set={"customer_id": known_id},
                condition=Exists(),
            ),
        ]

    def move(self, visitor_id: str, known_id: str, ticket_id: str) -> None:
        """Move what else lies at the visitor: memory, tickets with their conversations, edges of the graph, and more.

        Safe to repeat.
        """
        visitor, known = keys.customer(visitor_id), keys.customer(known_id)
        self._memory.move(visitor_id, known_id, days=self._memory_days)
        for item in self._table.query(visitor, consistent=True).items:
            if item["sk"] != "PROFILE":
                self._move_item(item, known)
        # The index may be stale, and the conversation knows its ticket.
        tickets = {str(item["pk"]) for item in self._table.query(visitor, index="by_customer").items}
        for pk in sorted(tickets | ({keys.ticket(ticket_id)} if ticket_id else set())):
            self._move_ticket(pk, visitor_id, known_id)
        user_id = self._user_id(known_id)
        for item in self._table.query(customer_places.conversations_of(visitor_id), index="by_customer").items:
            self._move_conversation(item, visitor_id, known_id, user_id)
        for item in self._table.query(keys.node("customer", visitor_id), sk_prefix="EDGE#", consistent=True).items:
            self._move_edge(EDGE.load(item), visitor_id, known_id)

    def _move_item(self, item: Item, known: str) -> None:
        moved = {name: known if value == item["pk"] else value for name, value in item.items()}
        gone = Delete(item["pk"], item["sk"], condition=Exists())
        try:
            self._table.transact([Put(moved, if_absent=True), gone])
        except ConditionFailedError as error:
            # What the known customer has there stands; what another call has moved is moved.
            if error.failed == (0,):
                self._table.delete(item["pk"], item["sk"])

    def _move_ticket(self, pk: str, visitor_id: str, known_id: str) -> None:
        item = self._table.get(pk, keys.META)
        body: dict[str, Any] = json.loads(item["body"]) if item else {}
        if item is None or body["customer_id"] != visitor_id:
            return
        body["customer_id"] = known_id
        self._table.update(
            pk,
            keys.META,
            set={"body": json.dumps(body), "by_customer_pk": keys.customer(known_id)},
            condition=Compare("body", "=", item["body"]),
        )

    def _user_id(self, customer_id: str) -> str:
        item = self._table.get(keys.customer(customer_id), "PROFILE")
        return Customer.model_validate_json(CUSTOMER.load(item)["body"]).user_id if item else ""

    def _move_conversation(self, item: Item, visitor_id: str, known_id: str, user_id: str) -> None:
        """Give the conversation of a ticket that the visitor has opened to the known customer, as theirs are."""
        pk, by_name = str(item["pk"]), keys.identity(CONVERSATION, str(item["conversation_id"]))
        changes = {"user_id": user_id, "verified": bool(user_id), "customer_id": known_id}
        place = {"by_customer_pk": customer_places.conversations_of(known_id)}
        still = AllOf((Exists(), Compare("customer_id", "=", visitor_id)))
        operations: list[Operation] = [Update(pk, keys.META, set={**changes, **place}, condition=still)]
        if self._table.get(by_name, "IDENT") is not None:
            operations.append(Update(by_name, "IDENT", set={"customer_id": known_id}, condition=Exists()))
        try:
            self._table.transact(operations)
        except ConditionFailedError:
            # The index was behind, or another call has moved it.
            return

    def _move_edge(self, edge: Item, visitor_id: str, known_id: str) -> None:
        kind, value = str(edge["sk"]).removeprefix("EDGE#").split("#", 1)
        other, weight = keys.node(kind, value), int(edge["weight"])
        there, back = keys.edge(kind, value), keys.edge("customer", known_id)
        seen = {"last_seen": edge["last_seen"], "expires_at": edge["expires_at"]}
        still = AllOf((Exists(), Compare("weight", "=", weight)))
        operations: list[Operation] = [
            Delete(edge["pk"], edge["sk"], condition=still),
            Update(
                keys.node("customer", known_id),
                there,
                set=EDGE.stamp({"to": value, **seen}),
                add={"weight": weight},
            ),
            Delete(other, keys.edge("customer", visitor_id)),
            Update(other, back, set=EDGE.stamp({"to": known_id, **seen}), add={"weight": weight}),
        ]
        try:
            self._table.transact(operations)
        except ConditionFailedError:
            # A turn was just adding to it, or another call has moved it; the next repetition finds what is left.
            return
