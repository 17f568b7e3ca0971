"""The customer-topic-article-outcome graph as adjacency items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Operation, Put, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

EDGE = Schema("edge", version=1)
NODE = Schema("node", version=1)
GRAPH_MARKER = Schema("graph_marker", version=1)

Node = tuple[str, str]
"""Kind and value: ``("customer", id)``, ``("topic", category)``, ``("article", source)``, ``("outcome", action)``."""


class GraphRepository:
    """Keys: ``NODE#<kind>#<value>`` / ``EDGE#<kind>#<other>`` in both directions; ``META`` counts its customers."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def add(
        self,
        conversation_id: str,
        turn_id: str,
        edges: Iterable[tuple[Node, Node]],
        *,
        also: list[Operation],
        now: datetime,
    ) -> bool:
        """Strengthen each edge by one, once per turn; return whether this call did it."""
        expires = keys.expiry(now, self._retention_days)
        marker = {"pk": keys.conversation(conversation_id), "sk": f"GRAPH#{turn_id}", "expires_at": expires}
        operations: list[Operation] = [Put(GRAPH_MARKER.stamp(marker), if_absent=True), *also]
        for left, right in edges:
            operations += [_strengthen(left, right, now, expires), _strengthen(right, left, now, expires)]
        try:
            self._table.transact(operations)
        except ConditionFailedError as error:
            if 0 in error.failed:
                return False
            raise
        return True

    def remove(self, of: Node) -> None:
        """Remove a node with its edges, on both sides; what is counted at its neighbours stays. Safe to repeat."""
        own, back = keys.node(*of), keys.edge(*of)
        for item in self._table.query(own, consistent=True).items:
            # Its own side last, so that whoever goes on after a break still finds the other.
            if str(item["sk"]).startswith("EDGE#"):
                kind, value = str(item["sk"]).removeprefix("EDGE#").split("#", 1)
                self._table.delete(keys.node(kind, value), back)
            self._table.delete(own, str(item["sk"]))

    def count_customer(self, of: Node) -> Operation:
        """Return the operation that counts one more customer at a node."""
        return Update(keys.node(*of), keys.META, set=NODE.stamp({}), add={"customers": 1})

    def customers(self, of: Node) -> int:
        """Return how many customers were counted at a node."""
        item = self._table.get(keys.node(*of), keys.META, consistent=False)
        return int(NODE.load(item)["customers"]) if item else 0

    def neighbours(self, of: Node, kind: str, *, limit: int = 100) -> dict[str, int]:
        """Return the neighbours of one kind with the weight of their edges, strongest first."""
        page = self._table.query(keys.node(*of), sk_prefix=keys.edge(kind, ""), limit=limit)
        weights = {str(item["to"]): int(item["weight"]) for item in page.items}
        return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])))


def _strengthen(start: Node, end: Node, now: datetime, expires: int) -> Update:
    return Update(
        keys.node(*start),
        keys.edge(*end),
        set=EDGE.stamp({"to": end[1], "last_seen": now.isoformat(), "expires_at": expires}),
        add={"weight": 1},
    )
