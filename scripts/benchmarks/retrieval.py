"""Search timed on collections of many sizes made from a real one, next to Chroma; ingestion and re-scan timed."""

from __future__ import annotations

import gc
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.langgraph_peer import chroma_collection
from benchmarks.report import figures
from firstline.adapters.documents.reader import FileReader
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.system import SystemClock
from firstline.domain.knowledge import DocumentVersion, EmbeddedChunk
from firstline.domain.message_vectors import MessageVectors
from firstline.domain.ports import Embedder, KnowledgeIndex
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.search_knowledge import SearchKnowledge

Progress = Callable[[str, int, int], None]

CHUNKS_PER_DOCUMENT = 100
SERVED = 5
WARM_UP = 20
SPREAD = 0.04
"""Standard deviation, per dimension, of a made vector from the real one that it is drawn around."""
_TEXT_LENGTH = 800
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_MB = 2**20


@dataclass(frozen=True)
class Asked:
    """Questions with their vectors."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    """Shape (n_questions, dimensions)."""


def made_documents(
    real: Sequence[EmbeddedChunk], n_chunks: int, *, seed: int = 13
) -> Iterator[tuple[DocumentVersion, list[EmbeddedChunk]]]:
    """Yield documents of a hundred chunks: sentences drawn from the real chunks, vectors drawn around theirs."""
    drawn, noise = random.Random(seed), np.random.default_rng(seed)  # noqa: S311
    sentences = [part for entry in real for part in _SENTENCE.split(entry.chunk.text) if part.strip()]
    for first in range(0, n_chunks, CHUNKS_PER_DOCUMENT):
        source = f"made/{first}.md"
        made = [
            _made_chunk(drawn.choice(real), source, at, sentences, drawn, noise)
            for at in range(min(CHUNKS_PER_DOCUMENT, n_chunks - first))
        ]
        document = DocumentVersion(
            source=source, object_key=source, version="1", title="made", n_chunks=len(made), embedding_model="made"
        )
        yield document, made


def _made_chunk(
    real: EmbeddedChunk,
    source: str,
    position: int,
    sentences: Sequence[str],
    drawn: random.Random,
    noise: np.random.Generator,
) -> EmbeddedChunk:
    text = ""
    while len(text) < _TEXT_LENGTH:
        text += f"{drawn.choice(sentences)} "
    name = f"{source}#{position}"
    made = {"chunk_id": name, "source": source, "anchor": str(position), "position": position, "content_hash": name}
    chunk = real.chunk.model_copy(update={**made, "text": text})
    return EmbeddedChunk(chunk, _near(real.text_vector, noise), _near(real.heading_vector, noise))


def _near(vector: NDArray[np.float32], noise: np.random.Generator) -> NDArray[np.float32]:
    moved = vector + SPREAD * noise.normal(size=vector.shape)
    return (moved / np.linalg.norm(moved)).astype(np.float32)


def fill(index: KnowledgeIndex, real: Sequence[EmbeddedChunk], n_chunks: int, progress: Progress) -> None:
    """Write so many made chunks."""
    for document, chunks in made_documents(real, n_chunks):
        index.replace_document(document, chunks)
        progress("writing", int(Path(document.source).stem) + len(chunks), n_chunks)


def measure_search(index: KnowledgeIndex, embedder: Embedder, asked: Asked, n_searches: int) -> dict[str, Any]:
    """Return milliseconds of a search with its vector given, and of one with the embedding."""
    search = SearchKnowledge(index, embedder)
    given, whole, cpu = [], [], []
    for number in range(WARM_UP + n_searches):
        at = number % len(asked.texts)
        times = [time.perf_counter()]
        started = time.thread_time()
        search(asked.texts[at], vector=asked.vectors[at], limit=SERVED)
        cpu.append(time.thread_time() - started)
        times.append(time.perf_counter())
        search(asked.texts[at], limit=SERVED)
        times.append(time.perf_counter())
        given.append(times[1] - times[0])
        whole.append(times[2] - times[1])
    return {
        "search_ms": _milliseconds(given),
        "search_cpu_ms": _milliseconds(cpu),
        "search_and_embedding_ms": _milliseconds(whole),
    }


def bench_size(
    folder: Path,
    real: Sequence[EmbeddedChunk],
    n_chunks: int,
    embedder: Embedder,
    asked: Asked,
    *,
    n_searches: int,
    progress: Progress,
) -> dict[str, Any]:
    """Measure our local search and Chroma's query over the same made chunks, with the memory that each takes."""
    writer = SQLiteKnowledgeIndex(folder / "knowledge.db", dimensions=embedder.dimensions)
    fill(writer, real, n_chunks, progress)
    writer.close()
    before = _resident_mb()
    index = SQLiteKnowledgeIndex(folder / "knowledge.db", dimensions=embedder.dimensions)
    started = time.perf_counter()
    index.candidates(asked.texts[0], asked.vectors[0], limit=1)
    load_s = time.perf_counter() - started
    ours = measure_search(index, embedder, asked, n_searches)
    ours |= {"load_s": round(load_s, 2), "memory_mb": _resident_mb() - before}
    index.close()
    del index
    before = _resident_mb()
    chunks = [entry for _, made in made_documents(real, n_chunks) for entry in made]
    collection = chroma_collection(folder / "chroma", chunks)
    del chunks
    times = []
    for number in range(WARM_UP + n_searches):
        started = time.perf_counter()
        collection.query(query_embeddings=[asked.vectors[number % len(asked.vectors)]], n_results=SERVED)
        times.append(time.perf_counter() - started)
    return {
        "chunks": n_chunks,
        "firstline": ours,
        "chroma": {"query_ms": _milliseconds(times), "memory_mb": max(0, _resident_mb() - before)},
    }


