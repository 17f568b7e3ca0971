"""Retrieval scored as the product does it, beside bm25s and vectors alone."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import numpy as np

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.knowledge import Chunk
from firstline.domain.ports import Embedder, KnowledgeIndex
from firstline.domain.ranking import FusionWeights, calibration_without
from firstline.evaluation.metrics import auroc, hit, ndcg, recall, reciprocal_rank
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.evaluation.retrieval_data import Query, RetrievalData, read_retrieval_data
from firstline.services.ingest_knowledge import IngestionReport, IngestKnowledge
from firstline.services.search_knowledge import DEFAULT_CANDIDATES, SearchKnowledge, SearchParts

OpenIndex = Callable[[Path], AbstractContextManager[KnowledgeIndex]]
"""Opens an empty index; the folder is a temporary one that it may use."""

DEPTH = 10

LEFT_OUT: Mapping[str, tuple[FusionWeights, SearchParts]] = {
    "words": (FusionWeights(bm25=0.0), SearchParts()),
    "text vectors": (FusionWeights(text=0.0), SearchParts()),
    "heading vectors": (FusionWeights(heading=0.0), SearchParts()),
    "codes": (FusionWeights(code=0.0), SearchParts()),
    "rest of the document": (FusionWeights(document=0.0), SearchParts()),
    "content words": (FusionWeights(), SearchParts(content_words=False)),
    "spelling": (FusionWeights(), SearchParts(spelling=False)),
    "questions parted": (FusionWeights(), SearchParts(questions=False)),
}
"""What ``--ablate`` leaves out, one part at a time."""


def evaluate_retrieval(
    folder: Path,
    embedder: Embedder,
    *,
    limit: int | None = None,
    seed: int = 13,
    ablate: bool = False,
    open_index: OpenIndex | None = None,
    progress: Progress,
) -> EvaluationResult:
    """Score retrieval on a folder.

    Parameters
    ----------
    limit : int, optional
        Take a sample of so many queries, drawn with ``seed``; the corpus stays whole.
    ablate : bool
        Score the search also with each of its parts left out.
    open_index : callable, optional
        Without it, the local index.

    Returns
    -------
    EvaluationResult
        ``n`` counts the answerable queries.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    started = time.perf_counter()
    data = read_retrieval_data(folder)
    unseen = calibration_without(folder.resolve().name)
    queries = data.queries
    if limit is not None and limit < len(queries):
        queries = random.Random(seed).sample(queries, limit)  # noqa: S311
    ablation: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="firstline-evaluate-") as temporary:
        opened = open_index(Path(temporary)) if open_index else _local_index(Path(temporary), embedder)
        with opened as index:
            report = _ingested(data, index, embedder, progress)
            ours = _score_ours(data, queries, SearchKnowledge(index, embedder, calibration=unseen), progress)
            for part, (weights, parts) in LEFT_OUT.items() if ablate else ():
                search = SearchKnowledge(index, embedder, calibration=unseen, weights=weights, parts=parts)
                ablation[part] = _score_ours(data, queries, search, progress)
            chunks = [chunk for source in index.documents() for chunk in index.embedded_chunks(source)]
    vectors = np.stack([embedded.text_vector for embedded in chunks])
    named = [(data.name_of(embedded.chunk), embedded.chunk) for embedded in chunks]
    peers = {
        "bm25s": _score_peer(queries, _bm25s(named), "bm25s", progress),
        "dense_only": _score_peer(queries, _dense(named, vectors, embedder), "dense only", progress),
    }
    notes = [f"{report.documents} documents in {report.chunks} chunks"]
    notes += [f"skipped {part.source}: {part.reason}" for part in report.skipped]
    if unseen:
        notes.append("the shipped confidence saw this folder; here one is used that was fitted on the others only")
    result = EvaluationResult(
        task="retrieval",
        data=folder.resolve().name,
        n=sum(bool(query.gains) for query in queries),
        seconds=round(time.perf_counter() - started, 1),
        ours=ours | {"index_seconds": report.seconds},
        peers=peers,
        notes=notes,
    )
    if ablate:
        result["ablation"] = ablation
    return result


def _local_index(folder: Path, embedder: Embedder) -> AbstractContextManager[KnowledgeIndex]:
    return closing(SQLiteKnowledgeIndex(folder / "knowledge.db", dimensions=embedder.dimensions))


