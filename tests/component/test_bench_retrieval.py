"""The retrieval bench makes collections of a stated size and measures the product's own search on them."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.report import retrieval_table
from benchmarks.retrieval import Asked, bench_rescan, fill, made_documents, measure_search

from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.domain.knowledge import Chunk, EmbeddedChunk
from tests.component.world import HashingEmbedder


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


def real_chunks(embedder: HashingEmbedder) -> list[EmbeddedChunk]:
    made = []
    for name in ("refund", "invoice", "password"):
        text = f"All about the {name}. Ask for your {name} by mail."
        chunk = Chunk(chunk_id=name, source="a.md", title=name, text=text, position=0, content_hash=name)
        text_vector, heading_vector = embedder.embed([text, name])
        made.append(EmbeddedChunk(chunk, text_vector, heading_vector))
    return made


def test_made_documents_have_the_stated_number_of_chunks_and_are_the_same_every_time() -> None:
    real = real_chunks(HashingEmbedder())
    first, second = ([chunks for _, chunks in made_documents(real, 250)] for _ in range(2))
    assert [len(chunks) for chunks in first] == [100, 100, 50]
    assert len({entry.chunk.chunk_id for chunks in first for entry in chunks}) == 250
    assert [entry.chunk for entry in first[0]] == [entry.chunk for entry in second[0]]
    assert float(np.linalg.norm(first[2][49].text_vector)) == pytest.approx(1.0, abs=1e-5)


def test_searches_are_timed_with_and_without_the_embedding(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    index = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=embedder.dimensions)
    fill(index, real_chunks(embedder), 150, silent)
    texts = ["where is my refund", "reset the password"]
    measured = measure_search(index, embedder, Asked(texts, embedder.embed(texts)), 5)
    index.close()
    assert set(measured) == {"search_ms", "search_cpu_ms", "search_and_embedding_ms"}
    assert all(0 < times["p50"] <= times["p95"] for times in measured.values())
    result = {
        "data": "made",
        "ingestion": {"chunks_per_s": 9.0, "chunks": 150},
        "sizes": [{"chunks": 150, "firstline": measured}],
        "same_top_3": 0.975,
    }
    assert "150 firstline search_and_embedding" in retrieval_table(result)
    assert "97.5%" in retrieval_table(result)


def test_a_rescan_is_timed_over_the_stated_number_of_chunks(tmp_path: Path) -> None:
    measured = bench_rescan(tmp_path / "rescan", 120, HashingEmbedder())
    assert measured["chunks"] == 120
    assert measured["unchanged_s"] >= 0
