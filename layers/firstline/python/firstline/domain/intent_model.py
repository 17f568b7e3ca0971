"""Labels learnt from a few examples each: what a company's own intents and categories are judged by."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.example_kernel import ExampleKernel
from firstline.domain.gram_svm import GramSvm
from firstline.domain.judged import Judged
from firstline.domain.many_examples import fit_many
from firstline.domain.ridge_head import OUT_OF_SCOPE, HeldBack, RidgeHead, Step, fit_head, word_weight_for

WORD_WEIGHTS = (0.35, 1.0, 3.0)
"""What is tried for the weight of shared words beside the embedding; long texts want more of it than chat does."""
MOST_CHARACTERS = 4_000
MANY = 2_000
"""From more examples than these on a machine over grams judges beside the head."""

_OF_SVM = ("buckets", "rarity", "packed", "steps")
"""Arrays of the machine over grams, in the order of its fields."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Vectors of length 1, shape (n_texts, dimensions), of texts."""


@dataclass(frozen=True)
class IntentModel:
    """A kernel over examples, and a head of their labels; of many examples also a machine over grams."""

    kernel: ExampleKernel
    head: RidgeHead
    svm: GramSvm | None = None

    def judge(self, text: str, vector: NDArray[np.float32] | None = None, *, explain: bool = True) -> Judged:
        """Return the likeliest label of a text, how sure that is, and how likely none fits.

        Parameters
        ----------
        vector : ndarray, shape (dimensions,), optional
            The text's embedding, of length 1; without it words alone judge.
        explain : bool
            Tell the examples and words that counted.
        """
        text = text[:MOST_CHARACTERS]
        similarities = self.kernel.similarities(text, vector)
        judged = self.head.judge(similarities, None if self.svm is None else self.svm.margins(text, vector))
        if not explain:
            return judged
        if not similarities.any():
            similarities = self.kernel.shared_words(text)
        return replace(judged, because=self.head.evidence(self.kernel, text, similarities, judged.label))

    def as_bytes(self) -> bytes:
        """Return what ``from_bytes`` makes it of again; the same bytes for the same model."""
        head = self.head
        told = [list(head.labels), head.steepness, head.threshold, head.spread]
        arrays: dict[str, Any] = {
            "kernel": np.frombuffer(self.kernel.as_bytes(), np.uint8),
            "weights": head.weights.astype(np.float16),
        }
        if self.svm is not None:
            arrays |= {f"svm_{name}": getattr(self.svm, name) for name in _OF_SVM}
            told.append(self.svm.dense_share)
        arrays["head"] = np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8)
        written = io.BytesIO()
        np.savez_compressed(written, allow_pickle=False, **arrays)
        return written.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> IntentModel:
        """Return the model that was written."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            labels, steepness, threshold, spread, *dense_share = json.loads(arrays["head"].tobytes())
            weights = arrays["weights"].astype(np.float32)
            kernel = ExampleKernel.from_bytes(arrays["kernel"].tobytes())
            svm = None
            if "svm_packed" in arrays:
                svm = GramSvm(*(arrays[f"svm_{name}"] for name in _OF_SVM), *dense_share)
        return cls(kernel, RidgeHead(tuple(labels), weights, steepness, threshold, spread), svm)


def fit_intents(
    texts: Sequence[str], labels: Sequence[str], embed: Embed, *, step: Step = lambda _: None
) -> tuple[IntentModel, HeldBack]:
    """Learn labels from examples, each label's name being one too where examples are few.

    Parameters
    ----------
    labels : sequence of str
        One for each text; ``oos`` where a text is about none of the labels.

    Returns
    -------
    IntentModel
        The same for the same examples and vectors.
    HeldBack
        How it does on the examples, each left out in turn.

    Raises
    ------
    InvalidInputError
        An example holds no word.
    """
    if len(texts) > MANY:
        cut = [text[:MOST_CHARACTERS] for text in texts]
        step("embedding")
        kernel, head, svm, held_back = fit_many(cut, embed(cut), labels, step=step)
        return IntentModel(kernel, head, svm), held_back
    names = [name for name in sorted(set(labels) - {OUT_OF_SCOPE}) if re.search(r"[^\W\d_]{3}", name)]
    all_texts = [text[:MOST_CHARACTERS] for text in texts] + [spoken(name) for name in names]
    step("embedding")
    vectors = embed(all_texts)
    weight = word_weight_for(all_texts[: len(texts)], vectors[: len(texts)], labels, WORD_WEIGHTS)
    kernel = ExampleKernel.of(all_texts, vectors, word_weight=weight)
    head, held_back = fit_head(kernel, [*labels, *names], n_own=len(texts), step=step)
    return IntentModel(kernel, head), held_back


def spoken(name: str) -> str:
    """Return a label's name as one would say it: ``cardArrival`` and ``card_arrival`` are both "card arrival"."""
    parted = re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", parted).lower().split())
