"""Trains the shipped judges of category and intent on messages of ours, in twelve languages."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.example_kernel import ExampleKernel
from firstline.domain.message_model import CARD_FILE, MODEL_FILE, MessageModel
from firstline.domain.ports import Embedder
from firstline.domain.ridge_head import OUT_OF_SCOPE, RidgeHead, fit_head
from firstline.domain.turn import Category, Intent
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of

TRAINING = Path(__file__).resolve().parents[5] / "knowledge" / "training"
MESSAGES_FILE, BACKGROUND_FILE = TRAINING / "messages.jsonl", TRAINING / "background.jsonl"
WORD_WEIGHT = 0.6
MOST_VARIANTS = 3
N_FOLDS = 4
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Message:
    """A message to learn from; ``source`` is the same for all variants of one line."""

    text: str
    language: str
    category: str
    intent: str
    source: int


def read(messages: Path = MESSAGES_FILE, background: Path = BACKGROUND_FILE) -> list[Message]:
    """Return every variant of our messages, and of what is said beside the point, that are lines of their own first.

    ``[a|b]`` in a line stands for one of several wordings; at most three variants are made of it.

    Raises
    ------
    InvalidDataError
        A line does not fit.
    """
    found = []
    for number, row in rows(messages):
        category, intent = row.get("category"), row.get("intent")
        if category not in set(Category) or intent not in set(Intent):
            raise InvalidDataError(messages, number, "category or intent is unknown")
        language = text_of(messages, number, row, "language")
        for text in variants(text_of(messages, number, row, "text")):
            found.append(Message(text, language, category, intent, number))
    for number, row in rows(background):
        for text in variants(text_of(background, number, row, "text")):
            found.append(Message(text, "und", OUT_OF_SCOPE, OUT_OF_SCOPE, -number))
    n_variants = Counter(one.source for one in found)
    return sorted(found, key=lambda one: n_variants[one.source] > 1)


def variants(line: str) -> list[str]:
    """Return the wordings that a line stands for: the first of every choice, the second of every choice ..."""
    choices = [choice.split("|") for choice in _CHOICE.findall(line)]
    n_variants = min(MOST_VARIANTS, max((len(choice) for choice in choices), default=1))

    def wording(number: int) -> str:
        left = iter(choices)
        return _CHOICE.sub(lambda _: (choice := next(left))[number % len(choice)], line)

    return [wording(number) for number in range(n_variants)]


def train(examples: Sequence[Message], vectors: NDArray[np.float32]) -> MessageModel:
    """Fit both heads, each with and without vectors; the same for the same examples and vectors."""
    texts = [one.text for one in examples]
    n_variants = Counter(one.source for one in examples)
    # Variants of one line know each other, so confidence is learnt from lines that have none.
    alone = sum(n_variants[one.source] == 1 for one in examples)
    kernel = ExampleKernel.of(texts, vectors, word_weight=WORD_WEIGHT)
    heads: dict[str, RidgeHead] = {}
    for name, labels in (
        ("category", [one.category for one in examples]),
        ("intent", [one.intent for one in examples]),
    ):
        heads[name], _ = fit_head(kernel, labels, n_own=alone)
        heads[f"{name}_words"], _ = fit_head(kernel, labels, n_own=alone, dense=False)
    return MessageModel(kernel, heads)


def run(public: Path, *, write: bool, embedder: Embedder) -> list[str]:
    """Train on our messages; return the names of the files that this changes. No public set is used.

    Raises
    ------
    InvalidDataError
        A line of ours does not fit.
    """
    del public
    examples = read()
    vectors = np.concatenate([embedder.embed([one.text]) for one in examples])
    model = train(examples, vectors)
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    card["sha256"] = {path.name: hashlib.sha256(path.read_bytes()).digest().hex(" ", 4) for path in _SOURCES}
    card["messages"] = dict(sorted(Counter(one.language for one in examples).items()))
    card["metrics"] = by_folds(examples, vectors)
    changed = []
    for path, content in {
        MODEL_FILE: model.as_bytes(),
        CARD_FILE: (json.dumps(card, indent=1) + "\n").encode(),
    }.items():
        if not path.is_file() or path.read_bytes() != content:
            changed.append(path.name)
            if write:
                path.write_bytes(content)
    return changed


def by_folds(examples: Sequence[Message], vectors: NDArray[np.float32]) -> dict[str, Any]:
    """Return accuracies on lines that a head has not seen, with and without vectors, and by language."""
    folds = np.array([one.source % N_FOLDS for one in examples])
    right: dict[str, list[tuple[str, bool]]] = {}
    for fold in range(N_FOLDS):
        learnt = np.flatnonzero(folds != fold).tolist()
        model = train([examples[row] for row in learnt], vectors[learnt])
        for row in np.flatnonzero(folds == fold).tolist():
            one = examples[row]
            if one.category == OUT_OF_SCOPE:
                continue
            for suffix, vector in (("", vectors[row]), ("_words", None)):
                similarities = model.kernel.similarities(one.text, vector)
                for name, label in (("category", one.category), ("intent", one.intent)):
                    said = model.heads[name + suffix].judge(similarities).label
                    right.setdefault(name + suffix, []).append((one.language, said == label))
    languages = sorted({one.language for one in examples} - {"und"})
    return {
        f"{name}, {N_FOLDS} folds by line": {
            "accuracy": _share(found),
            "by_language": {code: _share([one for one in found if one[0] == code]) for code in languages},
        }
        for name, found in right.items()
    }


_SOURCES = (MESSAGES_FILE, BACKGROUND_FILE)


def _share(found: Sequence[tuple[str, bool]]) -> float:
    return round(sum(is_right for _, is_right in found) / len(found), 4)
