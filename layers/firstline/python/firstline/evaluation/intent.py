"""Task ``intent``: a company's own intents, learnt from its examples as ``OwnIntents`` learns them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.intent_model import fit_intents
from firstline.domain.judged import Judged
from firstline.domain.ports import Embedder
from firstline.domain.ridge_head import OUT_OF_SCOPE
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import auroc, macro_f1
from firstline.evaluation.result import EvaluationResult, Progress

_AT_ONCE = 250
OUT_FROM = 0.5
"""From this likelihood on a message is taken for out of scope."""


@dataclass(frozen=True)
class Row:
    """A text with its label, ``oos`` for none."""

    text: str
    label: str


def evaluate(
    folder: Path,
    embedder: Embedder,
    *,
    limit: int | None,
    seed: int,
    progress: Progress,
    shots: int | None = None,
) -> EvaluationResult:
    """Learn ``train.jsonl`` (and ``oos_train.jsonl``), score ``test.jsonl`` (and ``oos_test.jsonl``) of {text, label}.

    Parameters
    ----------
    shots : int, optional
        Learn so many examples of every label, drawn by the seed; those out of scope are not touched.

    Raises
    ------
    InvalidDataError
        A file is missing or does not fit, or fewer than two labels are to be learnt.
    """
    started = time.perf_counter()
    if shots is not None and shots < 1:
        raise InvalidDataError(folder / "train.jsonl", 0, "--shots must be at least 1")
    train = _few(_read(folder, "train"), shots, seed)
    test = _read(folder, "test")
    if limit is not None and limit < len(test):
        test = random.Random(seed).sample(test, limit)  # noqa: S311
    if len({row.label for row in train} - {OUT_OF_SCOPE}) < 2:
        raise InvalidDataError(folder / "train.jsonl", 0, "needs two labels at least")
    if not any(row.label != OUT_OF_SCOPE for row in test):
        raise InvalidDataError(folder / "test.jsonl", 0, "holds nothing in scope")
    fitting = time.perf_counter()
    model, _ = fit_intents(
        [row.text for row in train],
        [row.label for row in train],
        lambda texts: _embedded(embedder, texts, "examples", progress),
        step=lambda name: progress(name, 1, 1),
    )
    fitted = time.perf_counter() - fitting
    asked = _embedded(embedder, [row.text for row in test], "messages", progress)
    judged, took = [], []
    for row, vector in zip(test, asked, strict=True):
        began = time.perf_counter()
        judged.append(model.judge(row.text, vector, explain=False))
        took.append(time.perf_counter() - began)
    ours = _measures(test, judged) | {
        "fit_seconds": round(fitted, 2),
        "p50_ms": round(float(np.median(took)) * 1000, 3),
    }
    return EvaluationResult(
        task="intent",
        data=folder.name,
        n=len(test),
        seconds=round(time.perf_counter() - started, 2),
        ours=ours,
        peers={"tfidf_linear_svc": tfidf_linear_svc(train, test)},
        notes=[f"{len(train)} examples of {len(model.head.labels)} labels; p50_ms is without the embedding"],
    )


def _read(folder: Path, name: str) -> list[Row]:
    paths = [folder / f"{name}.jsonl", folder / f"oos_{name}.jsonl"]
    found = []
    for path in paths[: 1 + paths[1].is_file()]:
        for number, row in rows(path):
            found.append(Row(text_of(path, number, row, "text"), text_of(path, number, row, "label")))
    return found


def _few(train: list[Row], shots: int | None, seed: int) -> list[Row]:
    if shots is None:
        return train
    shuffled = random.Random(seed).sample(train, len(train))  # noqa: S311
    taken: Counter[str] = Counter()
    kept = []
    for row in shuffled:
        taken[row.label] += 1
        if row.label == OUT_OF_SCOPE or taken[row.label] <= shots:
            kept.append(row)
    return kept


def _embedded(embedder: Embedder, texts: Sequence[str], what: str, progress: Progress) -> NDArray[np.float32]:
    found = []
    for start in range(0, len(texts), _AT_ONCE):
        found.append(embedder.embed(texts[start : start + _AT_ONCE]))
        progress(what, min(start + _AT_ONCE, len(texts)), len(texts))
    return np.concatenate(found)


def _measures(test: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Any]:
    outside = np.array([row.label == OUT_OF_SCOPE for row in test])
    likely_outside = np.array([one.out_of_scope for one in judged])
    found = _quality(test, [one.label for one in judged])
    found["in_scope_accepted"] = round(float((likely_outside[~outside] < OUT_FROM).mean()), 4)
    if outside.any():
        found["oos_auroc"] = round(auroc(likely_outside[outside], likely_outside[~outside]), 4)
        found["oos_recall"] = round(float((likely_outside[outside] >= OUT_FROM).mean()), 4)
    return found


def _quality(test: Sequence[Row], said: Sequence[str]) -> dict[str, Any]:
    pairs = [(row.label, label) for row, label in zip(test, said, strict=True) if row.label != OUT_OF_SCOPE]
    return {
        "accuracy": round(sum(label == told for told, label in pairs) / len(pairs), 4),
        "macro_f1": round(macro_f1(pairs), 4),
    }


def tfidf_linear_svc(train: Sequence[Row], test: Sequence[Row]) -> dict[str, Any]:
    """Return the scores of TF-IDF with a linear support vector machine, which knows nothing of what is out of scope."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC

    inside = [row for row in train if row.label != OUT_OF_SCOPE]
    peer = make_pipeline(
        FeatureUnion(
            [
                ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
            ]
        ),
        LinearSVC(),
    ).fit([row.text for row in inside], [row.label for row in inside])
    scores = peer.decision_function([row.text for row in test])
    scores = np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
    found = _quality(test, [str(label) for label in peer.classes_[scores.argmax(axis=1)]])
    outside = np.array([row.label == OUT_OF_SCOPE for row in test])
    if outside.any():
        found["oos_auroc"] = round(auroc(-scores[outside].max(axis=1), -scores[~outside].max(axis=1)), 4)
    return found
