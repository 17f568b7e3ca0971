"""What the understanding of a message costs, beside what is often put together for it, in one run on one thread."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from firstline.adapters.local.embedder import OnnxEmbedder
from firstline.domain.classification import classify
from firstline.domain.injection import injection_risk

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = ROOT / "layers" / "firstline" / "python" / "firstline" / "domain"
ARTEFACTS = (
    "messages.*", "mood*", "urgency*", "languages.*",
    "language_*", "lexicon.json", "stakes.json", "stake_patterns.json",
    "style.json",
    "person_request.json", "injection*",
)  # fmt: skip
_WEIGHTS = (".npy", ".npz", ".json")
PEER = "VADER + TF-IDF LinearSVC + py3langid"
_OURS = """
import json, sys, time
began = time.process_time()
import numpy
has_numpy = time.process_time()
import pydantic
started = time.process_time()
from firstline.domain.classification import classify
from firstline.domain.injection import injection_risk
imported = time.process_time()
classify("How do I export my shifts?", vector=numpy.full(384, 384**-0.5, numpy.float32)), injection_risk("x")
print(json.dumps([has_numpy - began, imported - started, time.process_time() - imported]))
"""
_THEIRS = """
import json, sys, time
began = time.process_time()
import numpy
started = time.process_time()
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
import py3langid, sklearn.svm, sklearn.feature_extraction.text
imported = time.process_time()
SentimentIntensityAnalyzer().polarity_scores("How do I export my shifts?"), py3langid.classify("How do I export?")
print(json.dumps([started - began, imported - started, time.process_time() - imported]))
"""
Progress = Callable[[str, int, int], None]


def messages(count: int) -> list[str]:
    """Return so many messages of about 100 tokens, no two alike."""
    return [
        f"Hello, since update {n} the export of our shifts to payroll stops after a while with an error that says the "
        f"connection was reset, and nobody in office {n} can close the month. We tried another browser, cleared the "
        "cache and signed in again, and my colleague sees the same on her computer. It is quite urgent because the "
        "salaries have to be paid on Friday, and last month we already had trouble with the invoice. Could you please "
        "tell us what to do, or who can look at it? Thanks, Maria"
        for n in range(count)
    ]


def measure(model: Path, *, count: int, runs: int, progress: Progress) -> dict[str, Any]:
    """Return milliseconds of processor time per message and to start, megabytes, and what they are to the peer's.

    Parameters
    ----------
    count : int
        Messages that are timed on each side, in turns.
    runs : int
        Fresh interpreters of each side.
    """
    embedder = OnnxEmbedder(model, threads=1)
    texts = messages(count + 1)
    peer = _peer()
    times: dict[str, list[float]] = {"embedding": [], "classification": [], "peer": []}
    for place, text in enumerate(texts):
        vectors, embedding = _timed(partial(embedder.embed_message, text))
        _, ours = _timed(partial(_classified, text, vectors.text))
        _, theirs = _timed(partial(peer, text))
        if place:
            # The first loads the models.
            for name, spent in zip(times, (embedding, ours, theirs), strict=True):
                times[name].append(spent)
        progress("messages", place + 1, len(texts))
    median = {name: statistics.median(spent) for name, spent in times.items()}
    starts = {name: _starts(code, runs) for name, code in (("ours", _OURS), ("peer", _THEIRS))}
    progress("fresh interpreters", 2 * runs, 2 * runs)
    return {
        "messages": count,
        "ms": {name: round(value, 2) for name, value in median.items()},
        "to_embedding": round(median["classification"] / median["embedding"], 2),
        "to_peer": round(median["classification"] / median["peer"], 2),
        "start_ms": {name: round(sum(parts[1:]), 0) for name, parts in starts.items()},
        "start_to_peer": round(sum(starts["ours"][1:]) / sum(starts["peer"][1:]), 2),
        "start_to_numpy": round(sum(starts["ours"][1:]) / starts["ours"][0], 2),
        "artefacts_mb": round(artefact_bytes() / 1e6, 2),
        "peer": PEER,
    }


def artefact_bytes(folder: Path = DOMAIN) -> int:
    """Return the bytes of all files that classification reads."""
    found = {path for pattern in ARTEFACTS for path in folder.glob(pattern) if path.suffix in _WEIGHTS}
    return sum(path.stat().st_size for path in found)


def table(result: dict[str, Any]) -> str:
    """Return the figures as lines."""
    ms, start = result["ms"], result["start_ms"]
    return "\n".join(
        [
            f"{result['messages']} messages of about 100 tokens, one thread, processor time, medians",
            f"embedding            {ms['embedding']:>9.2f} ms",
            f"classification       {ms['classification']:>9.2f} ms  {result['to_embedding']:.2f} of the embedding",
            f"{result['peer']:<21}{ms['peer']:>9.2f} ms  ratio {result['to_peer']:.2f}",
            f"start                {start['ours']:>9.0f} ms  ratio {result['start_to_peer']:.2f}, "
            f"to importing numpy {result['start_to_numpy']:.2f}",
            f"artefacts            {result['artefacts_mb']:>9.2f} MB",
        ]
    )


def _classified(text: str, vector: Any) -> None:
    classify(text, vector=vector)
    injection_risk(text)


def _peer() -> Callable[[str], None]:
    import py3langid  # type: ignore[import-not-found,unused-ignore]
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    rows = [json.loads(line) for line in (ROOT / "knowledge/training/messages.jsonl").read_text("utf-8").splitlines()]
    texts = [str(row["text"]) for row in rows]
    heads = []
    for name in ("category", "intent"):
        words = TfidfVectorizer(ngram_range=(1, 2))
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))
        known = [(text, row[name]) for text, row in zip(texts, rows, strict=True) if row.get(name)]
        head = make_pipeline(make_union(words, letters), LinearSVC())
        heads.append(head.fit([text for text, _ in known], [label for _, label in known]))
    vader = SentimentIntensityAnalyzer()

    def judge(text: str) -> None:
        for head in heads:
            head.predict([text])
        vader.polarity_scores(text)
        py3langid.classify(text)

    return judge


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    started = time.thread_time()
    result = call()
    return result, 1000 * (time.thread_time() - started)


def _starts(code: str, runs: int) -> Sequence[float]:
    """Return the milliseconds that numpy, the rest and the first message take, medians over fresh interpreters."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    taken = [
        json.loads(
            subprocess.run(  # noqa: S603 - our own code
                [sys.executable, "-c", code], check=True, capture_output=True, env=environment
            ).stdout
        )
        for _ in range(runs)
    ]
    return [1000 * statistics.median(part) for part in zip(*taken, strict=True)]
