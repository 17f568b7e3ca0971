"""Trains the judges of ``domain.injection`` on texts of ours and on public sets. Needs scikit-learn."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.injection import CARD_FILE, WEIGHTS_FILE, InjectionModel, View, sentences
from firstline.domain.injection_features import BUCKETS, Pieces, pieces
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.trained_files import replace_files

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SEEN_FILE = Path(__file__).with_name("injection_seen.npy")
"""Fingerprints of the texts of public sets that the shipped weights have seen."""
TRAINING_FILE = Path(__file__).resolve().parents[5] / "knowledge" / "training" / "injection.jsonl"
RULE_WEIGHT = 0.3
REGULARISATION = 10.0
FALSE_ALARMS, FALSE_ALARMS_OF_SENTENCES = 0.01, 0.002
"""Share of innocent messages, and of innocent sentences of data, that may lie above the threshold."""
_MOST_SENTENCES, _MOST_OF_A_SET = 6_000, 1_200


@dataclass(frozen=True)
class Example:
    """A text to learn from.

    Parameters
    ----------
    label : str
        ``attack``, ``benign``; ``data_order`` or ``data_benign``: a sentence that is (not) an order within data.
    kind : str
    origin : str
        Name of the set it is from.
    """

    text: str
    label: str
    kind: str
    origin: str


def read_own(path: Path) -> list[Example]:
    """Return the project's own examples. Raises ``InvalidDataError``."""
    return [Example(row["text"], row["label"], row["kind"], "own") for _, row in rows(path)]


def read_public(folder: Path) -> list[Example]:
    """Return the attacks and the innocent texts of the public sets in a folder, as many sets as are there."""
    found = [
        Example(row["text"], row["label"], row["kind"], "injection_direct")
        for row in _rows_of(folder / "injection_direct" / "data.jsonl")
    ]
    for name, file, field, kind in (
        ("clinc150", "train.jsonl", "text", "chat"),
        ("banking77", "train.jsonl", "text", "chat"),
        ("goemotions", "train.jsonl", "text", "comment"),
        ("techqa_sample", "corpus.jsonl", "text", "document"),
        ("techqa_sample", "queries.jsonl", "text", "document"),
        ("grounding_summedits", "data.jsonl", "source", "document"),
    ):
        texts = sorted({row[field] for row in _rows_of(folder / name / file) if row[field].strip()})
        chosen = random.Random(13).sample(texts, min(_MOST_OF_A_SET, len(texts)))  # noqa: S311
        found += [Example(text, "benign", kind, name) for text in chosen]
    return found


def train(examples: Sequence[Example]) -> InjectionModel:
    """Fit both judges.

    Parameters
    ----------
    examples : sequence of Example
        Both labels must be there. The same examples in the same order give the same model, bit for bit.

    Notes
    -----
    Logistic regression (liblinear), classes weighed alike, weights rounded to 8 bits. The bias is set so that
    a small share of the innocent texts lies above zero, each scored by a model that has not seen it.
    """
    return InjectionModel(
        _view(_message_examples(examples), FALSE_ALARMS), _view(_data_examples(examples), FALSE_ALARMS_OF_SENTENCES)
    )


def run(public: Path, *, write: bool) -> list[str]:
    """Train on our examples and the public sets in a folder; return the names of the files that this changes.

    Raises
    ------
    InvalidDataError
        A set cannot be read, or there are no attacks among them.
    """
    examples = read_own(TRAINING_FILE) + read_public(public)
    if not any(one.origin == "injection_direct" for one in examples):
        raise InvalidDataError(public / "injection_direct" / "data.jsonl", 0, "is missing")
    return replace_files(_files(train(examples), examples), write=write)


