"""What known customers have lately asked, so that the same question in another conversation is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firstline.domain.ports import Table
from firstline.domain.rewards import window
from firstline.repositories import keys, learning_keys, visitor_keys
from firstline.repositories.schema import Schema

ASKED = Schema("asked_question", version=1)


@dataclass(frozen=True)
class AskedQuestion:
    """A question that was answered."""

    customer_id: str
    conversation_id: str
    turn_id: str
    vector: str
    """``message_vectors.packed``; the words are not kept."""
    at: datetime


class AskedQuestions:
    """Keys: ``CUST#<id>`` / ``ASKED#<turn>``; they go after 72 hours, or with their conversation."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, asked: AskedQuestion) -> None:
        """Keep a question; once more is the same."""
        pk, sk = keys.customer(asked.customer_id), learning_keys.asked(asked.turn_id)
        item = {
            "pk": pk,
            "sk": sk,
            "conversation_id": asked.conversation_id,
            "vector": asked.vector,
            "asked_at": asked.at.isoformat(),
            "expires_at": int((asked.at + window()).timestamp()),
        }
        self._table.put(ASKED.stamp(item | visitor_keys.linked_to(asked.conversation_id, pk, sk)))

    def of(self, customer_id: str) -> list[AskedQuestion]:
        """Return what a customer has asked within 72 hours, oldest first."""
        page = self._table.query(keys.customer(customer_id), sk_prefix=learning_keys.asked(""))
        return [
            AskedQuestion(
                customer_id=customer_id,
                conversation_id=str(item["conversation_id"]),
                turn_id=str(item["sk"]).removeprefix(learning_keys.asked("")),
                vector=str(item["vector"]),
                at=datetime.fromisoformat(item["asked_at"]),
            )
            for item in map(ASKED.load, page.items)
        ]
