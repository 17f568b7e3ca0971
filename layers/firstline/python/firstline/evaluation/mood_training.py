"""Trains the judges of ``domain.mood_model`` on messages of ours and on GoEmotions. Needs scikit-learn."""

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
from firstline.domain.mood_model import (
    CARD_FILE,
    DIMENSIONS,
    NETWORK_FILE,
    OUTPUTS,
    VECTOR_SCALE,
    WEIGHTS_FILE,
    MoodModel,
    Network,
)
from firstline.domain.mood_signs import is_of_service, signs_of
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.mood_calibration import calibrated, customer_judge
from firstline.evaluation.mood_network import learnt_network
from firstline.evaluation.trained_files import replace_files

SEEN_FILE = Path(__file__).with_name("mood_seen.npy")
"""Fingerprints of the texts of public sets that the shipped weights have seen."""
TRAINING_FILE = Path(__file__).resolve().parents[5] / "knowledge" / "training" / "mood.jsonl"
_NEGATIVE = "anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness remorse sadness"
_POSITIVE = "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief"
NEGATIVE, POSITIVE = frozenset(_NEGATIVE.split()), frozenset(_POSITIVE.split())
FRUSTRATED = frozenset({"anger", "annoyance", "disapproval", "disappointment", "disgust"})
EMOTIONS = (*sorted(NEGATIVE), *sorted(POSITIVE), "confusion", "curiosity", "realization", "surprise", "neutral")
OWN_WEIGHT = 1.5
"""One message of ours counts as so many comments: they are what customers write, and few."""
WORDING_SHARE = 1.3
"""How much the wording's log-odds count beside the network's."""
REGULARISATION = 0.6
_RATIO, _FLOOR = 2.0, 0.2
_FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A text to learn from."""

    text: str
    targets: tuple[float, float, float]
    """Negative, positive, frustrated: 0 or 1, NaN where it is not known."""
    frustration: float
    """As people would rate it, in [0, 1]; NaN where only the target is known."""
    emotions: tuple[float, ...]
    """For each of ``EMOTIONS``; NaN where they are not known."""
    own: bool


def read_own(path: Path) -> list[Example]:
    """Return our examples: negative from -0.2 down, positive from 0.2 up, frustrated from 0.5 up.

    Raises ``InvalidDataError``.
    """
    found = []
    for number, row in rows(path):
        try:
            text, sentiment, frustration = row["text"], float(row["sentiment"]), float(row["frustration"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidDataError(path, number, "needs text, sentiment and frustration") from error
        targets = (float(sentiment <= -0.2), float(sentiment >= 0.2), float(frustration >= 0.5))
        found.append(Example(text, targets, frustration, (np.nan,) * len(EMOTIONS), own=True))
    return found


def read_public(folder: Path) -> list[Example]:
    """Return the train and dev parts of GoEmotions; its test part is never read. Raises ``InvalidDataError``."""
    found = []
    for part in ("train", "dev"):
        for _, row in rows(folder / "goemotions" / f"{part}.jsonl"):
            named = frozenset(row["labels"])
            signed = bool(named & (NEGATIVE | POSITIVE)) or "neutral" in named
            targets = (
                float(bool(named & NEGATIVE)) if signed else np.nan,
                float(bool(named & POSITIVE)) if signed else np.nan,
                float(bool(named & FRUSTRATED)),
            )
            emotions = tuple(float(emotion in named) for emotion in EMOTIONS)
            found.append(Example(row["text"], targets, np.nan, emotions, own=False))
    return found


@dataclass(frozen=True)
class Seen:
    """Examples as the judges see them."""

    counted: Any
    """Sparse, shape (n, BUCKETS)."""
    signs: NDArray[np.float64]
    vectors: NDArray[np.float32]
    targets: NDArray[np.float64]
    frustration: NDArray[np.float64]
    emotions: NDArray[np.float64]
    own: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> Seen:
        """Return the chosen rows."""
        return Seen(
            self.counted[chosen],
            self.signs[chosen],
            self.vectors[chosen],
            self.targets[chosen],
            self.frustration[chosen],
            self.emotions[chosen],
            self.own[chosen],
        )


def seen(examples: Sequence[Example], vectors: NDArray[np.float32]) -> Seen:
    """Return the features of examples; ``vectors`` are theirs, shape (n, 384)."""
    from scipy.sparse import csr_matrix

    buckets, values, starts = [], [], [0]
    for one in examples:
        places, amounts = hashed_ngrams(plain_text(one.text))
        buckets.append(places)
        values.append(amounts)
        starts.append(starts[-1] + len(places))
    return Seen(
        csr_matrix((np.concatenate(values), np.concatenate(buckets), starts), shape=(len(examples), BUCKETS)),
        np.array([signs_of(one.text).values for one in examples]),
        vectors,
        np.array([one.targets for one in examples]),
        np.array([one.frustration for one in examples]),
        np.array([one.emotions for one in examples]),
        np.array([one.own for one in examples]),
    )


def train(examples: Seen) -> MoodModel:
    """Fit all views and their calibration; the same examples in the same order give the same model.

    Notes
    -----
    Wording: logistic regression on counts scaled by naive-Bayes log-count ratios (Wang and Manning 2012, ACL, 90-94),
    the scale folded into weights of 8 bits. Calibration is learnt on a fifth that the judges had not seen, then they
    are fitted on all.
    """
    fold = np.arange(len(examples.own)) % _FOLDS == 0
    raw = _fitted(examples.part(~fold))
    held = examples.part(fold)
    calibration, alone, chat = calibrated(
        views(raw, held), held.targets, held.frustration, held.own, is_of_service(held.signs)
    )
    whole = _fitted(examples)
    return MoodModel(
        whole.weights,
        whole.scales,
        whole.sign_weights,
        whole.bias,
        whole.network,
        whole.alone,
        np.round(calibration, 5),
        np.round(alone, 5),
        np.round(chat, 5),
        np.round(customer_judge(examples.vectors.astype(np.float64) * VECTOR_SCALE, examples.own), 5),
    )


def views(model: MoodModel, examples: Seen) -> tuple[NDArray[np.float64], ...]:
    """Return the log-odds by wording and vector, by wording, and by signs; each of shape (n, 3)."""
    wording = (examples.counted @ model.weights.T.astype(np.float64)) * model.scales
    wording = wording + examples.signs @ model.sign_weights.T + model.bias
    inputs = np.concatenate([examples.vectors * VECTOR_SCALE, examples.signs], axis=1).astype(np.float32)
    alone = examples.signs @ model.alone[:, :-1].T + model.alone[:, -1]
    return wording + model.network.logits(inputs), wording, alone


def _fitted(examples: Seen) -> MoodModel:
    from scipy.sparse import csr_matrix, diags, hstack
    from sklearn.linear_model import LogisticRegression

    n_signs = examples.signs.shape[1]
    weights, scales, bias = np.zeros((len(OUTPUTS), BUCKETS), np.int8), np.zeros(3), np.zeros(3)
    sign_weights, alone = np.zeros((len(OUTPUTS), n_signs)), np.zeros((len(OUTPUTS), n_signs + 1))
    count = np.where(examples.own, OWN_WEIGHT, 1.0)
    for place in range(len(OUTPUTS)):
        known = ~np.isnan(examples.targets[:, place])
        target, rows_of, much = examples.targets[known, place] > 0, examples.counted[known], count[known]
        ratio = _ratio(rows_of, target)
        # How often customers are cross, and how often comments are, is told apart by a column of its own.
        whose = examples.own[known, None].astype(np.float64)
        inputs = hstack([rows_of @ diags(ratio), csr_matrix(examples.signs[known]), csr_matrix(whose)]).tocsr()
        judge = LogisticRegression(C=REGULARISATION, solver="liblinear", tol=1e-3, random_state=0)
        judge.fit(inputs, target, sample_weight=much)
        folded = WORDING_SHARE * judge.coef_[0, :BUCKETS] * ratio
        scales[place] = round(float(np.abs(folded).max()) / 127, 8)
        weights[place] = np.rint(folded / scales[place]).clip(-127, 127)
        sign_weights[place] = np.round(WORDING_SHARE * judge.coef_[0, BUCKETS:-1], 5)
        bias[place] = round(WORDING_SHARE * float(judge.intercept_[0]), 5)
        by_signs = LogisticRegression(C=3.0, solver="liblinear", tol=1e-4, random_state=0)
        by_signs.fit(examples.signs[known], target, sample_weight=much)
        alone[place] = np.round([*by_signs.coef_[0], by_signs.intercept_[0]], 5)
    parts = [examples.vectors * VECTOR_SCALE, examples.signs, examples.own[:, None]]
    inputs_of_network = np.concatenate(parts, axis=1).astype(np.float32)
    targets = np.concatenate([examples.targets, examples.emotions], axis=1).astype(np.float32)
    network = learnt_network(inputs_of_network, targets, count.astype(np.float32))
    network = Network(network.first[:-1], network.offset, network.top, network.bias)
    packed = Network.unpacked(_flat(network), n_signs)
    none = np.zeros((2, 3, 2)), np.zeros((3, 2)), np.zeros((3, 3)), np.zeros(DIMENSIONS + 1)
    return MoodModel(weights, scales, sign_weights, bias, packed, alone, *none)


def _ratio(counted: Any, target: NDArray[np.bool_]) -> NDArray[np.float64]:
    found = counted > 0
    with_it = 1.0 + np.asarray(found[target].sum(axis=0)).ravel()
    without = 1.0 + np.asarray(found[~target].sum(axis=0)).ravel()
    ratio = np.abs(np.log((with_it / with_it.sum()) / (without / without.sum())))
    return np.asarray(_RATIO * ratio + _FLOOR)


def _flat(network: Network) -> NDArray[np.float16]:
    parts = (network.first, network.offset, network.top, network.bias)
    return np.concatenate([part.ravel() for part in parts]).astype(np.float16)


def run(public: Path, *, write: bool, embedder: Embedder) -> list[str]:
    """Train on our messages and on GoEmotions; return the names of the files that this changes.

    Raises
    ------
    InvalidDataError
        A set is missing or cannot be read.
    """
    own = read_own(TRAINING_FILE)
    examples = own + read_public(public)
    model = train(seen(examples, embedder.embed([one.text for one in examples])))
    return replace_files(_files(model, examples), write=write)


def _files(model: MoodModel, examples: Sequence[Example]) -> dict[Path, bytes]:
    card: dict[str, Any] = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["texts"] = {"own": sum(one.own for one in examples), "goemotions": sum(not one.own for one in examples)}
    card["own_sha256"] = hashlib.sha256(TRAINING_FILE.read_bytes()).digest().hex(" ", 4)
    for name in ("scales", "sign_weights", "bias", "alone", "calibration", "alone_calibration", "chat", "customer"):
        card[name] = getattr(model, name).tolist()
    marks = sorted({fingerprint(one.text) for one in examples if not one.own})
    return {
        WEIGHTS_FILE: _npy(model.weights),
        NETWORK_FILE: _npy(_flat(model.network)),
        CARD_FILE: (json.dumps(card, indent=1) + "\n").encode(),
        SEEN_FILE: _npy(np.array(marks, dtype=np.uint64)),
    }


def _npy(array: NDArray[Any]) -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=False)
    return written.getvalue()


def fingerprint(text: str) -> int:
    """Return 64 bits that identify a text whatever its spaces."""
    return int.from_bytes(hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest(), "big")
