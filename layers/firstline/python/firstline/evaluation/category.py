"""Task ``category``: the product's six categories, as shipped, beside a list of keywords."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firstline.domain.category import judge_category
from firstline.domain.lexicon import normalised, phrases_in
from firstline.domain.ports import Embedder
from firstline.domain.turn import Category
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.metrics import macro_f1
from firstline.evaluation.result import EvaluationResult, Progress

KEYWORDS = {
    Category.BILLING_INQUIRY: "bill billing invoice charge charged payment pay paid refund price cost card",
    Category.BUG_REPORT: "bug crash crashes crashed broken exception glitch freezes wrong",
    Category.FEATURE_REQUEST: "feature suggestion suggest add wish roadmap",
    Category.ACCOUNT_MANAGEMENT: "account password email profile username user role permission cancel login",
    Category.TECHNICAL_SUPPORT: "error install connect slow timeout browser setup server network update",
}
"""The words that one would write down; the category with most of them wins, the first of equals."""
_EVERY = 200


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``data.jsonl`` of {text, label: one of the six categories}.

    Raises
    ------
    InvalidDataError
        A row does not fit.
    """
    started = time.perf_counter()
    path = folder / "data.jsonl"
    found = []
    for number, row in rows(path):
        label = text_of(path, number, row, "label")
        if label not in set(Category):
            raise InvalidDataError(path, number, f"label is none of {', '.join(Category)}")
        found.append((text_of(path, number, row, "text"), label))
    if limit is not None and limit < len(found):
        found = random.Random(seed).sample(found, limit)  # noqa: S311
    said = []
    for done, (text, _) in enumerate(found, start=1):
        said.append(judge_category(text, embedder.embed([text])[0]).label)
        if done % _EVERY == 0 or done == len(found):
            progress("messages", done, len(found))
    truth = [label for _, label in found]
    return EvaluationResult(
        task="category",
        data=folder.name,
        n=len(found),
        seconds=round(time.perf_counter() - started, 2),
        ours=_measures(truth, said),
        peers={"keywords": _measures(truth, [_by_keywords(text) for text, _ in found])},
        notes=["nothing was learnt from this folder"],
    )


def _measures(truth: Sequence[str], said: Sequence[str]) -> dict[str, Any]:
    pairs = list(zip(truth, said, strict=True))
    return {
        "accuracy": round(sum(told == label for told, label in pairs) / len(pairs), 4),
        "macro_f1": round(macro_f1(pairs), 4),
    }


def _by_keywords(text: str) -> str:
    plain = normalised(text)
    counts = {category: len(set(phrases_in(plain, words.split()))) for category, words in KEYWORDS.items()}
    best = max(counts, key=lambda category: counts[category])
    return best.value if counts[best] else Category.GENERAL_INQUIRY.value
