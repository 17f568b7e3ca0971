"""A question answered with ranked chunks, or with the admission that there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from math import inf

import numpy as np
from numpy.typing import NDArray

from firstline.domain.knowledge import RankedChunk, RetrievedKnowledge, SearchFilter
from firstline.domain.lexical import codes, terms
from firstline.domain.ports import Embedder, KnowledgeIndex
from firstline.domain.query_rewrite import rewrite_query
from firstline.domain.questions import split_questions
from firstline.domain.ranking import (
    Calibration,
    Fusion,
    FusionWeights,
    confidence,
    confidence_features,
    fuse_candidates,
    shipped_calibration,
)
from firstline.domain.spelling import doubtful_words, replace_words

DEFAULT_CANDIDATES = 50


@dataclass(frozen=True)
class SearchParts:
    """Which parts of the search are at work; all are, but where each is measured by leaving it out."""

    follow_ups: bool = True
    """Complete a follow-up from what was said before."""
    spelling: bool = True
    """Correct misspelt words."""
    questions: bool = True
    """Search for each question of a message that asks several."""
    content_words: bool = True
    """Let content words weigh more in a question's vector."""


@dataclass(frozen=True)
class _Found:
    fusion: Fusion
    confidence: float


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
    parts : SearchParts, optional
    """

    def __init__(
        self,
        index: KnowledgeIndex,
        embedder: Embedder,
        *,
        candidates: int = DEFAULT_CANDIDATES,
        weights: FusionWeights | None = None,
        calibration: Calibration | None = None,
        parts: SearchParts | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._candidates = candidates
        self._weights = weights
        self._calibration = calibration
        self._parts = parts or SearchParts()

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        only: SearchFilter | None = None,
        relax: bool = False,
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
        relax : bool
            Where the filter leaves nothing good and there is something good without it, take that.
        history : sequence of str
            The customer's earlier messages, oldest first; a follow-up is completed from them.
        vector : ndarray, shape (dimensions,), optional
            The message's vector by ``Embedder.embed_queries`` where it is known; used unless the query is rewritten
            or corrected.

        Returns
        -------
        RetrievedKnowledge
            Where it abstains, ``ranked`` still holds what was found, for the record and for a person; nothing in it
            is to be served as an answer. Of a message that asks several things, the first chunks are the best
            one for each.

        Raises
        ------
        KnowledgeIndexUnavailableError, EmbedderUnavailableError
        """
        asked = rewrite_query(query, history) if self._parts.follow_ups else query
        if not terms(asked):
            return _nothing(asked, "nothing_asked")
        asked = corrected_query(asked, self._index, self._embedder) if self._parts.spelling else asked
        texts = [asked, *(split_questions(asked) if self._parts.questions else ())]
        embed = self._embedder.embed_queries if self._parts.content_words else self._embedder.embed
        if vector is not None and asked == query:
            vectors = [vector, *(embed(texts[1:]) if len(texts) > 1 else ())]
        else:
            vectors = list(embed(texts))
        found = self._served(texts, vectors, limit, only)
        restricted = only is not None and bool(only.categories or only.languages)
        if relax and restricted and found.abstained:
            unfiltered = self._served(texts, vectors, limit, None)
            if not unfiltered.abstained:
                return unfiltered.model_copy(update={"relaxed": True})
        return found

    def _served(
        self, texts: Sequence[str], vectors: Sequence[NDArray[np.float32]], limit: int, only: SearchFilter | None
    ) -> RetrievedKnowledge:
        calibration = self._calibration or shipped_calibration()
        whole, *parts = (
            self._found(text, vector, only, calibration) for text, vector in zip(texts, vectors, strict=True)
        )
        if whole is None:
            return _nothing(texts[0], "no_match")
        answered = [part for part in parts if part and part.confidence >= calibration.threshold]
        trust = max(entry.confidence for entry in (whole, *answered))
        abstained = trust < calibration.threshold
        return RetrievedKnowledge(
            query=texts[0],
            ranked=_merged(whole, answered, limit),
            confidence=trust,
            abstained=abstained,
            reason="low_confidence" if abstained else "",
        )

    def _found(
        self, text: str, vector: NDArray[np.float32], only: SearchFilter | None, calibration: Calibration
    ) -> _Found | None:
        candidates = self._index.candidates(text, vector, limit=self._candidates, only=only)
        if not candidates:
            return None
        fusion = fuse_candidates(candidates, self._weights, asked=codes(text))
        return _Found(fusion, confidence(confidence_features(text, fusion), calibration))


def corrected_query(text: str, index: KnowledgeIndex, embedder: Embedder) -> str:
    """Return the text with misspelt words replaced by the nearest words that the index has.

    Raises
    ------
    KnowledgeIndexUnavailableError, EmbedderUnavailableError
    """
    doubtful = doubtful_words(text, embedder.knows)
    return replace_words(text, index.corrections(doubtful)) if doubtful else text


def _merged(whole: _Found, parts: Sequence[_Found], limit: int) -> list[RankedChunk]:
    """Take the best of the whole and of each part in turn; each with a score not above its predecessor's."""
    if not parts:
        return whole.fusion.ranked(limit)
    sources = [found.fusion.ranked(limit) for found in (whole, *parts)]
    merged: dict[str, RankedChunk] = {}
    lowest = inf
    for entry in filter(None, chain.from_iterable(zip_longest(*sources))):
        if entry.chunk.chunk_id not in merged and len(merged) < limit:
            lowest = min(lowest, entry.score)
            merged[entry.chunk.chunk_id] = entry.model_copy(update={"score": lowest})
    return list(merged.values())


def _nothing(query: str, reason: str) -> RetrievedKnowledge:
    return RetrievedKnowledge(query=query, ranked=[], confidence=0.0, abstained=True, reason=reason)
