"""A question that found nothing good, kept for those who write the articles."""

from __future__ import annotations

from datetime import datetime

from firstline.domain.errors import EmbedderUnavailableError
from firstline.domain.gaps import EmbeddedGap, GapQuestion, GapReason, NearestSource, gap_reason, nearest_of
from firstline.domain.masking import mask, without_marks
from firstline.domain.ports import Embedder
from firstline.domain.turn import Turn
from firstline.repositories.gaps import GapRepository

_LONGEST_QUESTION = 2_000


class RecordGap:
    """Keeps questions without personal data, once per turn.

    Abstention and low confidence come by ``of_turn``; a handover, a thumb down or a ticket by ``record``, with the id
    of the turn (or ticket) and the time the question was asked, so that all that is said of one turn is one record.
    """

    def __init__(self, gaps: GapRepository, embedder: Embedder) -> None:
        self._gaps = gaps
        self._embedder = embedder

    def of_turn(self, turn: Turn) -> GapReason | None:
        """Record the turn's question if it shows a gap, and return the reason. Raises as ``record`` does."""
        reason = gap_reason(turn)
        if reason is not None:
            self.record(
                turn.question,
                reason,
                nearest=nearest_of(turn),
                customer_id=turn.customer.customer.customer_id if turn.customer else "",
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                asked_at=turn.message.sent_at,
            )
        return reason

    def record(
        self,
        question: str,
        reason: GapReason,
        *,
        nearest: NearestSource | None,
        customer_id: str,
        conversation_id: str,
        turn_id: str,
        asked_at: datetime,
    ) -> None:
        """Record one question; a repeated call changes nothing, another reason is added.

        Raises
        ------
        StoreUnavailableError
        """
        masked = mask(question.strip())[:_LONGEST_QUESTION]
        gap = GapQuestion(
            turn_id=turn_id,
            conversation_id=conversation_id,
            customer_id=customer_id,
            text=masked,
            asked_at=asked_at,
            reasons=(reason,),
            nearest=nearest,
        )
        try:
            vector = self._embedder.embed([without_marks(masked)])[0]
        except EmbedderUnavailableError:
            # The report computes what is missing.
            self._gaps.add(EmbeddedGap(gap, None))
        else:
            self._gaps.add(EmbeddedGap(gap, vector, self._embedder.model_id))
