"""Trains the head of ``domain/grounding``.

``python -m firstline.evaluation.grounding_training OUT_JSON FOLDER [FOLDER ...] --spliced CORPUS`` writes what ships
as ``domain/grounding.json``, with heads fitted without each fold of all sets, by which a folder that was seen is
scored. Folders are in the form of ``scripts/evaluate grounding``. From a corpus of documents
(``corpus.jsonl``) answers over long contexts are made: sentences of a document with words left out, against the same
with a sentence of a like document that is not among the sources.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.grounding import FEATURES, N_FOR, Sources, answer_features
from firstline.domain.lexical import terms
from firstline.domain.passages import sentences
from firstline.evaluation.grounding_data import Pair, data_file, read_pairs, sha256, supports_of
from firstline.evaluation.metrics import auroc

RIDGE = 1.0
STEPS = 3000
FOLDS = 5
LEAST_FOR = (0.6, 0.5, 0.5, 0.2)
"""Least weights, per standard deviation, of what speaks for a statement: sets of one-word edits alone would teach that
overlap means nothing, which is wrong of answers over long contexts."""
FOLDER_WEIGHT = 500.0
SPLICED_WEIGHT = 250.0
N_SPLICED = 600
_SHORTEST, _LONGEST = 8, 40


@dataclass(frozen=True)
class Measured:
    """Features of a set of labelled answers."""

    features: NDArray[np.float64]
    """Shape (n, n_features)."""
    supported: NDArray[np.bool_]
    """Shape (n,)."""
    group: NDArray[np.str_]
    """The source that each is about; folds never part one."""
    weight: float
    """Of the whole set."""


def measured(pairs: Sequence[Pair], *, weight: float = FOLDER_WEIGHT) -> Measured:
    """Measure the features of labelled answers."""
    taken: dict[tuple[str, ...], Sources] = {}
    rows = []
    for pair in pairs:
        sources = taken.get(pair.sources) or taken.setdefault(pair.sources, Sources(pair.sources))
        supports = supports_of(pair.answer, sources)
        rows.append(answer_features(supports) if supports else np.zeros(len(FEATURES)))
    label = np.array([pair.target > 0 for pair in pairs])
    return Measured(np.array(rows), label, np.array([pair.group for pair in pairs]), weight)


def fit(sets: Sequence[Measured]) -> dict[str, Any]:
    """Fit a ridge logistic regression with bounds: each set by its weight, both labels alike within it.

    Notes
    -----
    Accelerated projected gradient: Beck and Teboulle (2009), SIAM Journal on Imaging Sciences 2, 183-202.
    """
    features = np.concatenate([part.features for part in sets])
    label = np.concatenate([part.supported for part in sets]).astype(np.float64)
    weight = np.concatenate([_row_weights(part) for part in sets])
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    least = np.array([*LEAST_FOR, *[-np.inf] * (len(FEATURES) - N_FOR), -np.inf])
    most = np.array([*[np.inf] * N_FOR, *[0.0] * (len(FEATURES) - N_FOR), np.inf])
    penalty = np.array([RIDGE] * len(FEATURES) + [0.0])
    step = 1 / (0.25 * np.linalg.norm(rows * np.sqrt(weight)[:, None], 2) ** 2 + RIDGE)
    solution = ahead = np.clip(np.zeros(rows.shape[1]), least, most)
    momentum = 1.0
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-rows @ ahead))
        moved = np.clip(ahead - step * (rows.T @ (weight * (probability - label)) + penalty * ahead), least, most)
        grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / grown * (moved - solution)
        solution, momentum = moved, grown
    weights = solution[:-1] / spread
    return {
        "weights": {name: round(float(value), 4) for name, value in zip(FEATURES, weights, strict=True)},
        "intercept": round(float(solution[-1] - weights @ mean), 4),
    }


def without_fold(sets: Sequence[Measured], fold: int) -> list[Measured]:
    """Return the sets without the rows of one fold."""
    kept = [folds_of(part.group) != fold for part in sets]
    return [
        Measured(part.features[rows], part.supported[rows], part.group[rows], part.weight)
        for part, rows in zip(sets, kept, strict=True)
    ]


def folds_of(groups: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the fold of each row, 0 to ``FOLDS`` - 1, by its group alone."""
    order = {name: place % FOLDS for place, name in enumerate(dict.fromkeys(groups.tolist()))}
    return np.array([order[name] for name in groups.tolist()])


