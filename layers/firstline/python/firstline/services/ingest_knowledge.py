"""The index kept equal to the knowledge folder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from firstline.domain.chunking import CHUNKING_VERSION, DEFAULT_CHUNK_TOKENS, chunk_document, embedded_text
from firstline.domain.documents import Document, is_knowledge
from firstline.domain.errors import NotFoundError, UnreadableDocumentError
from firstline.domain.knowledge import Chunk, DocumentVersion, EmbeddedChunk
from firstline.domain.ports import Embedder, KnowledgeIndex, ObjectStore
from firstline.services.read_document import read_documents

Progress = Callable[[int, int, str], None]
"""Called with documents done, documents to do, and the source of the one just done."""


class SkippedSource(BaseModel):
    """A file, or a line of one, that is not served."""

    source: str
    reason: str


class IngestionReport(BaseModel):
    """What a run changed and what it could not read."""

    documents: int = 0
    """Documents that were found and can be read."""
    chunks: int = 0
    """Chunks of these documents."""
    embedded: int = 0
    """Chunks whose vectors were computed in this run."""
    unchanged: int = 0
    """Documents that were indexed already as they are."""
    removed: int = 0
    """Documents that are gone from the folder and now from the index."""
    skipped: list[SkippedSource] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    """Keys of files that are not knowledge, such as README.md."""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Change:
    """A document that is not in the index as it is in the folder."""

    object_key: str
    document: Document
    version: str
    held: DocumentVersion | None


@dataclass
class _Plan:
    """What a run found by reading, before it changes anything."""

    indexed: dict[str, DocumentVersion]
    report: IngestionReport
    changes: list[_Change] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """Object key by the source of each document that stays or comes."""


class IngestKnowledge:
    """Reads knowledge files into the index: one at a time as they change, or all of them.

    A file that can no longer be read keeps its last readable version in the index, so that a half-saved article does
    not take an answer away; a deleted file leaves.

    Parameters
    ----------
    objects : ObjectStore
        The knowledge folder.
    index : KnowledgeIndex
    embedder : Embedder
    chunk_tokens : int
        What a chunk aims to stay within.
    timer : callable
        Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        objects: ObjectStore,
        index: KnowledgeIndex,
        embedder: Embedder,
        *,
        chunk_tokens: int = DEFAULT_CHUNK_TOKENS,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._objects = objects
        self._index = index
        self._embedder = embedder
        self._chunk_tokens = chunk_tokens
        self._timer = timer

    def ingest(self, key: str, progress: Progress | None = None) -> IngestionReport:
        """Bring the index in step with one object, whether it is new, changed, unchanged or gone.

        Raises
        ------
        EmbedderUnavailableError, KnowledgeIndexUnavailableError, StoreUnavailableError
        """
        started = self._timer()
        plan = _Plan(dict(self._index.documents()), IngestionReport())
        plan.owners = {held.source: held.object_key for held in plan.indexed.values() if held.object_key != key}
        self._read(key, plan)
        return self._carried_out(plan, started, progress)

    def remove(self, key: str) -> IngestionReport:
        """Forget all documents of an object; an unknown one is no error. Raises as ``ingest`` does."""
        started = self._timer()
        plan = _Plan(dict(self._index.documents()), IngestionReport())
        plan.owners = {held.source: held.object_key for held in plan.indexed.values() if held.object_key != key}
        return self._carried_out(plan, started, None)

    def sync(self, progress: Progress | None = None) -> IngestionReport:
        """Bring the index in step with the whole folder. Raises as ``ingest`` does."""
        started = self._timer()
        plan = _Plan(dict(self._index.documents()), IngestionReport())
        for key in self._objects.list():
            self._read(key, plan)
        return self._carried_out(plan, started, progress)

    def _read(self, key: str, plan: _Plan) -> None:
        if not is_knowledge(key):
            plan.report.ignored.append(key)
            return
        try:
            result = read_documents(key, self._objects.read(key))
        except NotFoundError:
            return
        except UnreadableDocumentError as error:
            plan.report.skipped.append(SkippedSource(source=key, reason=str(error)))
            kept = [held.source for held in plan.indexed.values() if held.object_key == key]
            plan.owners |= dict.fromkeys(kept, key)
            return
        plan.report.skipped += [SkippedSource(source=part.source, reason=part.reason) for part in result.skipped]
        for document in result.documents:
            owner = plan.owners.setdefault(document.source, key)
            if owner != key:
                reason = f"in {key}, but {owner} has a document of this name"
                plan.report.skipped.append(SkippedSource(source=document.source, reason=reason))
                continue
            held = plan.indexed.get(document.source)
            version = self._version(document)
            plan.report.documents += 1
            if held and held.version == version and held.object_key == key:
                plan.report.unchanged += 1
                plan.report.chunks += held.n_chunks
            else:
                plan.changes.append(_Change(key, document, version, held))

    def _carried_out(self, plan: _Plan, started: float, progress: Progress | None) -> IngestionReport:
        """Make the changes. Documents that are gone leave last, so that a renamed article is never missing."""
        for done, change in enumerate(plan.changes, start=1):
            self._replace(change, plan.report)
            if progress:
                progress(done, len(plan.changes), change.document.source)
        for source in sorted(plan.indexed.keys() - plan.owners.keys()):
            self._index.delete_document(source)
            plan.report.removed += 1
        plan.report.seconds = round(self._timer() - started, 3)
        return plan.report

    def _replace(self, change: _Change, report: IngestionReport) -> None:
        source, model_id = change.document.source, self._embedder.model_id
        chunks = chunk_document(change.document, target_tokens=self._chunk_tokens)
        same_model = change.held is not None and change.held.embedding_model == model_id
        known = self._index.embedded_chunks(source) if same_model else []
        embedded = self._embedded(chunks, {entry.chunk.content_hash: entry for entry in known}, report)
        version = DocumentVersion(
            source=source,
            object_key=change.object_key,
            version=change.version,
            title=change.document.title,
            n_chunks=len(chunks),
            embedding_model=model_id,
        )
        self._index.replace_document(version, embedded)
        report.chunks += len(chunks)

    def _embedded(
        self, chunks: Sequence[Chunk], known: Mapping[str, EmbeddedChunk], report: IngestionReport
    ) -> list[EmbeddedChunk]:
        fresh = [chunk for chunk in chunks if chunk.content_hash not in known]
        report.embedded += len(fresh)
        texts = [embedded_text(chunk) for chunk in fresh] + [chunk.heading for chunk in fresh]
        vectors = self._embedder.embed(texts)
        places = {chunk.content_hash: place for place, chunk in enumerate(fresh)}
        embedded: list[EmbeddedChunk] = []
        for chunk in chunks:
            before = known.get(chunk.content_hash)
            if before:
                embedded.append(EmbeddedChunk(chunk, before.text_vector, before.heading_vector))
            else:
                place = places[chunk.content_hash]
                embedded.append(EmbeddedChunk(chunk, vectors[place], vectors[place + len(fresh)]))
        return embedded

    def _version(self, document: Document) -> str:
        made_with = f"{CHUNKING_VERSION}/{self._chunk_tokens}/{self._embedder.model_id}/{document.content_hash}"
        return hashlib.sha256(made_with.encode()).hexdigest()