def bench_ingestion(folder: Path, data: Path, key: str, embedder: Embedder, progress: Progress) -> dict[str, float]:
    """Return chunks ingested in a second with the real model, and seconds of a second run that finds no change."""
    index = SQLiteKnowledgeIndex(folder / "ingested.db", dimensions=embedder.dimensions)
    ingest = IngestKnowledge(FolderObjectStore(data), index, embedder, reader=FileReader(), clock=SystemClock())

    def run() -> tuple[int, float]:
        started = time.perf_counter()
        report = ingest.ingest(key) if key else ingest.sync(lambda done, total, _: progress("ingesting", done, total))
        return report.chunks, time.perf_counter() - started

    n_chunks, spent = run()
    _, again = run()
    index.close()
    return {"chunks": n_chunks, "chunks_per_s": round(n_chunks / spent, 1), "unchanged_s": round(again, 3)}


def bench_rescan(folder: Path, n_chunks: int, embedder: Embedder) -> dict[str, float]:
    """Return seconds of a sync over a folder of so many chunks in which nothing has changed."""
    knowledge = folder / "knowledge"
    knowledge.mkdir(parents=True)
    for first in range(0, n_chunks, CHUNKS_PER_DOCUMENT):
        sections = range(first, min(n_chunks, first + CHUNKS_PER_DOCUMENT))
        text = "\n\n".join(f"## Section {at}\n\nText number {at} of this article." for at in sections)
        (knowledge / f"{first}.md").write_text(f"# Article {first}\n\n{text}\n", encoding="utf-8")
    index = SQLiteKnowledgeIndex(folder / "rescan.db", dimensions=embedder.dimensions)
    ingest = IngestKnowledge(
        FolderObjectStore(knowledge), index, _Constant(embedder), reader=FileReader(), clock=SystemClock()
    )
    chunks = ingest.sync().chunks
    started = time.perf_counter()
    ingest.sync()
    spent = time.perf_counter() - started
    index.close()
    return {"chunks": chunks, "unchanged_s": round(spent, 2)}


class _Constant:
    """In place of the model where only the re-scan is timed, which embeds nothing."""

    def __init__(self, embedder: Embedder) -> None:
        self.dimensions = embedder.dimensions
        self.model_id = "constant"

    def knows(self, word: str) -> bool:
        return bool(word)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full((len(texts), self.dimensions), self.dimensions**-0.5, np.float32)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed(texts)

    def embed_message(self, text: str) -> MessageVectors:
        (vector,) = self.embed([text])
        return MessageVectors(vector, vector)


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    return figures(1000 * value for value in seconds[WARM_UP:])


def _resident_mb() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // _MB
