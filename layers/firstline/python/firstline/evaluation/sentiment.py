"""Task ``sentiment``: negative, neutral or positive, beside VADER."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.mood import SENTIMENT_THRESHOLD
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import auroc
from firstline.evaluation.mood_calibration import macro_f1
from firstline.evaluation.mood_judges import FEW, moods, seen_in_training
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.evaluation.vader import EDGE, NOT_INSTALLED, vader

SIGNS = {"negative": -1, "neutral": 0, "positive": 1}


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``test.jsonl`` or ``data.jsonl`` of {text, label: negative, neutral or positive}.

    Raises
    ------
    InvalidDataError
        There is neither file, or a row does not fit.

    Notes
    -----
    Nothing is learnt from the folder. Texts that the shipped weights have learnt from are left out where they are at
    most one in twenty, and are scored by folds where they are more.
    """
    started = time.perf_counter()
    texts, labels = _read(data_file(folder), limit, seed)
    learnt = seen_in_training(texts)
    notes = [f"a sentiment from {SENTIMENT_THRESHOLD} on is called positive, from -{SENTIMENT_THRESHOLD} down negative"]
    kept = ~learnt if 0 < learnt.mean() <= FEW else np.ones(len(texts), dtype=bool)
    if not kept.all():
        notes.append(f"{int((~kept).sum())} texts that the shipped weights have learnt from are left out")
    elif learnt.any():
        notes.append(f"{int(learnt.sum())} texts were learnt from: scored by folds, each unseen")
    texts, truth, learnt = [texts[place] for place in np.flatnonzero(kept)], labels[kept], learnt[kept]
    found = moods(texts, learnt, embedder, folder, progress)
    sentiments = np.array([mood.sentiment for mood in found])
    called = np.array([SIGNS[mood.label()] for mood in found])
    peers: dict[str, dict[str, Any]] = {}
    score = vader()
    if score is None:
        notes.append(NOT_INSTALLED)
    else:
        theirs = np.array([score(text) for text in texts])
        peers["vader"] = _measures(np.where(theirs >= EDGE, 1, np.where(theirs <= -EDGE, -1, 0)), theirs, truth)
    return EvaluationResult(
        task="sentiment",
        data=folder.name,
        n=len(texts),
        seconds=round(time.perf_counter() - started, 2),
        ours=_measures(called, sentiments, truth),
        peers=peers,
        notes=notes,
    )


def data_file(folder: Path) -> Path:
    """Return ``test.jsonl`` of a folder, else ``data.jsonl``."""
    test = folder / "test.jsonl"
    return test if test.is_file() else folder / "data.jsonl"


def _read(path: Path, limit: int | None, seed: int) -> tuple[list[str], NDArray[np.int64]]:
    found = []
    for number, row in rows(path):
        if row.get("label") not in SIGNS:
            raise InvalidDataError(path, number, "label is not negative, neutral or positive")
        found.append((text_of(path, number, row, "text"), SIGNS[row["label"]]))
    if limit is not None and limit < len(found):
        found = random.Random(seed).sample(found, limit)  # noqa: S311
    return [text for text, _ in found], np.array([label for _, label in found], dtype=np.int64)


def _measures(called: NDArray[np.int64], sentiments: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, Any]:
    negative = truth == -1
    measures: dict[str, Any] = {
        "macro_f1": round(macro_f1(called, truth), 4),
        "accuracy": round(float((called == truth).mean()), 4),
    }
    if negative.any() and not negative.all():
        measures["negative_auroc"] = round(auroc(-sentiments[negative], -sentiments[~negative]), 4)
    return measures


def texts_of(turns: Sequence[Any]) -> list[str]:
    """Return what the customer says of a conversation's turns {role, text}; every role but the company's own."""
    return [
        turn["text"]
        for turn in turns
        if isinstance(turn, dict)
        and isinstance(turn.get("text"), str)
        and turn["text"].strip()
        and str(turn.get("role", "customer")).lower() not in COMPANY
    ]


COMPANY = frozenset({"agent", "assistant", "bot", "system", "support", "operator", "company", "human_agent", "staff"})
"""Names of the roles in a conversation that are not the customer's."""
