"""Task ``urgency``: texts rated for how soon they need an answer, beside keyword rules."""

from __future__ import annotations

import math
import random
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.ports import Embedder
from firstline.domain.urgency import judge_urgency
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import auroc, spearman
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.evaluation.urgency_training import TRAINING_FILE, read_own

TOP = 0.75
_AT_ONCE = 200
_KEYWORDS = re.compile(
    r"\b(?:urgent|urgently|asap|immediately|emergency|critical|right now|help|deadline|today|tonight|down|outage|"
    r"cannot|can't|broken|blocked|stolen|hacked|lost|danger|dangerous|important|serious|severe|worse|hurry|quickly)\b"
)


def evaluate(
    folder: Path,
    embedder: Embedder,
    *,
    limit: int | None,
    seed: int,
    progress: Progress,
    threshold: float | None = None,
) -> EvaluationResult:
    """Score ``data.jsonl`` of {text, urgency: number}.

    Parameters
    ----------
    threshold : float, optional
        Ratings from here on are the urgent ones of ``auroc``; without it the top quarter of the ratings.

    Raises
    ------
    InvalidDataError
        A row does not fit, or all ratings are on one side of the threshold.

    Notes
    -----
    Nothing is learnt from the folder; texts that the weights have learnt from are left out. The peer counts listed
    words, exclamation marks and words in capitals.
    """
    started = time.perf_counter()
    path = folder / "data.jsonl"
    texts, ratings = _read(path, limit, seed)
    known = {one.text for one in read_own(TRAINING_FILE)} if TRAINING_FILE.is_file() else set()
    kept = [place for place, text in enumerate(texts) if text not in known]
    notes = [] if len(kept) == len(texts) else [f"{len(texts) - len(kept)} texts that were learnt from are left out"]
    texts, ratings = [texts[place] for place in kept], ratings[kept]
    if not texts:
        raise InvalidDataError(path, 0, "every text was learnt from")
    least = float(np.quantile(ratings, TOP)) if threshold is None else threshold
    urgent = ratings >= least
    if urgent.all():
        urgent = ratings > least
    if urgent.all() or not urgent.any():
        raise InvalidDataError(path, 0, f"all ratings are on one side of {least}")
    notes.append(f"auroc: {int(urgent.sum())} texts rated {least:g} or more against the rest")
    scores = np.zeros(len(texts))
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        for place, vector in enumerate(embedder.embed(some), start):
            scores[place] = judge_urgency(texts[place], vector).value
        progress("judged", start + len(some), len(texts))
    return EvaluationResult(
        task="urgency",
        data=folder.name,
        n=len(texts),
        seconds=round(time.perf_counter() - started, 2),
        ours=_measures(scores, ratings, urgent),
        peers={"keyword_rules": _measures(np.array([_by_keywords(text) for text in texts]), ratings, urgent)},
        notes=notes,
    )


def _read(path: Path, limit: int | None, seed: int) -> tuple[list[str], NDArray[np.float64]]:
    found = []
    for number, row in rows(path):
        rating = row.get("urgency")
        if isinstance(rating, bool) or not isinstance(rating, int | float) or not math.isfinite(rating):
            raise InvalidDataError(path, number, "urgency is not a number")
        found.append((text_of(path, number, row, "text"), float(rating)))
    if limit is not None and limit < len(found):
        found = random.Random(seed).sample(found, limit)  # noqa: S311
    return [text for text, _ in found], np.array([rating for _, rating in found])


def _by_keywords(text: str) -> float:
    words = len(_KEYWORDS.findall(text.lower()))
    return words + min(3, text.count("!")) / 2 + min(3, len(re.findall(r"\b[A-Z]{4,}\b", text))) / 2


def _measures(scores: NDArray[np.float64], ratings: NDArray[np.float64], urgent: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "spearman": round(spearman(scores, ratings), 4),
        "auroc": round(auroc(scores[urgent], scores[~urgent]), 4),
    }
