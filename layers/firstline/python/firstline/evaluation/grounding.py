"""Grounding scored as the guard does it, beside the share of an answer's words that the sources have."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.grounding import Sources, Support, grounded, shipped_head
from firstline.domain.ports import Embedder
from firstline.evaluation.grounding_data import Pair, data_file, read_pairs, sha256, supports_of
from firstline.evaluation.grounding_training import folds_of
from firstline.evaluation.metrics import auroc, balanced_accuracy, spearman
from firstline.evaluation.result import EvaluationResult, Progress

THRESHOLD = 0.5
"""Of an answer as a whole, from which it is called supported."""
_WORD = re.compile(r"\w+")


def evaluate(
    folder: Path, embedder: Embedder, *, limit: int | None = None, seed: int = 13, progress: Progress
) -> EvaluationResult:
    """Score how well answers that their sources bear out are told from others, or how well ratings are followed.

    Parameters
    ----------
    embedder : Embedder
        Not used: the score is made of words, figures, names and negation.
    limit : int, optional
        Take a sample of so many rows, drawn with ``seed``.

    Returns
    -------
    EvaluationResult
        For labels ``auroc`` and ``balanced_accuracy``, for ratings ``spearman``; ``ms`` per answer, sources included.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    started = time.perf_counter()
    pairs = read_pairs(folder)
    chosen = list(range(len(pairs)))
    if limit is not None and limit < len(pairs):
        chosen = random.Random(seed).sample(chosen, limit)  # noqa: S311
    heads, notes = _heads(folder, pairs)
    scores: list[float] = []
    seconds: list[float] = []
    for done, place in enumerate(chosen, start=1):
        begun = time.perf_counter()
        supports: Sequence[Support] = supports_of(pairs[place].answer, Sources(pairs[place].sources))
        scores.append(grounded(supports, heads[place]))
        seconds.append(time.perf_counter() - begun)
        progress("firstline", done, len(chosen))
    sample = [pairs[place] for place in chosen]
    overlaps = [token_overlap(pair) for pair in sample]
    peer = _scores(sample, np.array(overlaps), threshold=float(np.median(overlaps)))
    return {
        "task": "grounding",
        "data": folder.resolve().name,
        "n": len(sample),
        "seconds": round(time.perf_counter() - started, 2),
        "ours": {
            **_scores(sample, np.array(scores), threshold=THRESHOLD),
            "ms": round(float(np.median(seconds)) * 1000, 2),
        },
        "peers": {"token overlap": peer},
        "notes": [*notes, "token overlap is cut at its median in this data"] if "auroc" in peer else notes,
    }


def token_overlap(pair: Pair) -> float:
    """Return the share of an answer's words that its sources have, in [0, 1]."""
    held = {word for source in pair.sources for word in _WORD.findall(source.lower())}
    words = _WORD.findall(pair.answer.lower())
    return sum(word in held for word in words) / len(words) if words else 0.0


def _heads(folder: Path, pairs: Sequence[Pair]) -> tuple[list[dict[str, Any] | None], list[str]]:
    """Return the weights for each row: the shipped ones, or such as were fitted without the row's fold."""
    if sha256(data_file(folder)) not in shipped_head()["trained_on"].values():
        return [None] * len(pairs), []
    by_fold = shipped_head()["fitted_without_fold"]
    fold = folds_of(np.array([pair.group for pair in pairs]))
    note = "the shipped weights were trained on this folder: each row is scored by weights that never saw its source"
    return [by_fold[int(number)] for number in fold], [note]


def _scores(sample: Sequence[Pair], scores: NDArray[np.float64], *, threshold: float) -> dict[str, float]:
    target = np.array([pair.target for pair in sample])
    if sample[0].is_rating:
        return {"spearman": round(spearman(scores, target), 4)}
    supported = target > 0
    if supported.all() or not supported.any():
        return {}
    return {
        "auroc": round(auroc(scores[supported], scores[~supported]), 4),
        "balanced_accuracy": round(balanced_accuracy(scores >= threshold, supported), 4),
    }
