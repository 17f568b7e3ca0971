"""Chunks and documents that tests of the knowledge indexes are written with."""

import numpy as np

from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.ports import KnowledgeIndex

NORTH = [1.0, 0.0, 0.0, 0.0]
EAST = [0.0, 1.0, 0.0, 0.0]
BETWEEN = [0.8, 0.6, 0.0, 0.0]
AWAY = [-1.0, 0.0, 0.0, 0.0]


def unit(values: list[float]) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def embedded(
    name: str,
    text: str,
    vector: list[float],
    *,
    source: str = "billing.md",
    heading: list[float] | None = None,
    position: int = 0,
    category: str = "billing_inquiry",
    language: str = "en",
) -> EmbeddedChunk:
    chunk = Chunk(
        chunk_id=f"{source}#{name}",
        source=source,
        title="Handbook",
        heading_path=(name,),
        anchor=name,
        text=text,
        position=position,
        category=category,
        language=language,
        content_hash=f"{source}/{name}/{text}",
    )
    return EmbeddedChunk(chunk, unit(vector), unit(heading or vector))


def version(source: str = "billing.md", number: str = "1", n_chunks: int = 1) -> DocumentVersion:
    return DocumentVersion(
        source=source, object_key=source, version=number, title="Handbook", n_chunks=n_chunks, embedding_model="test"
    )


def found(index: KnowledgeIndex, text: str, vector: list[float], **options: object) -> dict[str, Candidate]:
    limit = options.pop("limit", 10)
    assert isinstance(limit, int)
    only = options.pop("only", None)
    assert only is None or isinstance(only, SearchFilter)
    candidates = index.candidates(text, unit(vector), limit=limit, only=only)
    return {candidate.chunk.anchor: candidate for candidate in candidates}
