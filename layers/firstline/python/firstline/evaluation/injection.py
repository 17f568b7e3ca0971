"""Task ``injection``: attacks told from innocent texts, the public sets it learnt from by folds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.injection import shipped_model
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.injection_training import (
    SEEN_FILE,
    TRAINING_FILE,
    Example,
    fingerprint,
    fold_of,
    read_own,
    read_public,
    train,
)
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import auroc
from firstline.evaluation.result import EvaluationResult, Progress

N_FOLDS = 5

Score = Callable[[str], float]


def evaluate(
    folder: Path,
    embedder: Embedder,
    *,
    limit: int | None,
    seed: int,
    progress: Progress,
    without: str | None = None,
) -> EvaluationResult:
    """Score ``data.jsonl`` of {text, label: attack or benign, kind}.

    Parameters
    ----------
    without : str, optional
        Attacks whose kind begins so are left out of training, and only they are scored beside the innocent texts.

    Raises
    ------
    InvalidDataError
        A row does not fit, or one of the two labels is missing.

    Notes
    -----
    A text that the shipped weights have seen is scored by a judge trained without its fold (and without ``without``).
    The embedder is not used: a judge of sentence vectors beside these did not help on kinds of attack left out of
    training.
    """
    started = time.perf_counter()
    examples = _read(folder / "data.jsonl", limit, seed)
    if without is not None:
        examples = [one for one in examples if one.label == "benign" or one.kind.startswith(without)]
    attacks = np.array([one.label == "attack" for one in examples])
    if attacks.all() or not attacks.any():
        raise InvalidDataError(folder / "data.jsonl", 0, "needs attacks and benign texts")
    seen = np.isin(np.array([fingerprint(one.text) for one in examples], dtype=np.uint64), np.load(SEEN_FILE))
    scores = np.zeros(len(examples))
    shipped = shipped_model().score
    by_fold = range(N_FOLDS) if without is not None or seen.any() else ()
    judged_by_fold = seen if without is None else np.ones(len(examples), dtype=bool)
    for fold in by_fold:
        score = _judge_without(fold, folder, without)
        for place in np.flatnonzero(judged_by_fold):
            if fold_of(examples[place].text, N_FOLDS) == fold:
                scores[place] = score(examples[place].text)
        progress("folds", fold + 1, N_FOLDS)
    for place in np.flatnonzero(~judged_by_fold):
        scores[place] = shipped(examples[place].text)
    took = _milliseconds(shipped, [one.text for one in examples])
    ours: dict[str, Any] = _measures(scores, attacks) | {
        "tpr_at_threshold": round(float((scores[attacks] >= 0).mean()), 4),
        "fpr_at_threshold": round(float((scores[~attacks] >= 0).mean()), 4),
        "p50_ms": took,
        "per_kind": _per_kind(examples, scores),
    }
    notes = ["per_kind: share at or above the threshold of attacks, below it of benign texts"]
    if judged_by_fold.any():
        notes.append(f"{int(judged_by_fold.sum())} texts were seen in training: scored by {N_FOLDS} folds, each unseen")
    if without is not None:
        notes.append(f"attacks of kind {without} were left out of training")
    return EvaluationResult(
        task="injection",
        data=folder.name,
        n=len(examples),
        seconds=round(time.perf_counter() - started, 2),
        ours=ours,
        peers={"tfidf_logistic_regression": _measures(_peer(examples, attacks, seed), attacks)},
        notes=notes,
    )


def _read(path: Path, limit: int | None, seed: int) -> list[Example]:
    found = []
    for number, row in rows(path):
        if row.get("label") not in ("attack", "benign"):
            raise InvalidDataError(path, number, "label is neither attack nor benign")
        kind = row.get("kind", row["label"])
        if not isinstance(kind, str):
            raise InvalidDataError(path, number, "kind is not text")
        found.append(Example(text_of(path, number, row, "text"), row["label"], kind, "given"))
    return found if limit is None or limit >= len(found) else random.Random(seed).sample(found, limit)  # noqa: S311


def _judge_without(fold: int, folder: Path, without: str | None) -> Score:
    """Train on our own examples and on the public sets beside the folder, less a fold and a kind."""
    public = read_public(folder.resolve().parent)
    if not any(one.origin == "injection_direct" for one in public):
        public += [one for one in _read(folder / "data.jsonl", None, 0) if not _is_mail_set(one)]
    kept = [
        one
        for one in public
        if fold_of(one.text, N_FOLDS) != fold
        and not (without is not None and one.label == "attack" and one.kind.startswith(without))
    ]
    return train(read_own(TRAINING_FILE) + kept).score


def _is_mail_set(one: Example) -> bool:
    return one.kind == "mail" or one.kind.startswith("bipia")


def _measures(scores: NDArray[np.float64], attacks: NDArray[np.bool_]) -> dict[str, Any]:
    at = np.quantile(scores[~attacks], 0.99, method="higher")
    return {
        "auroc": round(auroc(scores[attacks], scores[~attacks]), 4),
        "tpr_at_1fpr": round(float((scores[attacks] > at).mean()), 4),
    }


def _per_kind(examples: Sequence[Example], scores: NDArray[np.float64]) -> dict[str, float]:
    right: dict[str, list[bool]] = {}
    for one, score in zip(examples, scores, strict=True):
        kind = one.kind.partition("/")[0] if one.label == "benign" else one.kind.rpartition("/")[0] or one.kind
        right.setdefault(f"{one.label} {kind}", []).append((score >= 0) == (one.label == "attack"))
    return {kind: round(float(np.mean(found)), 4) for kind, found in sorted(right.items())}


def _milliseconds(score: Score, texts: Iterable[str]) -> float:
    took = []
    for text in list(texts)[:200]:
        started = time.perf_counter()
        score(text)
        took.append(time.perf_counter() - started)
    return round(float(np.median(took)) * 1000, 3)


def _peer(examples: Sequence[Example], attacks: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    texts = np.array([one.text for one in examples], dtype=object)
    scores = np.zeros(len(texts))
    n_folds = min(N_FOLDS, int(attacks.sum()), int((~attacks).sum()))
    if n_folds < 2:
        return scores
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    for learnt, judged in folds.split(texts, attacks):
        peer = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=20.0, max_iter=1000)
        )
        scores[judged] = peer.fit(texts[learnt], attacks[learnt]).decision_function(texts[judged])
    return scores
