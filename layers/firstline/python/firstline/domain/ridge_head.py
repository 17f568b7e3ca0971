"""A classifier over the similarities to a set of examples: kernel ridge regression, with calibrated confidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.example_kernel import ExampleKernel, grams_of, radial
from firstline.domain.judged import Evidence, Judged

OUT_OF_SCOPE = "oos"
"""Label of an example that is about none of the labels."""
RIDGE = 0.1
MOST_HELD_BACK = 600
"""Examples by which a head is calibrated, each scored by a head that has not seen it."""
ACCEPTED = 0.92
"""Share of the examples in scope that are to be taken for in scope, where no example out of scope is given."""
BESIDE = 0.6
"""Share in a label's score of the machine beside a head; what is out of scope the head alone tells."""
_FEWEST_OUT_OF_SCOPE = 30
_EXACT_UP_TO = 2_000
_STEEPNESS = np.geomspace(1.0, 64.0, 37)
_MOST_EXAMPLES_TOLD, _MOST_PHRASES_TOLD = 3, 3

Step = Callable[[str], None]


@dataclass(frozen=True)
class HeldBack:
    """How a head does on examples that it has not seen, one left out at a time."""

    accuracy: float
    """Share of those in scope that get their own label, in [0, 1]."""
    n: int
    right: Mapping[str, float]
    """That share by label."""
    collisions: Mapping[tuple[str, str], int]
    """How often an example of the first label got the second, the most frequent pair first."""


@dataclass(frozen=True)
class RidgeHead:
    """Weights of examples for labels.

    Score of a label: the weighted sum of the similarities to all examples; near 1 for what is like the label's own,
    near 0 far from all. So the highest score itself tells what is out of scope.
    """

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    """Shape (n_examples, n_labels)."""
    steepness: float
    """What scores are multiplied by before the softmax, > 0."""
    threshold: float
    """Highest score at which a text is as likely out of scope as in it."""
    spread: float
    """By how much above the threshold the odds are e : 1, > 0."""

    def judge(self, similarities: NDArray[np.float32], beside: NDArray[np.float32] | None = None) -> Judged:
        """Return the label of a text.

        Parameters
        ----------
        similarities : ndarray, shape (n_examples,)
            As ``ExampleKernel.similarities`` returns them.
        beside : ndarray, shape (n_labels,), optional
            Margins of the machine beside the head, which count for the label, and alone where nothing is similar.

        Returns
        -------
        Judged
            Its confidence is that of the label within the scope, times that of being in scope.
        """
        scores = similarities @ self.weights
        highest = float(scores.max())
        if beside is not None and similarities.any():
            scores = joined(scores, beside)
        elif beside is not None:
            scores, highest = beside, float(beside.max())
        best = int(scores.argmax())
        shares = np.exp(self.steepness * (scores - scores[best]).astype(np.float64))
        shares /= shares.sum()
        outside = 1.0 / (1.0 + math.exp(min(40.0, max(-40.0, (highest - self.threshold) / self.spread))))
        return Judged(
            label=self.labels[best],
            confidence=float(shares[best]) * (1.0 - outside),
            scores=dict(zip(self.labels, shares.tolist(), strict=True)),
            out_of_scope=outside,
        )

    def evidence(
        self, kernel: ExampleKernel, text: str, similarities: NDArray[np.float32], label: str
    ) -> tuple[Evidence, ...]:
        """Return the examples that counted most for a label, and the words shared with examples that speak for it."""
        counted = similarities * self.weights[:, self.labels.index(label)]
        nearest = [int(place) for place in np.argsort(-counted)[:_MOST_EXAMPLES_TOLD] if counted[place] > 0]
        examples = [Evidence("example", kernel.texts[place], round(float(counted[place]), 4)) for place in nearest]
        told: Counter[str] = Counter()
        own = set(grams_of(text[:1_000]))
        for place in np.argsort(-counted)[:20]:
            if counted[place] > 0:
                shared = own & set(grams_of(kernel.texts[place]))
                told.update({gram: float(counted[place]) for gram in shared if _is_phrase(gram)})
        phrases = [Evidence("phrase", gram, round(weight, 4)) for gram, weight in told.most_common(_MOST_PHRASES_TOLD)]
        return tuple(examples + phrases)


def fit_head(
    kernel: ExampleKernel, labels: Sequence[str], *, n_own: int, dense: bool = True, step: Step = lambda _: None
) -> tuple[RidgeHead, HeldBack]:
    """Fit a head, and tell how it does on what it has not seen.

    Parameters
    ----------
    labels : sequence of str
        One for each example of the kernel; ``OUT_OF_SCOPE`` for none.
    n_own : int
        So many of the first examples may be held back; the rest are names of labels and the like.
    dense : bool
        False for a head that is given similarities without a vector.

    Notes
    -----
    Kernel ridge regression on indicators of the labels, uncentred. The prediction for an example without itself is
    ``y - a / diag(inverse)``: Rifkin, Lippert (2007), MIT-CSAIL-TR-2007-025. Steepness is that of the least log loss
    of such predictions.
    """
    step("similarities")
    matrix = np.float32(kernel.word_weight) * kernel.word_matrix
    if dense:
        matrix += radial(kernel.vectors @ kernel.vectors.T)
    names = tuple(sorted(set(labels) - {OUT_OF_SCOPE}))
    place_of = {name: place for place, name in enumerate(names)}
    targets = np.zeros((len(labels), len(names)), np.float32)
    for row, label in enumerate(labels):
        if label != OUT_OF_SCOPE:
            targets[row, place_of[label]] = 1.0
    held = spread_sample(labels[:n_own], MOST_HELD_BACK)
    step("weights")
    weights, unseen = _solve(matrix, targets, held)
    return calibrated_head(names, weights, [labels[row] for row in held], unseen)


