"""Requests to OpenSearch stay small enough for a small node."""

from typing import Any

import numpy as np
import pytest

from firstline.adapters.aws.knowledge_writer import KnowledgeWriter
from firstline.domain.knowledge import Chunk, DocumentVersion, EmbeddedChunk

DIMENSIONS = 384
LARGEST = 4 * 1024 * 1024


class Node:
    """Takes every write; holds nothing before."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def bulk(self, *, index: str, body: list[str], **_: Any) -> dict[str, Any]:
        self.requests.append("\n".join(body) + "\n")
        return {"items": []}

    def index(self, **_: Any) -> dict[str, int]:
        return {"_seq_no": 1, "_primary_term": 1}

    def search(self, **_: Any) -> dict[str, Any]:
        return {"hits": {"hits": []}}

    def delete(self, **_: Any) -> None:
        """The lease ends."""


def chunk(number: int, text: str) -> EmbeddedChunk:
    vector = np.random.default_rng(number).normal(size=DIMENSIONS).astype(np.float32)
    made = Chunk(
        chunk_id=f"a.md#{number}", source="a.md", title="T", text=text, position=number, content_hash=f"{number}"
    )
    return EmbeddedChunk(made, vector, vector)


def written(texts: list[str]) -> list[str]:
    node = Node()
    version = DocumentVersion(
        source="a.md", object_key="a.md", version="1", title="T", n_chunks=len(texts), embedding_model="m"
    )
    KnowledgeWriter(node, "knowledge").replace(version, [chunk(at, text) for at, text in enumerate(texts)])  # type: ignore[arg-type]
    return node.requests


@pytest.mark.parametrize("words", ["Refunds take five days. ", "\u9000\u6b3e\u9700\u8981\u4e94\u5929\u3002"])
def test_a_long_document_goes_in_requests_of_four_mebibytes_at_most_and_whole(words: str) -> None:
    requests = written([words * 40] * 600)
    assert len(requests) > 1
    assert max(len(request.encode()) for request in requests) <= LARGEST
    assert sum(request.count("\n") for request in requests) == 2 * 600


def test_a_record_that_is_too_large_alone_goes_alone() -> None:
    requests = written(["short", "word " + "." * 4_500_000, "short"])
    assert [request.count("\n") for request in requests] == [2, 2, 2]


def test_a_document_without_chunks_needs_no_bulk_request() -> None:
    assert written([]) == []
