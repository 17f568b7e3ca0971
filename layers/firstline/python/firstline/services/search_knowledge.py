"""A question answered with ranked chunks, or with the admission that there are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.domain.knowledge import RetrievedKnowledge, SearchFilter
from firstline.domain.lexical import terms
from firstline.domain.ports import Embedder, KnowledgeIndex
from firstline.domain.query_rewrite import rewrite_query
from firstline.domain.ranking import (
    Calibration,
    FusionWeights,
    confidence,
    confidence_features,
    fuse,
    shipped_calibration,
)

DEFAULT_CANDIDATES = 50


class SearchKnowledge:
    """Finds what the company's documents say about a question.

    Parameters
    ----------
    index : KnowledgeIndex
    embedder : Embedder
    candidates : int
        Chunks asked of the index by words and as many by vector, >= 1.
    weights : FusionWeights, optional
    calibration : Calibration, optional
        Without it, the one shipped.
    """

    def __init__(
        self,
        index: KnowledgeIndex,
        embedder: Embedder,
        *,
        candidates: int = DEFAULT_CANDIDATES,
        weights: FusionWeights | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._candidates = candidates
        self._weights = weights
        self._calibration = calibration

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        only: SearchFilter | None = None,
        history: Sequence[str] = (),
        vector: NDArray[np.float32] | None = None,
    ) -> RetrievedKnowledge:
        """Search.

        Parameters
        ----------
        query : str
            The customer's message.
        limit : int
            Most chunks that come back, >= 1.
        history : sequence of str
            The customer's earlier messages, oldest first; a follow-up is completed from them.
        vector : ndarray, shape (dimensions,), optional
            The message's embedding where it is known; used unless the query is rewritten.

        Returns
        -------
        RetrievedKnowledge
            Where it abstains, ``ranked`` still holds what was found, for the record and for a person; nothing in it
            is to be served as an answer.

        Raises
        ------
        KnowledgeIndexUnavailableError, EmbedderUnavailableError
        """
        rewritten = rewrite_query(query, history)
        if not terms(rewritten):
            return _nothing(rewritten, "nothing_asked")
        if vector is None or rewritten != query:
            vector = self._embedder.embed([rewritten])[0]
        candidates = self._index.candidates(rewritten, vector, limit=self._candidates, only=only)
        if not candidates:
            return _nothing(rewritten, "no_match")
        ranked = fuse(candidates, self._weights)
        calibration = self._calibration or shipped_calibration()
        trust = confidence(confidence_features(rewritten, candidates, ranked), calibration)
        abstained = trust < calibration.threshold
        return RetrievedKnowledge(
            query=rewritten,
            ranked=ranked[:limit],
            confidence=trust,
            abstained=abstained,
            reason="low_confidence" if abstained else "",
        )


def _nothing(query: str, reason: str) -> RetrievedKnowledge:
    return RetrievedKnowledge(query=query, ranked=[], confidence=0.0, abstained=True, reason=reason)
