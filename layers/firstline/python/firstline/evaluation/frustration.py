"""Task ``frustration``: messages, or conversations by the customer's worst moment, beside VADER."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.mood import Mood, asked_again
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import auroc
from firstline.evaluation.mood_judges import FEW, moods, seen_in_training
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.evaluation.sentiment import data_file, texts_of
from firstline.evaluation.vader import EDGE, NOT_INSTALLED, vader

FRUSTRATED = 0.5
"""From here on a message counts as frustrated in ``f1``."""


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``test.jsonl`` or ``data.jsonl`` of {text, label: 0 or 1} or {turns: [{role, text}], label}.

    Raises
    ------
    InvalidDataError
        There is neither file, a row does not fit, or one of the two labels is missing.

    Notes
    -----
    A conversation's frustration is the highest of its customer's messages, each judged with those before it. Nothing
    is learnt from the folder; rows that the shipped weights have learnt from are left out where they are few, and
    scored by folds where they are more than one in twenty.
    """
    started = time.perf_counter()
    path = data_file(folder)
    found = _read(path, limit, seed)
    learnt = np.array([bool(seen_in_training(texts).all()) for texts, _ in found])
    notes = [f"f1: frustrated from {FRUSTRATED} on"]
    if 0 < learnt.mean() <= FEW:
        notes.append(f"{int(learnt.sum())} rows that the shipped weights have learnt from are left out")
        found = [one for one, was in zip(found, learnt, strict=True) if not was]
        learnt = np.zeros(len(found), dtype=bool)
    elif learnt.any():
        notes.append(f"{int(learnt.sum())} rows were learnt from: scored by folds, each unseen")
    truth = np.array([label for _, label in found], dtype=bool)
    if truth.all() or not truth.any():
        raise InvalidDataError(path, 0, "needs rows of both labels")
    said = [text for texts, _ in found for text in texts]
    sizes = [len(texts) for texts, _ in found]
    judged = iter(moods(said, np.repeat(learnt, sizes), embedder, folder, progress))
    ours = np.array([_worst(texts, [next(judged) for _ in texts]) for texts, _ in found])
    peers: dict[str, dict[str, Any]] = {}
    score = vader()
    if score is None:
        notes.append(NOT_INSTALLED)
    else:
        theirs = np.array([max(-score(text) for text in texts) for texts, _ in found])
        peers["vader"] = _measures(theirs, theirs >= EDGE, truth)
    return EvaluationResult(
        task="frustration",
        data=folder.name,
        n=len(found),
        seconds=round(time.perf_counter() - started, 2),
        ours=_measures(ours, ours >= FRUSTRATED, truth),
        peers=peers,
        notes=notes,
    )


def _worst(texts: list[str], judged: list[Mood]) -> float:
    return max(
        asked_again(mood.frustration, text, texts[:place])
        for place, (text, mood) in enumerate(zip(texts, judged, strict=True))
    )


def _read(path: Path, limit: int | None, seed: int) -> list[tuple[list[str], int]]:
    found = []
    for number, row in rows(path):
        if row.get("label") not in (0, 1):
            raise InvalidDataError(path, number, "label is neither 0 nor 1")
        if "turns" in row:
            texts = texts_of(row["turns"]) if isinstance(row["turns"], list) else []
            if not texts:
                raise InvalidDataError(path, number, "turns hold no text of a customer's")
        else:
            texts = [text_of(path, number, row, "text")]
        found.append((texts, int(row["label"])))
    return found if limit is None or limit >= len(found) else random.Random(seed).sample(found, limit)  # noqa: S311


def _measures(scores: NDArray[np.float64], called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, Any]:
    right = int((called & truth).sum())
    return {
        "auroc": round(auroc(scores[truth], scores[~truth]), 4),
        "f1": round(2 * right / max(1, int(called.sum()) + int(truth.sum())), 4),
    }
