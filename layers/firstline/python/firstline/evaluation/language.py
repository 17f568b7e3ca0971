"""Task ``language``: which language a text is in, beside lingua and py3langid."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firstline.domain.languages import SUPPORTED, judge_language, shipped_language_model
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows, text_of
from firstline.evaluation.result import EvaluationResult, Progress

Detect = Callable[[str], str]


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score every ``*.jsonl`` of {text, lang: ISO 639-1}; the embedder is not used.

    Raises
    ------
    InvalidDataError
        A row does not fit, or there is no such file.

    Notes
    -----
    The weights have seen no public set, so every row is unseen. A file's own scores are in ``per_file``.
    """
    started = time.perf_counter()
    found = _read(folder, limit, seed)
    texts, languages, files = ([row[place] for row in found] for place in range(3))
    shipped_language_model()
    took, guessed = [], []
    for text in texts:
        began = time.perf_counter()
        guessed.append(judge_language(text).code)
        took.append(time.perf_counter() - began)
    progress("firstline", len(texts), len(texts))
    ours = _measures(guessed, languages) | {
        "p50_ms": round(float(np.median(took)) * 1000, 3),
        "per_file": {
            name: _measures(*_of_file(guessed, languages, files, name)) | {"n": files.count(name)}
            for name in sorted(set(files))
        },
    }
    peers, notes = {}, ["the shipped weights have seen no public set: every row is unseen"]
    for name, make in (("lingua", _lingua), ("py3langid", _py3langid)):
        try:
            detect = make()
        except ImportError:
            notes.append(f"{name} is not installed: not compared")
            continue
        peers[name] = _measures([detect(text) for text in texts], languages)
        progress(name, len(texts), len(texts))
    return EvaluationResult(
        task="language",
        data=folder.name,
        n=len(texts),
        seconds=round(time.perf_counter() - started, 2),
        ours=ours,
        peers=peers,
        notes=notes,
    )


def _read(folder: Path, limit: int | None, seed: int) -> list[tuple[str, str, str]]:
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise InvalidDataError(folder, 0, "has no *.jsonl")
    found = [
        (text_of(path, number, row, "text"), text_of(path, number, row, "lang").lower().partition("-")[0], path.name)
        for path in paths
        for number, row in rows(path)
    ]
    return found if limit is None or limit >= len(found) else random.Random(seed).sample(found, limit)  # noqa: S311


def _of_file(
    guessed: Sequence[str], languages: Sequence[str], files: Sequence[str], name: str
) -> tuple[list[str], list[str]]:
    places = [place for place, file in enumerate(files) if file == name]
    return [guessed[place] for place in places], [languages[place] for place in places]


def _measures(guessed: Sequence[str], languages: Sequence[str]) -> dict[str, Any]:
    right = np.array([one == other for one, other in zip(guessed, languages, strict=True)])
    supported = np.array([code in SUPPORTED for code in languages])
    scores = {"accuracy": round(float(right.mean()), 4)}
    if supported.any():
        scores["accuracy_supported"] = round(float(right[supported].mean()), 4)
    f1 = []
    for code in sorted(set(languages)):
        is_it, called = (np.array([one == code for one in of]) for of in (languages, guessed))
        f1.append(2 * float((is_it & called).sum()) / float(is_it.sum() + called.sum()))
    return scores | {"macro_f1": round(float(np.mean(f1)), 4)}


def _lingua() -> Detect:
    """Return lingua as its documentation says to use it, with all its languages."""
    builder = importlib.import_module("lingua").LanguageDetectorBuilder
    detector = builder.from_all_languages().with_preloaded_language_models().build()

    def detect(text: str) -> str:
        language = detector.detect_language_of(text)
        return str(language.iso_code_639_1.name).lower() if language is not None else ""

    return detect


def _py3langid() -> Detect:
    classify = importlib.import_module("py3langid").classify
    return lambda text: _same_as(str(classify(text)[0]))


def _same_as(code: str) -> str:
    """Return Norwegian as the code for its commoner written form, which lingua and the public sets have."""
    return "nb" if code == "no" else code
