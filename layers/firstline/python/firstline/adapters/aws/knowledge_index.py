"""Knowledge in OpenSearch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstline.adapters.aws.knowledge_mapping import differences, index_body
from firstline.adapters.aws.knowledge_queries import (
    chunk_of,
    clipped,
    cosine_search,
    embedded_chunk,
    every_hit,
    filters,
    near_words,
    of_source,
    record_id,
    record_of,
    returning,
    stored_documents,
    with_content,
)
from firstline.adapters.aws.knowledge_writer import KnowledgeWriter
from firstline.adapters.aws.opensearch_errors import is_gone, refuse_failures, translated
from firstline.domain.errors import KnowledgeIndexMismatchError, KnowledgeIndexUnavailableError
from firstline.domain.knowledge import Candidate, Chunk, DocumentVersion, EmbeddedChunk, SearchFilter
from firstline.domain.lexical import terms
from firstline.domain.ports import Clock
from firstline.domain.spelling import nearest_word

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

_MOST_TERMS = 1000
"""Below OpenSearch's limit of 1,024 clauses."""
_EF_SEARCH = 200
_ATTEMPTS = 3
_WITHOUT_VECTORS = {"_source": ["body"]}
_FOUND = returning("record", "body")


class OpenSearchKnowledgeIndex:
    """Chunks in one OpenSearch index, made on first use where it is missing.

    A document's new chunks are written and its old ones retired unseen; one refresh then shows the change whole.
    Writers take turns by a lease.

    Parameters
    ----------
    client : OpenSearch
        Made by bootstrap, with its signing, timeouts and retries.
    index : str
        Name of an index or of an alias for one. Where neither is there, an index of this name with ``-1`` behind it is
        made, with this name as its alias, so that another can take its place.
    dimensions : int
        Length of the vectors.
    replicas : int
        Copies of the shard in an index that is made; >= 0.
    clock : Clock, optional
        Stamps what is retired; the system's by default.
    """

    def __init__(
        self, client: OpenSearch, index: str, *, dimensions: int, replicas: int = 0, clock: Clock | None = None
    ) -> None:
        self._client = client
        self._index = index
        self._dimensions = dimensions
        self._replicas = replicas
        self._writer = KnowledgeWriter(client, index, clock=clock)
        self._lock = threading.Lock()
        self._ready = False

    def prepare(self) -> None:
        """Make the index where it is missing, and check it where it is there.

        Raises
        ------
        KnowledgeIndexMismatchError
            Mapping or settings do not fit; the message says what differs.
        KnowledgeIndexUnavailableError
        """
        from opensearchpy.exceptions import RequestError

        if self._ready:
            return
        with self._lock, translated():
            if not self._client.indices.exists(index=self._index):
                try:
                    body = index_body(self._dimensions, self._replicas) | {"aliases": {self._index: {}}}
                    self._client.indices.create(index=f"{self._index}-1", body=body)
                except RequestError as error:
                    # Another process was quicker; its index is checked like any.
                    if error.error != "resource_already_exists_exception":
                        raise
            indices = self._client.indices.get(index=self._index)
            for name, found in indices.items():
                wrong = differences(found, self._dimensions)
                if wrong:
                    raise KnowledgeIndexMismatchError(f"the index {name} does not fit: {'; '.join(wrong)}")
            # An index that another process is just making is there before its shard answers.
            self._client.cluster.health(index=self._index, params={"wait_for_status": "yellow"})
            self._writer.through_alias = self._index not in indices
            self._ready = True

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Prepare, and name what goes wrong; an index that was deleted is looked for, or made anew, the next time."""
        self.prepare()
        try:
            with translated():
                yield
        except KnowledgeIndexUnavailableError as error:
            if is_gone(error):
                self._ready = False
            raise

    def replace_document(self, document: DocumentVersion, chunks: Sequence[EmbeddedChunk]) -> None:
        """Make this version of the document the one that is found, whole and at once.

        Raises ``KnowledgeIndexUnavailableError``, or ``KnowledgeIndexMismatchError`` for a vector of another length.
        """
        for embedded in chunks:
            self._check_length(embedded.text_vector)
            self._check_length(embedded.heading_vector)
        with self._asked():
            self._writer.replace(document, chunks)

    def delete_document(self, source: str) -> None:
        """Forget a document; an unknown one is no error. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            self._writer.delete(source)

    def purge_retired(self, before: datetime) -> int:
        """Forget chunks retired before that moment. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            return self._writer.purge(before)

    def served_chunks(self) -> Iterator[EmbeddedChunk]:
        """Yield every chunk by source and position. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            yield from (embedded_chunk(hit["_source"]) for hit in self._hits({"term": {"kind": "chunk"}}, {}))

    def embedded_with(self, model_id: str, content_hashes: Sequence[str]) -> Mapping[str, EmbeddedChunk]:
        """Return chunks of such content with vectors of that model. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            entries = [embedded_chunk(hit["_source"]) for hit in self._hits(with_content(model_id, content_hashes), {})]
        return {entry.chunk.content_hash: entry for entry in entries}

    def embedded_chunks(self, source: str) -> list[EmbeddedChunk]:
        """Return a document's chunks with their vectors, in order. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            return [embedded_chunk(hit["_source"]) for hit in self._hits(of_source(source), {})]

    def documents(self) -> Mapping[str, DocumentVersion]:
        """Return every indexed document by its source. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            return {document.source: document for document in stored_documents(self._client, self._index)}

    def document(self, source: str) -> DocumentVersion | None:
        """Return an indexed document, None where there is none. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            return next(stored_documents(self._client, self._index, source), None)

    def candidates(
        self, text: str, vector: NDArray[np.float32], *, limit: int, only: SearchFilter | None = None
    ) -> list[Candidate]:
        """Return the union of the best chunks by words and by vector, each with all scores.

        One round trip finds them, a second fetches the scores that the first did not give. Where a document was
        replaced in between, both are made again.

        Parameters
        ----------
        vector : ndarray, shape (dimensions,)
            The query's embedding, length 1.
        limit : int
            Chunks per side, >= 1.

        Raises
        ------
        KnowledgeIndexMismatchError
            The vector has another length than the index's.
        KnowledgeIndexUnavailableError
        """
        self._check_length(vector)
        words = " ".join(sorted(set(terms(text)))[:_MOST_TERMS])
        for _ in range(_ATTEMPTS):
            with self._asked():
                by_words, by_vector = self._find(words, vector, limit, only)
                found = {record_of(hit): hit["fields"]["body"][0] for hit in (*by_words, *by_vector)}
                if not found:
                    return []
                bm25 = {record_of(hit): float(hit["_score"]) for hit in by_words}
                cosines = {record_of(hit): 2.0 * float(hit["_score"]) - 1.0 for hit in by_vector}
                headings = self._complete(words, vector, sorted(found), bm25, cosines)
            if found.keys() <= headings.keys() and found.keys() <= cosines.keys():
                break
        return [
            Candidate(chunk_of(body), bm25.get(at, 0.0), clipped(cosines[at]), clipped(headings[at]))
            for at, body in found.items()
            if at in headings and at in cosines
        ]

    def corrections(self, words: Sequence[str]) -> Mapping[str, str]:
        """Return the nearest word of the chunks for each word that they lack, where one is near enough.

        Raises ``KnowledgeIndexUnavailableError``.
        """
        if not words:
            return {}
        with self._asked():
            answer = self._client.search(index=self._index, body={"size": 0, "suggest": near_words(words)})["suggest"]
        found: dict[str, str] = {}
        for at, word in enumerate(words):
            (suggestion,) = answer[str(at)]
            other = nearest_word(word, {option["text"]: int(option["freq"]) for option in suggestion["options"]})
            if other:
                found[word] = other
        return found

    def neighbours(self, source: str, first: int, last: int) -> list[Chunk]:
        """Return chunks by position, both ends included, in order. Raises ``KnowledgeIndexUnavailableError``."""
        with self._asked():
            hits = list(self._hits(of_source(source, first, last), _WITHOUT_VECTORS))
        return [chunk_of(hit["_source"]["body"]) for hit in hits]

    def chunks(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """Return the chunks that exist or are retired, in the order asked. Raises as ``documents`` does."""
        if not chunk_ids:
            return []
        with self._asked():
            ids = [record_id(chunk_id) for chunk_id in chunk_ids]
            found = self._client.mget(index=self._index, body={"ids": ids}, _source=["body"])["docs"]
            refuse_failures(found)
        return [chunk_of(record["_source"]["body"]) for record in found if record.get("found")]

    def _find(
        self, words: str, vector: NDArray[np.float32], limit: int, only: SearchFilter | None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        restricted = filters(only)
        by_words = {"bool": {"must": {"match": {"terms": words}}, "filter": restricted}}
        nearest = {
            "vector": vector.tolist(),
            "k": limit,
            "filter": {"bool": {"filter": restricted}},
            "method_parameters": {"ef_search": max(_EF_SEARCH, limit)},
        }
        first, second = self._searches(
            [
                {"size": limit, "query": by_words, **_FOUND},
                {"size": limit, "query": {"knn": {"text_vector": nearest}}, **_FOUND},
            ]
        )
        return first, second

    def _complete(
        self,
        words: str,
        vector: NDArray[np.float32],
        ids: list[str],
        bm25: dict[str, float],
        cosines: dict[str, float],
    ) -> dict[str, float]:
        """Add the missing scores and return the cosines of headings."""
        without_words = [at for at in ids if at not in bm25]
        without_cosine = [at for at in ids if at not in cosines]
        matched = {"bool": {"must": {"match": {"terms": words}}, "filter": {"ids": {"values": without_words}}}}
        of_words, of_text, of_heading = self._searches(
            [
                {"size": max(1, len(without_words)), "query": matched, **returning("record")},
                cosine_search("text_vector", vector, without_cosine),
                cosine_search("heading_vector", vector, ids),
            ]
        )
        bm25.update({record_of(hit): float(hit["_score"]) for hit in of_words})
        cosines.update({record_of(hit): float(hit["_score"]) - 1.0 for hit in of_text})
        return {record_of(hit): float(hit["_score"]) - 1.0 for hit in of_heading}

    def _searches(self, bodies: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        lines = [line for body in bodies for line in ({}, body)]
        answers = self._client.msearch(index=self._index, body=lines)["responses"]
        refuse_failures(answers)
        return [answer["hits"]["hits"] for answer in answers]

    def _hits(self, query: dict[str, Any], options: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return every_hit(self._client, self._index, query, options)

    def _check_length(self, vector: NDArray[np.float32]) -> None:
        if vector.shape != (self._dimensions,):
            raise KnowledgeIndexMismatchError(
                f"a vector of shape {vector.shape} in an index of {self._dimensions} dimensions"
            )
