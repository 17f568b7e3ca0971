"""Records and queries of the OpenSearch knowledge index."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.bm25 import weighted_terms
from firstline.domain.knowledge import Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.spelling import vocabulary_words

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

_PAGE = 500
_NEAR_WORDS = 20
"""Words asked for per misspelt word, the nearest first."""


def record_id(name: str) -> str:
    """Return a record's id: a hash, because OpenSearch allows 512 bytes and a path may be longer."""
    return hashlib.sha256(name.encode()).hexdigest()


def packed(text: str) -> str:
    """Return a text as OpenSearch takes it for a binary field."""
    return base64.b64encode(text.encode()).decode()


def unpacked(body: str) -> str:
    """Return the text of a binary field; from doc values it comes without padding."""
    return base64.b64decode(f"{body}==").decode()


def chunk_of(body: str) -> Chunk:
    """Return the chunk in a record's body."""
    return Chunk.model_validate_json(unpacked(body))


def content_key(model_id: str, content_hash: str) -> str:
    """Return what chunks share that need not be embedded again for one another."""
    return f"{model_id} {content_hash}"


def chunk_record(embedded: EmbeddedChunk, document: DocumentVersion) -> dict[str, Any]:
    """Return a chunk as it is stored."""
    chunk = embedded.chunk
    return {
        "kind": "chunk",
        "record": record_id(chunk.chunk_id),
        "source": chunk.source,
        "position": chunk.position,
        "category": chunk.category,
        "language": chunk.language,
        "terms": " ".join(weighted_terms(chunk.heading, chunk.text)),
        "words": " ".join(sorted(vocabulary_words(f"{chunk.heading}\n{chunk.text}"))),
        "content": content_key(document.embedding_model, chunk.content_hash),
        "body": packed(chunk.model_dump_json()),
        "text_vector": embedded.text_vector.tolist(),
        "heading_vector": embedded.heading_vector.tolist(),
    }


def embedded_chunk(record: Mapping[str, Any]) -> EmbeddedChunk:
    """Return the chunk of a record."""
    text, heading = (np.array(record[name], np.float32) for name in ("text_vector", "heading_vector"))
    return EmbeddedChunk(chunk_of(record["body"]), text, heading)


def every_hit(
    client: OpenSearch, index: str, query: dict[str, Any], options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield all records that a query finds, by source and position."""
    body = {"query": query, "size": _PAGE, "sort": ["source", "position"], **options}
    while True:
        hits = client.search(index=index, body=body)["hits"]["hits"]
        yield from hits
        if len(hits) < _PAGE:
            return
        body["search_after"] = hits[-1]["sort"]


def stored_documents(client: OpenSearch, index: str, source: str | None = None) -> Iterator[DocumentVersion]:
    """Yield the records of all documents, or of one, by source."""
    wanted = [{"term": {"kind": "document"}}, *([{"term": {"source": source}}] if source is not None else [])]
    for hit in every_hit(client, index, {"bool": {"filter": wanted}}, {"_source": ["body"]}):
        yield DocumentVersion.model_validate_json(unpacked(hit["_source"]["body"]))


def of_source(source: str, first: int | None = None, last: int | None = None) -> dict[str, Any]:
    """Return the query for a document's chunks, all or from one position to another."""
    wanted: list[dict[str, Any]] = [{"term": {"kind": "chunk"}}, {"term": {"source": source}}]
    if first is not None or last is not None:
        wanted.append({"range": {"position": {"gte": first, "lte": last}}})
    return {"bool": {"filter": wanted}}


def with_content(model_id: str, content_hashes: Sequence[str]) -> dict[str, Any]:
    """Return the query for chunks of such content in documents embedded with that model."""
    contents = [content_key(model_id, each) for each in content_hashes]
    return {"bool": {"filter": [{"term": {"kind": "chunk"}}, {"terms": {"content": contents}}]}}


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
        **returning("record"),
    }


def returning(*fields: str) -> dict[str, Any]:
    """Return the options by which hits hold these fields from doc values and nothing of the stored documents."""
    return {"stored_fields": "_none_", "docvalue_fields": list(fields)}


def record_of(hit: Mapping[str, Any]) -> str:
    """Return the id of a hit's record, from doc values."""
    return str(hit["fields"]["record"][0])


def clipped(cosine: float) -> float:
    """Return a cosine without what rounding put beyond -1 or 1."""
    return max(-1.0, min(1.0, cosine))


def near_words(words: Sequence[str]) -> dict[str, Any]:
    """Return the suggestions to ask for: for each word that no chunk has, the words within two edits."""
    rules = {
        "field": "words",
        "suggest_mode": "missing",
        "string_distance": "damerau_levenshtein",
        "max_edits": 2,
        "prefix_length": 1,
        "size": _NEAR_WORDS,
        "shard_size": _NEAR_WORDS,
        "max_inspections": 50,
    }
    return {str(at): {"text": word.lower(), "term": rules} for at, word in enumerate(words)}
