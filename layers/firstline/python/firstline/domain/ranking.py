"""Candidates fused into one order, and how far the best one can be trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.knowledge import Candidate, RankedChunk
from firstline.domain.lexical import terms

_CALIBRATION_FILE = Path(__file__).with_name("confidence.json")
_FLAT = 1e-9
_RARITY_SAMPLE = 10


@dataclass(frozen=True)
class FusionWeights:
    """How much each score weighs; scores are standardised over a query's candidates first."""

    bm25: float = 0.3
    text: float = 0.5
    heading: float = 0.2


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


@dataclass(frozen=True)
class Calibration:
    """A logistic model over ``ConfidenceFeatures``."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float
    """Confidence below which nothing is served; in [0, 1]."""


def fuse(candidates: Sequence[Candidate], weights: FusionWeights | None = None) -> list[RankedChunk]:
    """Order candidates by their fused score, best first; of chunks with equal content only the first stays.

    Each score is turned into standard deviations from its mean over the candidates, then weighed and summed. Equal
    scores are ordered by chunk id, so that both indexes rank alike.
    """
    if not candidates:
        return []
    weights = weights or FusionWeights()
    ordered = sorted(candidates, key=lambda candidate: candidate.chunk.chunk_id)
    fused = (
        weights.bm25 * _standardised([candidate.bm25 for candidate in ordered])
        + weights.text * _standardised([candidate.text_cosine for candidate in ordered])
        + weights.heading * _standardised([candidate.heading_cosine for candidate in ordered])
    )
    ranked: list[RankedChunk] = []
    seen: set[str] = set()
    for at in np.argsort(-fused, kind="stable").tolist():
        candidate = ordered[at]
        if candidate.chunk.content_hash not in seen:
            seen.add(candidate.chunk.content_hash)
            distance = min(2.0, max(0.0, 1.0 - candidate.text_cosine))
            ranked.append(RankedChunk(chunk=candidate.chunk, score=float(fused[at]), distance=distance))
    return ranked


def confidence_features(
    query: str, candidates: Sequence[Candidate], ranked: Sequence[RankedChunk]
) -> ConfidenceFeatures:
    """Measure how well the best chunk fits the query.

    Parameters
    ----------
    candidates : sequence of Candidate
        What ``ranked`` was fused from; not empty.
    """
    by_id = {candidate.chunk.chunk_id: candidate for candidate in candidates}
    first = [by_id[entry.chunk.chunk_id] for entry in ranked[:3]]
    scores = [entry.score for entry in ranked]
    spread = float(np.std(scores))
    asked = set(terms(query))
    return ConfidenceFeatures(
        best_cosine=max(max(candidate.text_cosine, candidate.heading_cosine) for candidate in first),
        coverage=_coverage(asked, ranked[:_RARITY_SAMPLE]),
        lead=_lead(scores) / spread if spread > _FLAT else 0.0,
        text_lead=_lead([candidate.text_cosine for candidate in candidates]),
        heading_lead=_lead([candidate.heading_cosine for candidate in candidates]),
        log_terms=math.log1p(len(asked)),
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


def _lead(scores: Sequence[float]) -> float:
    ordered = sorted(scores, reverse=True)
    return ordered[0] - sum(ordered[1:11]) / len(ordered[1:11]) if len(ordered) > 1 else 0.0


def _coverage(asked: set[str], ranked: Sequence[RankedChunk]) -> float:
    if not asked:
        return 0.0
    found = [_distinct_terms(entry.chunk.heading, entry.chunk.text) for entry in ranked]
    rarity = {term: math.log1p(len(found) / (1 + sum(term in of_chunk for of_chunk in found))) for term in asked}
    return sum(rarity[term] for term in sorted(asked & found[0])) / sum(sorted(rarity.values()))


@lru_cache(maxsize=4_096)
def _distinct_terms(heading: str, text: str) -> frozenset[str]:
    return frozenset(terms(heading)) | frozenset(terms(text))


def _standardised(values: Sequence[float]) -> NDArray[np.float64]:
    scores = np.array(values, dtype=np.float64)
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > _FLAT else np.zeros_like(scores)
