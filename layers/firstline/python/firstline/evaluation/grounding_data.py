"""Answers with the sources they are held against, read strictly."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstline.domain.grounding import Sources, Support, support
from firstline.domain.statements import statements
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of

_LABELS = {1: 1.0, 0: 0.0, "1": 1.0, "0": 0.0, "consistent": 1.0, "inconsistent": 0.0}
_LABELS |= {"supported": 1.0, "unsupported": 0.0}
_ANSWERS = ("answer", "summary", "claim")


@dataclass(frozen=True)
class Pair:
    """An answer and its sources."""

    sources: tuple[str, ...]
    answer: str
    target: float
    """1 supported, 0 not; or a rating."""
    group: str
    """The same for all answers over the same sources."""
    is_rating: bool = False


def read_pairs(folder: Path) -> list[Pair]:
    """Read ``data.jsonl``, or ``evaluation/grounding.jsonl`` of a knowledge folder.

    Rows are ``{source, answer, label}`` or ``{source, answer, rating}``. The source is a text or a list of texts; the
    answer may be called ``summary`` or ``claim``; labels are 1 and 0, or ``consistent`` and ``inconsistent``.

    Raises
    ------
    InvalidDataError
        A file is missing, a line does not fit, or only some rows are ratings.
    """
    path = data_file(folder)
    pairs: list[Pair] = []
    for number, row in rows(path):
        name = next((name for name in _ANSWERS if name in row), _ANSWERS[0])
        sources = _sources(path, number, row)
        group = hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]
        target, is_rating = _target(path, number, row)
        pairs.append(Pair(sources, text_of(path, number, row, name), target, group, is_rating))
        if is_rating != pairs[0].is_rating:
            raise InvalidDataError(path, number, "some rows are ratings and some are labels")
    return pairs


def data_file(folder: Path) -> Path:
    """Return the file that the rows are in."""
    ours = folder / "evaluation" / "grounding.jsonl"
    return ours if ours.exists() and not (folder / "data.jsonl").exists() else folder / "data.jsonl"


def sha256(path: Path) -> str:
    """Return the hash by which a model card names a file."""
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def supports_of(answer: str, sources: Sources) -> list[Support]:
    """Measure all statements of an answer that say anything."""
    return [support(found, sources) for found in statements(answer) if found.terms]


def _sources(path: Path, number: int, row: dict[str, Any]) -> tuple[str, ...]:
    source = row.get("source")
    given = source if isinstance(source, list) else [source]
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) != len(given) or not "".join(texts).strip():
        raise InvalidDataError(path, number, "source is neither a text nor a list of texts, or is empty")
    return tuple(texts)


def _target(path: Path, number: int, row: dict[str, Any]) -> tuple[float, bool]:
    if "rating" in row:
        rating = row["rating"]
        if isinstance(rating, bool) or not isinstance(rating, int | float) or not math.isfinite(rating):
            raise InvalidDataError(path, number, "rating is not a number")
        return float(rating), True
    label = row.get("label")
    if isinstance(label, bool):
        return float(label), False
    if not isinstance(label, int | str) or label not in _LABELS:
        raise InvalidDataError(path, number, "label is not 1, 0, consistent or inconsistent")
    return _LABELS[label], False