def _ingested(data: RetrievalData, index: KnowledgeIndex, embedder: Embedder, progress: Progress) -> IngestionReport:
    ingest = IngestKnowledge(FolderObjectStore(data.folder), index, embedder, reader=FileReader(), clock=SystemClock())

    def shown(done: int, total: int, _source: str) -> None:
        progress("indexing", done, total)

    return ingest.ingest(data.key, shown) if data.key else ingest.sync(shown)


def _score_ours(
    data: RetrievalData, queries: Sequence[Query], search: SearchKnowledge, progress: Progress
) -> dict[str, float]:
    rankings: list[list[str]] = []
    confidences: list[float] = []
    abstained: list[bool] = []
    seconds: list[float] = []
    search(queries[0].text)
    for done, query in enumerate(queries, start=1):
        started = time.perf_counter()
        found = search(query.text, limit=2 * DEFAULT_CANDIDATES)
        seconds.append(time.perf_counter() - started)
        rankings.append(_names(data.name_of(entry.chunk) for entry in found.ranked))
        confidences.append(found.confidence)
        abstained.append(found.abstained)
        progress("firstline", done, len(queries))
    scores = _ranking_scores(queries, rankings)
    answerable = np.array([bool(query.gains) for query in queries])
    if answerable.any() and not answerable.all():
        trust = np.array(confidences)
        scores["abstention_auroc"] = round(auroc(trust[answerable], trust[~answerable]), 4)
        scores["declined_unanswerable"] = round(float(np.array(abstained)[~answerable].mean()), 4)
        scores["declined_answerable"] = round(float(np.array(abstained)[answerable].mean()), 4)
    scores["p50_ms"] = round(float(np.median(seconds)) * 1000, 2)
    return scores


def _score_peer(
    queries: Sequence[Query], rank: Callable[[str], list[str]], name: str, progress: Progress
) -> dict[str, float]:
    rankings: list[list[str]] = []
    for done, query in enumerate(queries, start=1):
        rankings.append(rank(query.text))
        progress(name, done, len(queries))
    return _ranking_scores(queries, rankings)


def _ranking_scores(queries: Sequence[Query], rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    judged = [(query.gains, ranking) for query, ranking in zip(queries, rankings, strict=True) if query.gains]
    measures: dict[str, Callable[[dict[str, float], Sequence[str]], float]] = {
        "ndcg_at_10": lambda gains, ranking: ndcg(ranking, gains, at=DEPTH),
        "mrr_at_10": lambda gains, ranking: reciprocal_rank(ranking, gains, at=DEPTH),
        "recall_at_5": lambda gains, ranking: recall(ranking, gains, at=5),
        "recall_at_10": lambda gains, ranking: recall(ranking, gains, at=DEPTH),
        "hit_at_1": lambda gains, ranking: hit(ranking, gains, at=1),
        "hit_at_3": lambda gains, ranking: hit(ranking, gains, at=3),
    }
    if not judged:
        return {}
    return {
        name: round(float(np.mean([measure(gains, ranking) for gains, ranking in judged])), 4)
        for name, measure in measures.items()
    }


def _bm25s(named: Sequence[tuple[str, Chunk]]) -> Callable[[str], list[str]]:
    """The peer as its documentation says: English stop words, its own defaults; a document by its best chunk."""
    import bm25s

    retriever = bm25s.BM25()
    texts = [f"{chunk.heading}\n{chunk.text}" for _, chunk in named]
    retriever.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    depth = min(len(named), 2 * DEFAULT_CANDIDATES)

    def rank(query: str) -> list[str]:
        words: Any = bm25s.tokenize([query], stopwords="en", show_progress=False)
        found, _ = retriever.retrieve(words, k=depth, show_progress=False)
        return _names(named[int(at)][0] for at in found[0])

    return rank


def _dense(
    named: Sequence[tuple[str, Chunk]], vectors: np.ndarray[Any, np.dtype[np.float32]], embedder: Embedder
) -> Callable[[str], list[str]]:
    def rank(query: str) -> list[str]:
        order = np.argsort(-(vectors @ embedder.embed([query])[0]), kind="stable")
        return _names(named[int(at)][0] for at in order)

    return rank


def _names(found: Any) -> list[str]:
    return list(dict.fromkeys(found))[:DEPTH]
