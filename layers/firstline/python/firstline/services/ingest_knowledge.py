"""The index kept equal to the knowledge folder."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Protocol

from firstline.domain.chunking import DEFAULT_CHUNK_TOKENS, DEFAULT_OVERLAP_TOKENS, chunk_document, embedded_text
from firstline.domain.documents import DEFAULT_AUDIENCES
from firstline.domain.errors import KnowledgeTooLargeError, StoreUnavailableError, UnreadableDocumentError
from firstline.domain.ingestion import IngestionReport, SkippedSource
from firstline.domain.knowledge import Chunk, DocumentVersion, EmbeddedChunk
from firstline.domain.knowledge_audit import audit
from firstline.domain.ports import Clock, DocumentReader, Embedder, KnowledgeIndex, ObjectStore
from firstline.services.plan_ingestion import Change, Made, Plan, PlanIngestion, unspeakable
from firstline.services.read_document import ROW_SUFFIXES, read_documents

__all__ = ["IngestKnowledge", "IngestionReport", "Progress", "SkippedSource"]

Progress = Callable[[int, int, str], None]
"""Called with documents done, documents to do, and the source of the one just done."""

DEFAULT_RETENTION_DAYS = 90
_ATTEMPTS = 5


class ReportStore(Protocol):
    """Keeps the report of the last comparison with the whole folder."""

    def save(self, report: IngestionReport) -> None:
        """Put the report in the place of the last one. Raises ``StoreUnavailableError``."""
        ...

    def last(self) -> IngestionReport | None:
        """Return the last report, None before the first. Raises ``StoreUnavailableError``."""
        ...

    def note(self, key: str, report: IngestionReport, languages: Collection[str], at: datetime) -> None:
        """Keep what an event about one object told, until the next report. Raises ``StoreUnavailableError``."""
        ...


class IngestKnowledge:
    """Reads knowledge files into the index: one at a time as they change, or all of them.

    A file that can no longer be read keeps its last readable version in the index, so that a half-saved article does
    not take an answer away; a deleted file leaves, and so does a document that is not valid on the day.

    Events about an object may come twice, late, out of order, or to several workers at once: each reads the object as
    it is, and after writing looks whether it still is what was read; if not, it begins again. So whoever writes last
    has seen that what is written is what the store holds.

    Parameters
    ----------
    objects : ObjectStore
        The knowledge folder.
    index : KnowledgeIndex
    embedder : Embedder
    reader : DocumentReader
    clock : Clock
        Tells the day by which documents are valid, in UTC, and when retired chunks are forgotten.
    reports : ReportStore, optional
        Where the report of each ``sync`` is kept.
    chunk_tokens, overlap_tokens : int
        As ``chunk_document`` takes them.
    retention_days : int
        How long replaced and deleted chunks stay readable by id.
    audiences : collection of str
        Whom articles that say whom they are written for must be written for; the others are skipped.
    timer : callable
        Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        objects: ObjectStore,
        index: KnowledgeIndex,
        embedder: Embedder,
        *,
        reader: DocumentReader,
        clock: Clock,
        reports: ReportStore | None = None,
        chunk_tokens: int = DEFAULT_CHUNK_TOKENS,
        overlap_tokens: int = DEFAULT_OVERLAP_TOKENS,
        retention_days: int = DEFAULT_RETENTION_DAYS,
        audiences: Collection[str] = DEFAULT_AUDIENCES,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._objects = objects
        self._index = index
        self._embedder = embedder
        self._clock = clock
        self._reports = reports
        self._made = Made(chunk_tokens, overlap_tokens, embedder.model_id)
        self._reader = reader
        self._planning = PlanIngestion(objects, reader, self._made, audiences)
        self._retention = timedelta(days=retention_days)
        self._timer = timer

    def ingest(self, key: str, progress: Progress | None = None) -> IngestionReport:
        """Bring the index in step with one object, whether it is new, changed, unchanged or gone.

        Raises
        ------
        EmbedderUnavailableError, KnowledgeIndexUnavailableError
        StoreUnavailableError
            Also where the object changed again and again while it was read.
        """
        started, now = self._timer(), self._clock.now()
        for _ in range(_ATTEMPTS):
            plan = Plan(self._held(key), report=IngestionReport(began_at=now))
            plan.owners = {held.source: held.object_key for held in plan.indexed.values() if held.object_key != key}
            self._planning.add(key, plan, now.date())
            self._carry_out(plan, progress)
            if not self._outdated(plan):
                plan.report.seconds = round(self._timer() - started, 3)
                if self._reports and not unspeakable(key):
                    self._reports.note(key, plan.report, plan.languages, now)
                return plan.report
        raise StoreUnavailableError(f"{key} changed {_ATTEMPTS} times while it was read")

    def sync(self, progress: Progress | None = None) -> IngestionReport:
        """Bring the index in step with the whole folder, and look for what is wrong with it.

        Chunks that were retired longer ago than they are kept for are forgotten. An object that the store does not give
        is named in the report and keeps what the index holds of it. Raises as ``ingest`` does.
        """
        started, now = self._timer(), self._clock.now()
        plan = Plan(dict(self._index.documents()), report=IngestionReport(began_at=now))
        for key in self._objects.list():
            try:
                self._planning.add(key, plan, now.date())
            except StoreUnavailableError as error:
                # One file that may not be read must not keep all the others from being served.
                self._planning.skip(key, plan, str(error))
                plan.revisions.pop(key, None)
        for source in plan.gone:
            plan.revisions.setdefault(plan.indexed[source].object_key, None)
        self._carry_out(plan, progress)
        for key in self._outdated(plan):
            self.ingest(key)
        report = plan.report
        report.purged = self._index.purge_retired(now - self._retention)
        self._audit(plan)
        report.seconds = round(self._timer() - started, 3)
        if self._reports:
            self._reports.save(report)
        return report

    def check(self, key: str, content: bytes) -> None:
        """Raise ``UnreadableDocumentError`` where an object of that name and content could not be served whole."""
        for skipped in read_documents(key, content, self._reader).skipped:
            raise UnreadableDocumentError(skipped.reason)

    def _held(self, key: str) -> dict[str, DocumentVersion]:
        """What may have to do with an object: only files of rows hold documents of other names than their own."""
        if PurePosixPath(key).suffix.lower() in ROW_SUFFIXES:
            return dict(self._index.documents())
        held = None if unspeakable(key) else self._index.document(key)
        return {key: held} if held else {}

    def _audit(self, plan: Plan) -> None:
        """Audit what is served, unless the last audit was of the same; events may have changed it since."""
        report = plan.report
        is_as_read = not (report.added or report.changed or report.removed)
        documents = plan.indexed if is_as_read else self._index.documents()
        versions = "\n".join(f"{source} {documents[source].version}" for source in sorted(documents))
        report.audited = hashlib.sha256(versions.encode()).hexdigest()
        last = self._reports.last() if self._reports else None
        if last and last.audit and last.audited == report.audited:
            report.audit = last.audit
        else:
            changed = frozenset(change.document.source for change in plan.changes)
            report.audit = audit(list(self._index.served_chunks()), changed)

    def _carry_out(self, plan: Plan, progress: Progress | None) -> None:
        """Make the changes. Documents that are gone leave last, so that a renamed article is never missing."""
        for done, change in enumerate(plan.changes, start=1):
            try:
                self._replace(change, plan.report)
            except KnowledgeTooLargeError as error:
                # One document that the index does not take must not keep the others from being served.
                plan.report.skipped.append(SkippedSource(source=change.document.source, reason=str(error)))
            if progress:
                progress(done, len(plan.changes), change.document.source)
        for source in plan.gone:
            self._index.delete_document(source)
            plan.report.removed_now(source)

    def _outdated(self, plan: Plan) -> list[str]:
        """Objects that what was written no longer agrees with; what was not written is of no concern."""
        written = {change.object_key for change in plan.changes}
        written |= {plan.indexed[source].object_key for source in plan.gone}
        return sorted(key for key in written if self._planning.revision(key) != plan.revisions.get(key))

    def _replace(self, change: Change, report: IngestionReport) -> None:
        chunks = chunk_document(
            change.document,
            target_tokens=self._made.chunk_tokens,
            overlap_tokens=self._made.overlap_tokens,
            version=change.version,
        )
        version = DocumentVersion(
            source=change.document.source,
            object_key=change.object_key,
            version=change.version,
            title=change.document.title,
            n_chunks=len(chunks),
            embedding_model=self._made.model_id,
            categories=dict(Counter(chunk.category for chunk in chunks)),
        )
        self._index.replace_document(version, self._embedded(chunks, report))
        report.chunks += len(chunks)
        report.changed_now(change.document.source, added=change.held is None)

    def _embedded(self, chunks: Sequence[Chunk], report: IngestionReport) -> list[EmbeddedChunk]:
        """Embed what no document of the index has, so that neither a renamed file nor a copy is embedded again."""
        known = self._index.embedded_with(self._made.model_id, sorted({chunk.content_hash for chunk in chunks}))
        fresh = {chunk.content_hash: chunk for chunk in chunks if chunk.content_hash not in known}
        report.embedded += len(fresh)
        texts = dict.fromkeys([*map(embedded_text, fresh.values()), *(chunk.heading for chunk in fresh.values())])
        vectors = dict(zip(texts, self._embedder.embed(list(texts)), strict=True))
        return [
            EmbeddedChunk(chunk, before.text_vector, before.heading_vector)
            if (before := known.get(chunk.content_hash))
            else EmbeddedChunk(chunk, vectors[embedded_text(chunk)], vectors[chunk.heading])
            for chunk in chunks
        ]
