"""What customers think of single answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.schema import Schema

RATING = Schema("rating", version=1)


class Rating(BaseModel):
    """One customer's word on one answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    seq: int = Field(ge=1)
    """The answer's place in the conversation."""
    turn_id: str
    """The turn that gave it; empty where a person did."""
    score: int = Field(ge=1, le=5)
    reason: str = ""
    at: datetime


class RatingRepository:
    """Keys: ``CONV#<id>`` with ``RATE#<seq, 12 digits>``; one per answer, of which the last stands."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def put(self, conversation_id: str, rating: Rating) -> None:
        """Keep a rating in the place of any before it."""
        item = {
            "pk": keys.conversation(conversation_id),
            "sk": keys.rating(rating.seq),
            "body": rating.model_dump_json(),
            "expires_at": keys.expiry(rating.at, self._retention_days),
        }
        self._table.put(RATING.stamp(item))

    def get(self, conversation_id: str, seq: int) -> Rating | None:
        """Return the rating of an answer, None where there is none."""
        item = self._table.get(keys.conversation(conversation_id), keys.rating(seq))
        return Rating.model_validate_json(RATING.load(item)["body"]) if item else None
