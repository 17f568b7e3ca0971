"""Receipts: what every answer was made from, kept in the reply's own transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from firstline.domain.table import Operation
from firstline.domain.turn import Reply, Turn
from firstline.repositories.receipts import ReceiptRepository
from firstline.services.written import Making

PROFILE = {"tier", "communication_style", "relationship_stage", "insights", "writing"}
"""Parts of the customer's profile that an answer depends on."""


class Receipts:
    """Writes receipts; an answer can be replayed from one."""

    def __init__(self, receipts: ReceiptRepository) -> None:
        self._receipts = receipts

    def operation(
        self,
        turn: Turn,
        reply: Reply,
        *,
        making: Making | None = None,
        policy: Mapping[str, Any] | None = None,
        elapsed_ms: float | None = None,
        now: datetime,
    ) -> Operation:
        """Return the operation that keeps the receipt of this reply.

        Parameters
        ----------
        making : Making
            How the answer came about, where one was written.
        policy : mapping
            What the policy decided, where something else was done.
        elapsed_ms : float
            Time of the state that answers, so far; that of the states before is in the turn.
        """
        knowledge, made = turn.knowledge, making or Making()
        ranked = knowledge.ranked if knowledge else []
        body = {
            "turn_id": turn.turn_id,
            "conversation_id": turn.conversation_id,
            "correlation_id": turn.correlation_id,
            "at": now.isoformat(),
            "classification": _classification(turn),
            "customer": _customer(turn),
            "policy": dict(policy) if policy else {"action": reply.action.value, "reason": reply.reason.value},
            "query": knowledge.query if knowledge else None,
            "experiments": knowledge.treatment.model_dump(include={"unit", "variants"}) if knowledge else {},
            "retrieval_confidence": knowledge.confidence if knowledge else None,
            "chunks": [[entry.chunk.chunk_id, round(entry.score, 4)] for entry in ranked],
            "chunk_versions": {
                entry.chunk.chunk_id: {"content_hash": entry.chunk.content_hash, "document": entry.chunk.version}
                for entry in ranked
            },
            "cited": [citation.chunk_id for citation in reply.citations],
            "prompt_sha256": made.prompt_sha256,
            "prompt_version": made.prompt_version,
            "context": list(made.context),
            "left_out": list(made.left_out),
            "without_model": made.without_model.value if made.without_model else None,
            "model_use": asdict(made.use),
            "masked": made.masked,
            "tools": [asdict(tool) for tool in made.tools],
            "guard": list(made.guard),
            "rejections": list(made.rejections),
            "cache": {"search": knowledge.cache if knowledge else "", "answer": made.cache.value},
            "elapsed_ms": timings(turn, elapsed_ms),
            "error": turn.error or turn.knowledge_error,
            **reply.model_dump(mode="json", exclude={"seq", "text", "citations", "cache"}),
        }
        return self._receipts.added(turn.conversation_id, turn.turn_id, json.dumps(body), now=now)


def timings(turn: Turn, elapsed_ms: float | None = None) -> dict[str, float]:
    """Return the milliseconds of each state that has run so far, by its name."""
    parts = {
        "IdentifyCustomer": turn.customer,
        "ClassifyQuery": turn.classification,
        "RetrieveKnowledge": turn.knowledge,
    }
    known = {name: round(part.elapsed_ms, 1) for name, part in parts.items() if part is not None}
    return known if elapsed_ms is None else {**known, "GenerateResponse": round(elapsed_ms, 1)}


def _classification(turn: Turn) -> dict[str, Any] | None:
    """Return the judgements with what counted for them, without the vector, which only travels to the search."""
    return turn.classification.model_dump(mode="json", exclude={"query_vector"}) if turn.classification else None


def _customer(turn: Turn) -> dict[str, Any] | None:
    """Return what the answer took from the customer's profile; nothing that says who they are."""
    if turn.customer is None:
        return None
    return turn.customer.customer.model_dump(mode="json", include=PROFILE)
