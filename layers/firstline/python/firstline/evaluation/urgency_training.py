"""Trains the judge of ``domain.urgency`` on messages of ours, rated by what is at stake."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.hashed_ngrams import BUCKETS, hashed_ngrams, plain_text
from firstline.domain.ports import Embedder
from firstline.domain.urgency import CARD_FILE, WEIGHTS_FILE, UrgencyModel, stake_values, stakes_in
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.trained_files import replace_files

TRAINING_FILE = Path(__file__).resolve().parents[5] / "knowledge" / "training" / "urgency.jsonl"
VECTOR_SHARE, STAKE_SHARE = 2.0, 0.6
"""How much a vector and a stake weigh beside the wording, whose counts have length 1 twice."""
PENALTY = 3.0
EXPANSION = 1.25
"""Undoes how far the penalty draws ratings of unseen messages to the mean."""
_LEAST, _MOST = 0.04, 0.96


@dataclass(frozen=True)
class Rated:
    """A message with how urgent it is, in [0, 1]."""

    text: str
    urgency: float
    kind: str


def read_own(path: Path) -> list[Rated]:
    """Return the rated messages of a file. Raises ``InvalidDataError``."""
    found = []
    for number, row in rows(path):
        try:
            one = Rated(row["text"], float(row["urgency"]), row["kind"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidDataError(path, number, "needs text, urgency and kind") from error
        if not 0.0 <= one.urgency <= 1.0:
            raise InvalidDataError(path, number, "urgency is not within 0 and 1")
        found.append(one)
    return found


def train(examples: Sequence[Rated], vectors: NDArray[np.float32]) -> UrgencyModel:
    """Fit the judge; the same examples in the same order give the same model.

    Parameters
    ----------
    examples : sequence of Rated
    vectors : ndarray of float32, shape (n, 384)
        Of their texts.

    Notes
    -----
    Ridge regression of the log-odds of the ratings (Hoerl and Kennard 1970, Technometrics 12, 55-67), solved in its
    dual form; the weights of the wording are rounded to 8 bits.
    """
    from scipy.sparse import csr_matrix

    found, inputs = [], []
    for one in examples:
        plain = plain_text(one.text)
        found.append(hashed_ngrams(plain))
        inputs.append(stake_values(stakes_in(plain, 1.0)))
    starts = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
    places, amounts = (np.concatenate([one[part] for one in found]) for part in (0, 1))
    counted = csr_matrix((amounts, places, starts), shape=(len(examples), BUCKETS))
    by_stakes, by_vector = np.array(inputs) * STAKE_SHARE, vectors.astype(np.float64) * VECTOR_SHARE
    ratings = np.clip([one.urgency for one in examples], _LEAST, _MOST)
    wanted = np.log(ratings / (1 - ratings))
    alike = (counted @ counted.T).toarray() + by_stakes @ by_stakes.T
    alike += by_vector @ by_vector.T
    mean = float(wanted.mean())
    dual = EXPANSION * np.linalg.solve(alike + PENALTY * np.eye(len(wanted)), wanted - mean)
    by_wording = counted.T @ dual
    scale = round(float(np.abs(by_wording).max()) / 127, 8)
    vector_weights = np.round(VECTOR_SHARE * (by_vector.T @ dual), 4)
    return UrgencyModel(
        np.rint(by_wording / scale).clip(-127, 127).astype(np.int8),
        scale,
        vector_weights,
        np.round(STAKE_SHARE * (by_stakes.T @ dual), 4),
        round(mean, 4),
        round(mean + float((vectors @ vector_weights).mean()), 4),
    )


def run(public: Path, *, write: bool, embedder: Embedder) -> list[str]:
    """Train on our messages alone; return the names of the files that this changes. Raises ``InvalidDataError``."""
    examples = read_own(TRAINING_FILE)
    model = train(examples, embedder.embed([one.text for one in examples]))
    return replace_files(_files(model, examples), write=write)


def _files(model: UrgencyModel, examples: Sequence[Rated]) -> dict[Path, bytes]:
    card: dict[str, Any] = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["texts"] = {"own": len(examples)}
    card["own_sha256"] = hashlib.sha256(TRAINING_FILE.read_bytes()).digest().hex(" ", 4)
    card["scale"], card["bias"], card["bias_without_vector"] = model.scale, model.bias, model.bias_without_vector
    card["stake_weights"], card["vector_weights"] = model.stake_weights.tolist(), model.vector_weights.tolist()
    written = io.BytesIO()
    np.save(written, model.weights, allow_pickle=False)
    return {WEIGHTS_FILE: written.getvalue(), CARD_FILE: (json.dumps(card, indent=1) + "\n").encode()}