def _files(model: InjectionModel, examples: Sequence[Example]) -> dict[Path, bytes]:
    """Return weights, card, and the fingerprints of what was learnt from public sets."""
    used = Counter(one.origin for one in examples)
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["texts"] = dict(sorted(used.items()))
    card["own_sha256"] = hashlib.sha256(TRAINING_FILE.read_bytes()).digest().hex(" ", 4)
    for name, view in (("message", model.message), ("data", model.data)):
        rules = [float(weight) for weight in view.rules]
        card[name] = {"scale": view.scale, "bias": view.bias, "rules": rules}
    seen = sorted({fingerprint(one.text) for one in examples if one.origin != "own"})
    return {
        WEIGHTS_FILE: _npy(np.stack([model.message.weights, model.data.weights])),
        CARD_FILE: (json.dumps(card, indent=1) + "\n").encode(),
        SEEN_FILE: _npy(np.array(seen, dtype=np.uint64)),
    }


def _npy(array: NDArray[Any]) -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=False)
    return written.getvalue()


def fingerprint(text: str) -> int:
    """Return 64 bits that identify a text whatever its spaces."""
    return int.from_bytes(hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest(), "big")


def fold_of(text: str, n_folds: int) -> int:
    """Return a text's fold, the same on every machine; in [0, n_folds)."""
    return fingerprint(text) % n_folds


def _rows_of(path: Path) -> Iterable[dict[str, Any]]:
    return (row for _, row in rows(path)) if path.is_file() else ()


def _message_examples(examples: Sequence[Example]) -> list[tuple[str, bool]]:
    # A customer may ask for a poem; within a mail, the same words are somebody else's order.
    chosen = [(one.text, one.label == "attack") for one in examples if one.label in ("attack", "benign")]
    return chosen + [(one.text, False) for one in examples if one.kind == "off_task" or one.label == "data_benign"]


def _data_examples(examples: Sequence[Example]) -> list[tuple[str, bool]]:
    own = [one for one in examples if one.origin == "own" and one.kind != "task"]
    chosen = [(one.text, one.label in ("attack", "data_order")) for one in own]
    innocent = [one for one in examples if one.origin != "own" and one.label == "benign"]
    read = sorted({sentence for one in innocent if one.kind == "document" for sentence in sentences(one.text)})
    chosen += [(text, False) for text in random.Random(13).sample(read, min(_MOST_SENTENCES, len(read)))]  # noqa: S311
    return chosen + [(one.text, False) for one in innocent if one.origin in ("banking77", "goemotions")]


def _view(examples: list[tuple[str, bool]], false_alarms: float) -> View:
    from sklearn.linear_model import LogisticRegression

    attacks = np.array([is_attack for _, is_attack in examples])
    counted = _matrix([text for text, _ in examples])

    def fitted(chosen: NDArray[np.bool_]) -> Any:
        judge = LogisticRegression(C=REGULARISATION, solver="liblinear", class_weight="balanced", random_state=0)
        return judge.fit(counted[chosen], attacks[chosen])

    judge = fitted(np.ones(len(attacks), dtype=bool))
    coefficients = judge.coef_[0]
    half = np.array([fold_of(text, 2) for text, _ in examples]) == 0
    innocent = np.concatenate([fitted(part).decision_function(counted[~part & ~attacks]) for part in (half, ~half)])
    at = float(np.quantile(innocent, 1.0 - false_alarms, method="higher"))
    scale = float(np.abs(coefficients[:BUCKETS]).max() / 127)
    return View(
        weights=np.rint(coefficients[:BUCKETS] / scale).astype(np.int8),
        scale=round(scale, 8),
        rules=np.round(coefficients[BUCKETS:] * RULE_WEIGHT, 5),
        bias=round(float(judge.intercept_[0]) - at, 5),
    )


@lru_cache(maxsize=40_000)
def _pieces(text: str) -> Pieces:
    # The folds of an evaluation share most of their texts.
    return pieces(text)


def _matrix(texts: Sequence[str]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    buckets, values, starts, n_rules = [], [], [0], 0
    for text in texts:
        found = _pieces(text)
        n_rules = len(found.rules)
        matching = np.flatnonzero(found.rules)
        buckets += [found.buckets, BUCKETS + matching]
        values += [found.values, np.full(len(matching), RULE_WEIGHT)]
        starts.append(starts[-1] + len(found.buckets) + len(matching))
    shape = (len(texts), BUCKETS + n_rules)
    return csr_matrix((np.concatenate(values), np.concatenate(buckets), starts), shape=shape)