def calibrated_head(
    names: Sequence[str],
    weights: NDArray[np.float32],
    truth: Sequence[str],
    unseen: NDArray[np.float32],
    beside: NDArray[np.float32] | None = None,
) -> tuple[RidgeHead, HeldBack]:
    """Make a head of weights, sure of a label as often as it is right.

    Parameters
    ----------
    names : sequence of str
        The labels, in the order of the columns.
    truth : sequence of str
        Labels of the examples held back.
    unseen, beside : ndarray, shape (n_held, n_labels)
        Their scores, and margins of the machine beside the head, by weights that have not seen them.
    """
    told = np.array([names.index(label) if label != OUT_OF_SCOPE else -1 for label in truth])
    inside = told >= 0
    scores = unseen if beside is None else joined(unseen, beside)
    threshold, spread = _threshold(unseen.max(axis=1), inside)
    head = RidgeHead(tuple(names), weights, _steepness(scores[inside], told[inside]), threshold, spread)
    return head, _held_back(names, scores[inside], told[inside])


def joined(scores: NDArray[np.float32], margins: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores for labels of a head and of the machine beside it, same shape."""
    both: NDArray[np.float32] = np.float32(1.0 - BESIDE) * scores + np.float32(BESIDE / 2.0) * margins
    return both


def word_weight_for(
    texts: Sequence[str], vectors: NDArray[np.float32], labels: Sequence[str], candidates: Sequence[float]
) -> float:
    """Return the ``word_weight`` with the best held-back accuracy on a sample of the examples."""
    chosen = spread_sample(labels, MOST_HELD_BACK)
    some = [labels[row] for row in chosen]
    kernel = ExampleKernel.of([texts[row] for row in chosen], vectors[chosen], word_weight=1.0)
    dense, words = radial(kernel.vectors @ kernel.vectors.T), kernel.word_matrix
    names = sorted(set(some) - {OUT_OF_SCOPE})
    targets = np.array([[float(label == name) for name in names] for label in some], np.float32)
    inside = targets.any(axis=1)

    def accuracy(weight: float) -> float:
        _, unseen = _solve(dense + np.float32(weight) * words, targets, np.arange(len(some)))
        return float((unseen[inside].argmax(axis=1) == targets[inside].argmax(axis=1)).mean())

    return max(candidates, key=accuracy)


def spread_sample(labels: Sequence[str], most: int) -> NDArray[np.int64]:
    """Return rows of at most so many examples, in order: the first of every label, then the second of each ..."""
    seen: Counter[str] = Counter()
    ranks = []
    for label in labels:
        ranks.append(seen[label])
        seen[label] += 1
    rows: NDArray[np.int64] = np.sort(np.argsort(np.array(ranks), kind="stable")[:most])
    return rows


def _solve(
    matrix: NDArray[np.float32], targets: NDArray[np.float32], held: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    kind = np.float64 if len(matrix) <= _EXACT_UP_TO else np.float32
    ridged: NDArray[Any] = matrix.astype(kind)
    ridged[np.diag_indices(len(matrix))] += RIDGE
    asked = np.zeros((len(matrix), len(held)), kind)
    asked[held, np.arange(len(held))] = 1.0
    found = np.linalg.solve(ridged, np.hstack([targets.astype(kind), asked]))
    weights, inverse = found[:, : targets.shape[1]], found[held, targets.shape[1] + np.arange(len(held))]
    unseen = targets[held] - weights[held] / inverse[:, None]
    return weights.astype(np.float32), unseen.astype(np.float32)


def _steepness(unseen: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    if not len(truth):
        return float(_STEEPNESS[len(_STEEPNESS) // 2])

    def loss(steepness: float) -> float:
        logits = steepness * (unseen - unseen.max(axis=1, keepdims=True)).astype(np.float64)
        shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -float(shares[np.arange(len(truth)), truth].mean())

    return float(min(_STEEPNESS, key=loss))


def _threshold(highest: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[float, float]:
    within, outside = np.sort(highest[inside].astype(np.float64)), np.sort(highest[~inside].astype(np.float64))
    if not len(within):
        return 0.5, 0.1
    threshold = float(np.quantile(within, 1.0 - ACCEPTED))
    if len(outside) >= _FEWEST_OUT_OF_SCOPE:
        # Where both kinds are known: the point of the highest balanced accuracy.
        points = (np.concatenate([within, outside])).round(4)
        passed = 1.0 - np.searchsorted(within, points) / len(within)
        stopped = np.searchsorted(outside, points) / len(outside)
        threshold = float(points[int((passed + stopped).argmax())])
    return round(threshold, 4), round(max(0.02, (float(np.median(within)) - threshold) / 3.0), 4)


def _held_back(names: Sequence[str], unseen: NDArray[np.float32], truth: NDArray[np.int64]) -> HeldBack:
    guessed = unseen.argmax(axis=1)
    right = {
        name: round(float((guessed[truth == place] == place).mean()), 4)
        for place, name in enumerate(names)
        if (truth == place).any()
    }
    wrong = Counter((names[told], names[said]) for told, said in zip(truth, guessed, strict=True) if told != said)
    accuracy = float((guessed == truth).mean()) if len(truth) else 0.0
    return HeldBack(round(accuracy, 4), len(truth), right, dict(wrong.most_common()))


def _is_phrase(gram: str) -> bool:
    return len(gram) > 2 and not gram.endswith("~") and " _ " not in gram
