"""Candidates fused into one order, and how far the best one can be trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.knowledge import Candidate, Chunk, RankedChunk
from firstline.domain.lexical import mentions, terms

_CALIBRATION_FILE = Path(__file__).with_name("confidence.json")
_FLAT = 1e-9
_RARITY_SAMPLE = 10
_NEXT = 10


@dataclass(frozen=True)
class FusionWeights:
    """How much each score weighs; scores are standardised over a query's candidates first."""

    bm25: float = 0.3
    text: float = 0.5
    heading: float = 0.2
    code: float = 0.2
    """Of the share of the query's codes that stand in the heading."""
    document: float = 0.1
    """Of what those sum to for the best other candidate of the same document: one that answers is often found twice.
    Below 1, so that it never turns the order within a document."""


@dataclass(frozen=True)
class ConfidenceFeatures:
    """What confidence is judged by; each means the same in any collection."""

    best_cosine: float
    """Highest cosine, of text or heading, among the first three chunks; in [-1, 1]."""
    coverage: float
    """Share of the query's terms found in the best chunk, rarer ones counting more; in [0, 1]."""
    lead: float
    """Fused score of the best chunk above the mean of the next ten, in standard deviations of all candidates."""
    text_lead: float
    """Highest cosine of a text above the mean of the next ten; in [0, 2]."""
    heading_lead: float
    """The same for headings."""
    log_terms: float
    """Natural logarithm of 1 + the number of different terms asked."""
    log_candidates: float
    """Natural logarithm of 1 + the number of candidates: the best of five proves less than the best of a hundred."""


@dataclass(frozen=True)
class Calibration:
    """A logistic model over ``ConfidenceFeatures``."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float
    """Confidence below which nothing is served; in [0, 1]."""


@dataclass(frozen=True)
class Fusion:
    """Candidates in one order, best first; of chunks with equal content only the first is kept."""

    candidates: list[Candidate]
    scores: NDArray[np.float64]
    """Fused score of each; shape (n_candidates,), descending."""

    def ranked(self, limit: int | None = None) -> list[RankedChunk]:
        """Return the first ``limit`` chunks with their scores, or all."""
        return [
            RankedChunk.model_construct(
                chunk=candidate.chunk, score=score, distance=min(2.0, max(0.0, 1.0 - candidate.text_cosine))
            )
            for candidate, score in zip(self.candidates[:limit], self.scores[:limit].tolist(), strict=True)
        ]


def fuse_candidates(
    candidates: Sequence[Candidate], weights: FusionWeights | None = None, *, asked: AbstractSet[str] = frozenset()
) -> Fusion:
    """Order candidates by their fused score.

    Parameters
    ----------
    asked : set of str
        The query's codes, by ``lexical.codes``.

    Returns
    -------
    Fusion

    Notes
    -----
    Each score is turned into standard deviations from its mean over the candidates, then weighed and summed. To the
    sum a share of what the document's best other candidate reaches is added. Equal scores are ordered by chunk id, so
    that both indexes rank alike.
    """
    if not candidates:
        return Fusion([], np.empty(0))
    weights = weights or FusionWeights()
    ordered = sorted(candidates, key=_chunk_id)
    columns = np.array([candidate[1:] for candidate in ordered], dtype=np.float64)  # (n_candidates, 3)
    fused = _standardised(columns) @ np.array([weights.bm25, weights.text, weights.heading])
    if asked and weights.code:
        fused += weights.code * _standardised(np.array([_share_mentioned(asked, entry.chunk) for entry in ordered]))
    if weights.document:
        fused += weights.document * _best_other(fused, [entry.chunk.source for entry in ordered])
    by_content: dict[str, int] = {}
    for at in np.argsort(-fused, kind="stable").tolist():
        by_content.setdefault(ordered[at].chunk.content_hash, at)
    kept = list(by_content.values())
    return Fusion([ordered[at] for at in kept], fused[kept])


def fuse(candidates: Sequence[Candidate], weights: FusionWeights | None = None) -> list[RankedChunk]:
    """Return the candidates' chunks in the order of ``fuse_candidates``."""
    return fuse_candidates(candidates, weights).ranked()