def spliced(corpus: Path, seed: int = 13) -> list[Pair]:
    """Make answers over long contexts, half of them with sentences of a document that is not among the sources."""
    drawn = random.Random(seed)  # noqa: S311
    texts = [str(json.loads(line)["text"]) for line in corpus.read_text(encoding="utf-8").splitlines()]
    said = [[s for line in text.splitlines() for s in sentences(line)] for text in texts]
    said = [[s for s in found if _SHORTEST <= len(s.split()) <= _LONGEST] for found in said]
    kept = [place for place, found in enumerate(said) if len(found) > N_FOR]
    words = {place: frozenset(terms(texts[place])) for place in kept}
    pairs = []
    for _ in range(N_SPLICED):
        about = drawn.choice(kept)
        like = sorted(kept, key=lambda other: -len(words[about] & words[other]) / len(words[about] | words[other]))
        near = drawn.sample(like[1:9], 4)
        right = [_noisy(sentence, drawn) for sentence in drawn.sample(said[about], drawn.choice((1, 2, 3)))]
        wrong = list(right)
        for place in drawn.sample(range(len(wrong)), min(len(wrong), drawn.choice((1, 1, 2)))):
            wrong[place] = _noisy(drawn.choice(said[near[0]]), drawn)
        sources = tuple(texts[place] for place in drawn.sample([about, *near[1:]], 4))
        pairs += [Pair(sources, " ".join(right), 1.0, str(about)), Pair(sources, " ".join(wrong), 0.0, str(about))]
    return pairs


def _noisy(sentence: str, drawn: random.Random) -> str:
    kept = [word for word in sentence.split() if drawn.random() > 0.15]
    return " ".join(kept)


def _row_weights(part: Measured) -> NDArray[np.float64]:
    share = part.supported.mean()
    weights: NDArray[np.float64] = np.where(part.supported, 0.5 / share, 0.5 / (1 - share))
    return weights * part.weight / len(part.supported)


def _score(part: Measured, head: dict[str, Any]) -> NDArray[np.float64]:
    weights = np.array([head["weights"][name] for name in FEATURES], dtype=np.float64)
    scores: NDArray[np.float64] = part.features @ weights + float(head["intercept"])
    return scores


def _card(names: Sequence[str], sets: Sequence[Measured], heads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Score every set by folds, and by a head fitted on the other sets alone."""
    card = {}
    for name, part in zip(names, sets, strict=True):
        fold = folds_of(part.group)
        folded = np.select([fold == number for number in range(FOLDS)], [_score(part, head) for head in heads])
        alone = _score(part, fit([other for other in sets if other is not part] or sets))
        of = {"auroc_in_folds": folded, "auroc_fitted_on_the_others": alone}
        card[name] = {key: round(auroc(s[part.supported], s[~part.supported]), 3) for key, s in of.items()}
    return card


def _licence(folder: Path) -> str:
    """Return what ``SOURCE.md`` says of the licence; data without one is the project's own."""
    source = folder / "SOURCE.md"
    said = source.read_text(encoding="utf-8") if source.exists() else ""
    found = re.search(r"^licen[cs]e:\s*(.+)$", said, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else "the project's own"


def main(arguments: Sequence[str]) -> int:
    """Fit and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--spliced", type=Path, required=True)
    parser.add_argument("--date", required=True)
    options = parser.parse_args(arguments)
    names = [folder.resolve().name for folder in options.folders]
    sets = [measured(read_pairs(folder)) for folder in options.folders]
    sets.append(measured(spliced(options.spliced), weight=SPLICED_WEIGHT))
    made = f"spliced from {options.spliced.resolve().parent.name}"
    trained_on = {name: sha256(data_file(folder)) for name, folder in zip(names, options.folders, strict=True)}
    trained_on[made] = sha256(options.spliced)
    in_folds = [fit(without_fold(sets, fold)) for fold in range(FOLDS)]
    fitted = {
        "date": options.date,
        "trained_on": trained_on,
        "licences": {folder.name: _licence(folder) for folder in (*options.folders, options.spliced.resolve().parent)},
        **fit(sets),
        "measured": _card([*names, made], sets, in_folds),
        "fitted_without_fold": in_folds,
    }
    options.out.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
