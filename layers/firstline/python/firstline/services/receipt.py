"""Receipts: what every answer was made from, kept in the reply's own transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from firstline.domain.table import Operation
from firstline.domain.turn import Reply, Turn
from firstline.repositories.arms import ArmRepository


class Receipts:
    """Writes receipts; an answer can be replayed from one."""

    def __init__(self, arms: ArmRepository) -> None:
        self._arms = arms

    def operation(
        self, turn: Turn, reply: Reply, *, prompt_sha256: str = "", context: Sequence[str] = (), now: datetime
    ) -> Operation:
        """Return the operation that keeps the receipt of this reply.

        Parameters
        ----------
        context : sequence of str
            Ids of the chunks that the model was given, in order; neighbours of those that were found are among them.
        """
        knowledge = turn.knowledge
        body = {
            "turn_id": turn.turn_id,
            "correlation_id": turn.correlation_id,
            "classification": turn.classification.model_dump(mode="json") if turn.classification else None,
            "query": knowledge.query if knowledge else None,
            "retrieval_confidence": knowledge.confidence if knowledge else None,
            "chunks": [[ranked.chunk.chunk_id, round(ranked.score, 4)] for ranked in knowledge.ranked]
            if knowledge
            else [],
            "cited": [citation.chunk_id for citation in reply.citations],
            "prompt_sha256": prompt_sha256,
            "context": list(context),
            "error": turn.error or turn.knowledge_error,
            **reply.model_dump(mode="json", exclude={"seq", "text", "citations"}),
        }
        return self._arms.receipt(turn.conversation_id, turn.turn_id, json.dumps(body), now=now)