def confidence_features(query: str, fusion: Fusion) -> ConfidenceFeatures:
    """Measure how well the best chunk fits the query.

    Parameters
    ----------
    fusion : Fusion
        Not empty.
    """
    columns = np.array([candidate[1:] for candidate in fusion.candidates], dtype=np.float64)
    spread = float(fusion.scores.std())
    asked = set(terms(query))
    return ConfidenceFeatures(
        best_cosine=float(columns[:3, 1:].max()),
        coverage=_coverage(asked, [candidate.chunk for candidate in fusion.candidates[:_RARITY_SAMPLE]]),
        lead=_lead(fusion.scores) / spread if spread > _FLAT else 0.0,
        text_lead=_lead(columns[:, 1]),
        heading_lead=_lead(columns[:, 2]),
        log_terms=math.log1p(len(asked)),
        log_candidates=math.log1p(len(fusion.candidates)),
    )


def confidence(features: ConfidenceFeatures, calibration: Calibration) -> float:
    """Return the estimated probability that the best chunk answers, in [0, 1]."""
    logit = calibration.intercept + float(np.dot(calibration.weights, astuple(features)))
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    """Return the calibration beside this module; ``confidence.json`` says what it was fitted on."""
    shipped = _shipped()
    return _calibration(shipped, shipped["threshold"])


def calibration_without(collection: str) -> Calibration | None:
    """Return the calibration fitted on all collections but this one, None where it was never fitted on."""
    shipped = _shipped()
    fitted = shipped["fitted_without"].get(collection)
    return _calibration(fitted, shipped["threshold"]) if fitted else None


def _shipped() -> dict[str, Any]:
    shipped: dict[str, Any] = json.loads(_CALIBRATION_FILE.read_text(encoding="utf-8"))
    return shipped


def _calibration(fitted: dict[str, Any], threshold: float) -> Calibration:
    weights = tuple(float(fitted["weights"][name]) for name in ConfidenceFeatures.__dataclass_fields__)
    return Calibration(weights, float(fitted["intercept"]), float(threshold))


def _chunk_id(candidate: Candidate) -> str:
    return candidate.chunk.chunk_id


def _share_mentioned(asked: AbstractSet[str], chunk: Chunk) -> float:
    heading = chunk.heading.lower()
    return sum(mentions(heading, code) for code in asked) / len(asked)


def _best_other(fused: NDArray[np.float64], sources: Sequence[str]) -> NDArray[np.float64]:
    """Return the score of the best other candidate of each one's document, 0 (the mean) where there is none."""
    others = np.zeros(len(fused))
    best: dict[str, int] = {}
    second: set[str] = set()
    for at in np.argsort(-fused, kind="stable").tolist():
        first = best.setdefault(sources[at], at)
        if first != at:
            others[at] = fused[first]
            if sources[at] not in second:
                second.add(sources[at])
                others[first] = fused[at]
    return others


def _lead(scores: NDArray[np.float64]) -> float:
    """Return how far the highest lies above the mean of the next ten; those that are not there count as 0."""
    ordered = np.sort(scores)[::-1]
    return float(ordered[0] - ordered[1 : 1 + _NEXT].sum() / _NEXT)


def _coverage(asked: set[str], first: Sequence[Chunk]) -> float:
    if not asked:
        return 0.0
    found = [_distinct_terms(chunk.heading, chunk.text) for chunk in first]
    rarity = {term: math.log1p(len(found) / (1 + sum(term in of_chunk for of_chunk in found))) for term in asked}
    return sum(rarity[term] for term in sorted(asked & found[0])) / sum(sorted(rarity.values()))


@lru_cache(maxsize=4_096)
def _distinct_terms(heading: str, text: str) -> frozenset[str]:
    return frozenset(terms(heading)) | frozenset(terms(text))


def _standardised(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column in standard deviations from its mean; zeros where all its values are equal."""
    spread = columns.std(axis=0)
    return np.where(spread > _FLAT, (columns - columns.mean(axis=0)) / np.maximum(spread, _FLAT), 0.0)
