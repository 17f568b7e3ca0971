"""Judges of mood for an evaluation: the shipped one, and for texts it has learnt from one that has not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstline.domain.mood import Mood, judge_mood
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.mood_training import (
    SEEN_FILE,
    TRAINING_FILE,
    Example,
    fingerprint,
    read_own,
    read_public,
    seen,
    train,
)
from firstline.evaluation.result import Progress

N_FOLDS = 5
FEW = 0.05
"""Up to this share, rows that were seen in training are left out rather than scored by folds."""
_AT_ONCE = 200


def seen_in_training(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which texts the shipped weights have learnt from, shape (n,)."""
    own = [fingerprint(one.text) for one in read_own(TRAINING_FILE)] if TRAINING_FILE.is_file() else []
    marks = np.concatenate([np.load(SEEN_FILE), np.array(own, dtype=np.uint64)])
    return np.isin(np.array([fingerprint(text) for text in texts], dtype=np.uint64), marks)


def moods(
    texts: Sequence[str], learnt: NDArray[np.bool_], embedder: Embedder, folder: Path, progress: Progress
) -> list[Mood]:
    """Return the moods of texts, those that were learnt from judged by a model trained without their fold.

    Parameters
    ----------
    learnt : ndarray of bool, shape (n,)
        Which texts are to be judged by folds.
    folder : Path
        The data; GoEmotions, for training anew, lies beside it if anywhere.
    """
    vectors: list[NDArray[np.float32]] = []
    for start in range(0, len(texts), _AT_ONCE):
        vectors += list(embedder.embed(texts[start : start + _AT_ONCE]))
        progress("embedded", len(vectors), len(texts))
    found = [judge_mood(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    if not learnt.any():
        return found
    examples = _examples(folder.resolve().parent)
    features = seen(examples, embedder.embed([one.text for one in examples]))
    folds = np.array([fingerprint(one.text) % N_FOLDS for one in examples])
    for fold in range(N_FOLDS):
        model = train(features.part(folds != fold))
        for place in map(int, np.flatnonzero(learnt)):
            if fingerprint(texts[place]) % N_FOLDS == fold:
                found[place] = judge_mood(texts[place], vectors[place], model=model)
        progress("folds", fold + 1, N_FOLDS)
    return found


def _examples(public: Path) -> list[Example]:
    own = read_own(TRAINING_FILE)
    try:
        return own + read_public(public)
    except InvalidDataError:
        # The set is not here: our own messages must do.
        return own
