"""People who answer customers: whom a conversation can be given to, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.schema import Schema

AGENT = Schema("agent", version=1)


@dataclass(frozen=True)
class KnownAgent:
    """A person who has been here."""

    user_id: str
    name: str
    """To show to customers; empty where none is known."""


class AgentRepository:
    """Keys: ``AGENT#<user id>`` / ``META``. Written when somebody with the role first acts; kept."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def seen(self, user_id: str, name: str) -> None:
        """Remember a person and what they are called now; writes only what is new."""
        known = self.find(user_id)
        if known is None or (name and known.name != name):
            item = {"pk": keys.agent(user_id), "sk": keys.META, "user_id": user_id, "name": name}
            self._table.put(AGENT.stamp(item))

    def find(self, user_id: str) -> KnownAgent | None:
        """Return the person, None where nobody of that id has been here."""
        item = self._table.get(keys.agent(user_id), keys.META)
        if item is None:
            return None
        item = AGENT.load(item)
        return KnownAgent(user_id=str(item["user_id"]), name=str(item["name"]))
