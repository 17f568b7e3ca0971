"""Records and queries of the OpenSearch knowledge index."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.bm25 import weighted_terms
from firstline.domain.knowledge import EmbeddedChunk, SearchFilter


def record_id(name: str) -> str:
    """Return a record's id: a hash, because OpenSearch allows 512 bytes and a path may be longer."""
    return hashlib.sha256(name.encode()).hexdigest()


def chunk_record(embedded: EmbeddedChunk) -> dict[str, Any]:
    """Return a chunk as it is stored."""
    chunk = embedded.chunk
    return {
        "kind": "chunk",
        "source": chunk.source,
        "position": chunk.position,
        "category": chunk.category,
        "language": chunk.language,
        "terms": " ".join(weighted_terms(chunk.heading, chunk.text)),
        "body": chunk.model_dump_json(),
        "text_vector": embedded.text_vector.tolist(),
        "heading_vector": embedded.heading_vector.tolist(),
    }


def of_source(source: str) -> dict[str, Any]:
    """Return the query for a document's chunks."""
    return {"bool": {"filter": [{"term": {"kind": "chunk"}}, {"term": {"source": source}}]}}


def filters(only: SearchFilter | None) -> list[dict[str, Any]]:
    """Return what every searched chunk must fulfil."""
    filters: list[dict[str, Any]] = [{"term": {"kind": "chunk"}}]
    if only and only.categories:
        filters.append({"terms": {"category": sorted(only.categories)}})
    if only and only.languages:
        filters.append({"terms": {"language": sorted(only.languages)}})
    return filters


def cosine_search(vector_field: str, vector: NDArray[np.float32], ids: list[str]) -> dict[str, Any]:
    """Return a search that scores records by 1 + the cosine of one of their vectors."""
    script = {
        "source": f"cosineSimilarity(params.vector, doc['{vector_field}']) + 1.0",
        "params": {"vector": vector.tolist()},
    }
    wanted = {"bool": {"filter": {"ids": {"values": ids}}}}
    return {
        "size": max(1, len(ids)),
        "query": {"script_score": {"query": wanted, "script": script}},
        "_source": False,
    }
