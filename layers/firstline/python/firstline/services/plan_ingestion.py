"""What a run of ingestion finds by reading, before it changes anything."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from firstline.domain.chunking import CHUNKING_VERSION
from firstline.domain.documents import DEFAULT_AUDIENCES, Document, is_knowledge
from firstline.domain.errors import InvalidInputError, NotFoundError, UnreadableDocumentError
from firstline.domain.ingestion import IngestionReport, SkippedSource
from firstline.domain.knowledge import DocumentVersion
from firstline.domain.ports import DocumentReader, ObjectStore
from firstline.services.read_document import read_documents

RECORD_VERSION = 3
"""Raised when ``DocumentVersion`` tells more: every document is then recorded anew, and no chunk embedded again."""


@dataclass(frozen=True)
class Change:
    """A document that is not in the index as it is in the folder."""

    object_key: str
    document: Document
    version: str
    held: DocumentVersion | None


@dataclass
class Plan:
    """What is to be done."""

    indexed: dict[str, DocumentVersion]
    report: IngestionReport = field(default_factory=IngestionReport)
    changes: list[Change] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """Object key by the source of each document that stays or comes."""
    revisions: dict[str, str | None] = field(default_factory=dict)
    """Of the objects that were read, as they were before; None for those that were not there."""

    @property
    def languages(self) -> frozenset[str]:
        """Of the documents that come or change."""
        documents = [change.document for change in self.changes]
        of_sections = {section.language for document in documents for section in document.sections}
        return frozenset({document.language for document in documents} | of_sections) - {""}

    @property
    def gone(self) -> list[str]:
        """Sources that leave the index."""
        return sorted(self.indexed.keys() - self.owners.keys())


@dataclass(frozen=True)
class Made:
    """What documents are cut and embedded with; another value makes all of them anew."""

    chunk_tokens: int
    overlap_tokens: int
    model_id: str

    def version(self, of: str) -> str:
        """Return the version of a document of that content."""
        cut = f"{CHUNKING_VERSION}/{self.chunk_tokens}/{self.overlap_tokens}"
        made_with = f"{RECORD_VERSION}/{cut}/{self.model_id}/{of}"
        return hashlib.sha256(made_with.encode()).hexdigest()


class PlanIngestion:
    """Reads objects and tells what of them differs from the index."""

    def __init__(
        self,
        objects: ObjectStore,
        reader: DocumentReader,
        made: Made,
        audiences: Collection[str] = DEFAULT_AUDIENCES,
    ) -> None:
        self._objects = objects
        self._reader = reader
        self._made = made
        self._audiences = frozenset(audience.casefold() for audience in audiences)

    def revision(self, key: str) -> str | None:
        """Return an object's revision, None where there is none that may be read. Raises ``StoreUnavailableError``."""
        try:
            return self._objects.stat(key).revision
        except (NotFoundError, InvalidInputError, UnreadableDocumentError):
            return None

    def add(self, key: str, plan: Plan, today: date) -> None:
        """Read an object, if it is knowledge, and add to the plan what it asks for.

        One that has no name that can be kept, or that may not be read, is skipped. Raises ``StoreUnavailableError``.
        """
        if unspeakable(key):
            shown = key.encode("utf-8", "backslashreplace").decode()
            plan.report.skipped.append(SkippedSource(source=shown, reason="its name is not UTF-8"))
            return
        if not is_knowledge(key):
            plan.report.ignored.append(key)
            plan.revisions[key] = self.revision(key)
            return
        plan.revisions[key] = None
        try:
            stat = self._objects.stat(key)
            plan.revisions[key] = stat.revision
            self._reader.check_size(stat.size_bytes)
            self._compare(key, self._objects.read(key), plan, today)
        except NotFoundError:
            return
        except (UnreadableDocumentError, InvalidInputError) as error:
            self.skip(key, plan, str(error))

    def skip(self, key: str, plan: Plan, reason: str) -> None:
        """Name an object that cannot be read; what the index holds of it stays."""
        plan.report.skipped.append(SkippedSource(source=key, reason=reason, kept=True))
        kept = [held.source for held in plan.indexed.values() if held.object_key == key]
        plan.owners |= dict.fromkeys(kept, key)

    def _compare(self, key: str, content: bytes, plan: Plan, today: date) -> None:
        if PurePosixPath(key).suffix.lower() in self._reader.extensions:
            version = self._version_of_file(key, content)
            held = plan.indexed.get(key)
            if held and (held.version, held.object_key) == (version, key):
                # Reading a pdf takes as long as embedding it, so one that has not changed is not read.
                plan.owners[key] = key
                _unchanged(plan, held)
                return
            for document in read_documents(key, content, self._reader).documents:
                self._compare_document(key, document, version, plan, today)
            return
        result = read_documents(key, content, self._reader)
        plan.report.skipped += [SkippedSource(source=part.source, reason=part.reason) for part in result.skipped]
        for document in result.documents:
            self._compare_document(key, document, self._made.version(document.content_hash), plan, today)

    def _compare_document(self, key: str, document: Document, version: str, plan: Plan, today: date) -> None:
        reason = document.unserved_reason(today, self._audiences)
        if not reason and plan.owners.setdefault(document.source, key) != key:
            reason = f"in {key}, but {plan.owners[document.source]} has a document of this name"
        if reason:
            plan.report.skipped.append(SkippedSource(source=document.source, reason=reason))
            return
        held = plan.indexed.get(document.source)
        if held and (held.version, held.object_key) == (version, key):
            _unchanged(plan, held)
        else:
            plan.report.documents += 1
            plan.changes.append(Change(key, document, version, held))

    def _version_of_file(self, key: str, content: bytes) -> str:
        return self._made.version(f"{self._reader.version}/{key}/{hashlib.sha256(content).hexdigest()}")


def unspeakable(key: str) -> bool:
    """Tell whether a name holds bytes that are no UTF-8, as a file's may; no store keeps such a name."""
    return any("\ud800" <= letter <= "\udfff" for letter in key)


def _unchanged(plan: Plan, held: DocumentVersion) -> None:
    plan.report.documents += 1
    plan.report.unchanged += 1
    plan.report.chunks += held.n_chunks
