"""Fits the confidence of an answer on judged questions.

``python -m firstline.evaluation.confidence MODEL_FOLDER OUT_JSON FOLDER [FOLDER ...]`` writes what ships as
``domain/confidence.json``. Each answerable question is used twice: as it is, and with every chunk of its judged
documents taken away, which makes an unanswerable question whose neighbours are still there.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.adapters.local.embedder import OnnxEmbedder
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.ports import Embedder
from firstline.domain.ranking import ConfidenceFeatures, confidence_features, fuse
from firstline.evaluation.metrics import auroc
from firstline.evaluation.retrieval_data import read_retrieval_data
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import DEFAULT_CANDIDATES

RIDGE = 1.0
STEPS = 50
FOLDS = 5
DECLINED_OF_ANSWERED = 0.07
"""The threshold declines this share of the questions whose best chunk does answer."""


@dataclass(frozen=True)
class JudgedFeatures:
    """Features of one collection's questions."""

    features: NDArray[np.float64]
    """Shape (n, n_features)."""
    answered: NDArray[np.bool_]
    """The best chunk is of a judged document; shape (n,)."""
    answerable: NDArray[np.bool_]
    """Some chunk is; shape (n,)."""
    made: NDArray[np.bool_]
    """Unanswerable only because its documents were taken away; shape (n,)."""
    question: NDArray[np.int64]
    """Which question the row is of; shape (n,)."""


def judged_features(folder: Path, embedder: Embedder) -> JudgedFeatures:
    """Search a folder's questions and measure what confidence is judged by."""
    data = read_retrieval_data(folder)
    rows: list[tuple[tuple[float, ...], bool, bool, bool, int]] = []
    with tempfile.TemporaryDirectory(prefix="firstline-confidence-") as temporary:
        index = SQLiteKnowledgeIndex(Path(temporary, "knowledge.db"), dimensions=embedder.dimensions)
        ingest = IngestKnowledge(FolderObjectStore(folder), index, embedder)
        _ = ingest.ingest(data.key) if data.key else ingest.sync()
        for number, query in enumerate(data.queries):
            found = index.candidates(query.text, embedder.embed([query.text])[0], limit=DEFAULT_CANDIDATES)
            without = [candidate for candidate in found if data.name_of(candidate.chunk) not in query.gains]
            for candidates, reduced in ((found, False), (without, True)):
                if reduced and not query.gains:
                    continue
                ranked = fuse(candidates)
                measured = astuple(confidence_features(query.text, candidates, ranked))
                right = data.name_of(ranked[0].chunk) in query.gains
                rows.append((measured, right, bool(query.gains) and not reduced, reduced, number))
        index.close()
    features, answered, answerable, made, question = zip(*rows, strict=True)
    return JudgedFeatures(
        np.array(features), np.array(answered), np.array(answerable), np.array(made), np.array(question)
    )


def fit_logistic(
    features: NDArray[np.float64], answered: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Fit a ridge logistic regression by Newton's method.

    Parameters
    ----------
    features : ndarray, shape (n, n_features)
    answered : ndarray, shape (n,)
    weight : ndarray, shape (n,)
        How much each row counts, > 0.

    Returns
    -------
    weights : ndarray, shape (n_features,)
        For features as they are, not standardised.
    intercept : float
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    penalty = np.diag([RIDGE] * features.shape[1] + [0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-rows @ solution))
        gradient = rows.T @ (weight * (probability - answered)) + penalty @ solution
        curvature = (rows * (weight * probability * (1 - probability))[:, None]).T @ rows + penalty
        solution -= np.linalg.solve(curvature, gradient)
    weights = solution[:-1] / spread
    return weights, float(solution[-1] - weights @ mean)


def fit_calibration(collections: Mapping[str, JudgedFeatures]) -> dict[str, object]:
    """Fit on all collections, each counting alike, and report cross-validated AUROC of each."""
    return _fitted(list(collections), list(collections.values()))


def _fitted(names: Sequence[str], collections: Sequence[JudgedFeatures]) -> dict[str, object]:
    features = np.concatenate([collection.features for collection in collections])
    answered = np.concatenate([collection.answered for collection in collections])
    answerable = np.concatenate([collection.answerable for collection in collections])
    made = np.concatenate([collection.made for collection in collections])
    question = np.concatenate([collection.question for collection in collections])
    which = np.repeat(np.arange(len(collections)), [len(collection.answered) for collection in collections])
    weight = np.concatenate([np.full(len(entry.answered), 1.0 / len(entry.answered)) for entry in collections])
    weight *= len(answered) / len(collections)
    logits = np.zeros(len(answered))
    for fold in range(FOLDS):
        kept = question % FOLDS != fold
        weights, intercept = fit_logistic(features[kept], answered[kept], weight[kept])
        logits[~kept] = features[~kept] @ weights + intercept
    across: list[float] = []
    without: dict[str, dict[str, object]] = {}
    for number in range(len(collections)):
        others = which != number if len(collections) > 1 else which == number
        weights, intercept = fit_logistic(features[others], answered[others], weight[others])
        without[names[number]] = _spelled(weights, intercept)
        own = which == number
        scores = features @ weights + intercept
        across.append(auroc(scores[own & answerable], scores[own & ~answerable & ~made]))
    weights, intercept = fit_logistic(features, answered, weight)
    probability = 1 / (1 + np.exp(-logits))
    threshold = float(np.quantile(probability[answered], DECLINED_OF_ANSWERED))
    return {
        **_spelled(weights, intercept),
        "threshold": round(threshold, 3),
        "fitted_without": without,
        "abstention_auroc_in_folds": [
            round(auroc(logits[(which == n) & answerable], logits[(which == n) & ~answerable & ~made]), 3)
            for n in range(len(collections))
        ],
        "abstention_auroc_fitted_on_the_others": [round(value, 3) for value in across],
        "declined_unanswerable_in_folds": [
            round(float(np.mean(probability[(which == n) & ~answerable & ~made] < threshold)), 3)
            for n in range(len(collections))
        ],
        "brier_in_folds": round(float(np.average((probability - answered) ** 2, weights=weight)), 4),
    }


def _spelled(weights: NDArray[np.float64], intercept: float) -> dict[str, object]:
    named = zip(ConfidenceFeatures.__dataclass_fields__, weights, strict=True)
    return {"weights": {name: round(float(value), 4) for name, value in named}, "intercept": round(intercept, 4)}


def main(arguments: Sequence[str]) -> int:
    """Fit and write the file."""
    model, out, *folders = arguments
    embedder = OnnxEmbedder(Path(model))
    collections = {Path(folder).resolve().name: judged_features(Path(folder), embedder) for folder in folders}
    fitted = {"fitted_on": list(collections)} | fit_calibration(collections)
    Path(out).write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
