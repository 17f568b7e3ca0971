"""Round trips to a real OpenSearch node, and whether it ranks as the local index does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.retrieval import Asked, Progress, fill, measure_search
from firstline.domain.knowledge import EmbeddedChunk
from firstline.domain.ports import Embedder, KnowledgeIndex
from firstline.services.search_knowledge import SearchKnowledge

if TYPE_CHECKING:
    from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex

COMPARED = 3


def bench(
    endpoint: str,
    data: Path,
    local: KnowledgeIndex,
    real: Sequence[EmbeddedChunk],
    embedder: Embedder,
    asked: Asked,
    *,
    sizes: Sequence[int],
    n_searches: int,
    progress: Progress,
) -> dict[str, Any]:
    """Return times at each size, and the share of questions with the same three first chunks on the folder itself.

    Raises
    ------
    KnowledgeIndexUnavailableError
    """
    measured: list[dict[str, Any]] = []
    with _index(endpoint, embedder.dimensions) as remote:
        for source, document in local.documents().items():
            remote.replace_document(document, local.embedded_chunks(source))
        same = _same_first(local, remote, embedder, asked)
    for size in sizes:
        with _index(endpoint, embedder.dimensions) as remote:
            fill(remote, real, size, progress)
            measured.append({"chunks": size, "firstline": measure_search(remote, embedder, asked, n_searches)})
    return {"data": data.resolve().name, "same_top_3": same, "sizes": measured}


def _same_first(local: KnowledgeIndex, remote: KnowledgeIndex, embedder: Embedder, asked: Asked) -> float:
    rankings = [
        [
            [entry.chunk.chunk_id for entry in search(text, vector=vector, limit=COMPARED).ranked]
            for text, vector in zip(asked.texts, asked.vectors, strict=True)
        ]
        for search in (SearchKnowledge(local, embedder), SearchKnowledge(remote, embedder))
    ]
    same: int = sum(ours == theirs for ours, theirs in zip(*rankings, strict=True))
    return round(same / len(asked.texts), 4)


@contextmanager
def _index(endpoint: str, dimensions: int) -> Iterator[OpenSearchKnowledgeIndex]:
    from opensearchpy import OpenSearch

    from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex

    name = f"bench-{uuid.uuid4().hex}"
    with OpenSearch([endpoint], timeout=60) as client:
        try:
            yield OpenSearchKnowledgeIndex(client, name, dimensions=dimensions)
        finally:
            client.indices.delete(index=f"{name}*", ignore_unavailable=True)
