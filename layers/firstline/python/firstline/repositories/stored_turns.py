"""A turn as the store knows it, and the event that its reply becomes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from firstline.domain.conversation import Author, Event
from firstline.domain.table import Item
from firstline.domain.turn import Reply, Turn, TurnMessage
from firstline.repositories.schema import Schema

TURN = Schema("turn", version=1)

PENDING, REPLIED, DONE, SUPERSEDED = "pending", "replied", "done", "superseded"
UNFINISHED = (PENDING, REPLIED)


@dataclass(frozen=True)
class StoredTurn:
    """A turn as the store knows it."""

    turn_id: str
    conversation_id: str
    correlation_id: str
    channel: str
    message: TurnMessage
    state: str
    attempt: int
    reply: Reply | None
    reopened_at: int = 0
    """The attempt number at which a person gave it back to the bot; 0 where nobody has."""

    @property
    def tries(self) -> int:
        """How often it was started since it has last been the bot's."""
        return self.attempt - self.reopened_at

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return self.state not in UNFINISHED


@dataclass
class DueTurns:
    """Turns that wait to be started again."""

    turns: list[StoredTurn] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read, such as those of a newer schema."""


def reply_event(reply: Reply, turn: Turn, now: datetime) -> Event:
    """Return the log's entry for a committed reply."""
    return Event(
        seq=reply.seq,
        author=Author.BOT,
        text=reply.text,
        at=now,
        turn_id=turn.turn_id,
        detail={
            "answers_up_to": turn.message.seq,
            "action": reply.action.value,
            "confidence": reply.confidence,
            "intent": turn.classification.named_intent if turn.classification else None,
            "citations": [citation.model_dump() for citation in reply.citations],
            "handover": reply.handover.model_dump(mode="json") if reply.handover else None,
            **({"unsent": True} if reply.unsent else {}),
        },
    )


def stored_turn(item: Item) -> StoredTurn:
    """Return the turn of an item. Raises ``SchemaVersionError``, ``InvalidItemError``."""
    item = TURN.load(item)
    return StoredTurn(
        turn_id=str(item["turn_id"]),
        conversation_id=str(item["conversation_id"]),
        correlation_id=str(item["correlation_id"]),
        channel=str(item["channel"]),
        message=TurnMessage.model_validate(json.loads(item["message"])),
        state=str(item["state"]),
        attempt=int(item["attempt"]),
        reply=Reply.model_validate_json(item["reply"]) if "reply" in item else None,
        reopened_at=int(item.get("reopened_at", 0)),
    )
