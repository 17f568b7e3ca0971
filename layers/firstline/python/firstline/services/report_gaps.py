"""What the knowledge lacks: the recorded questions, clustered on demand."""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import InvalidInputError
from firstline.domain.gaps import EmbeddedGap, GapReport, cluster_gaps
from firstline.domain.masking import without_marks
from firstline.domain.ports import Clock, Embedder
from firstline.repositories.gaps import GapRepository

MAX_QUESTIONS = 5_000
MAX_DAYS = 400


class ReportGaps:
    """Clusters the latest questions.

    Parameters
    ----------
    max_questions : int
        Questions looked at, the latest first, >= 1; time and memory are bounded by it.
    """

    def __init__(
        self, gaps: GapRepository, embedder: Embedder, clock: Clock, *, max_questions: int = MAX_QUESTIONS
    ) -> None:
        self._gaps = gaps
        self._embedder = embedder
        self._clock = clock
        self._max_questions = max_questions

    def report(self, *, days: int = 30, limit: int = 20) -> GapReport:
        """Return the gaps of the last days.

        Parameters
        ----------
        days : int
            1 to 400; records are kept for ``RETENTION_DAYS``.
        limit : int
            Most clusters that come back, >= 1.

        Raises
        ------
        InvalidInputError
            ``days`` or ``limit`` out of range.
        EmbedderUnavailableError
            A question's vector is missing and cannot be computed.
        StoreUnavailableError
        """
        if not 1 <= days <= MAX_DAYS or limit < 1:
            raise InvalidInputError(f"days must be 1 to {MAX_DAYS} and limit at least 1")
        found = list(islice(self._gaps.latest(now=self._clock.now(), days=days), self._max_questions + 1))
        gaps = found[: self._max_questions]
        questions = [gap.question for gap in gaps]
        clusters = cluster_gaps(questions, self._vectors(gaps))
        return GapReport(
            days=days,
            questions=len(questions),
            customers=len({question.customer_id or question.conversation_id for question in questions}),
            truncated=len(found) > len(gaps),
            total_clusters=len(clusters),
            clusters=clusters[:limit],
        )

    def _vectors(self, gaps: list[EmbeddedGap]) -> NDArray[np.float32]:
        vectors = np.zeros((len(gaps), self._embedder.dimensions), np.float32)
        missing = []
        for place, gap in enumerate(gaps):
            if gap.vector is None or gap.model_id != self._embedder.model_id:
                missing.append(place)
            else:
                vectors[place] = gap.vector
        if missing:
            vectors[missing] = self._embedder.embed([without_marks(gaps[place].question.text) for place in missing])
        return vectors
