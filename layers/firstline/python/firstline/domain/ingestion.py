"""What a run of ingestion did."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.knowledge_audit import KnowledgeAudit


class SkippedSource(BaseModel):
    """A file, or a line of one, that is not served."""

    model_config = ConfigDict(hide_input_in_errors=True)

    source: str
    reason: str
    kept: bool = False
    """The file could not be read; what was served of it before stays."""


MOST_SOURCES = 20
"""Documents named of those that were added, changed or removed."""


class IngestionReport(BaseModel):
    """What a run changed, what it could not read, and what is wrong with what is served."""

    model_config = ConfigDict(hide_input_in_errors=True)

    documents: int = 0
    """Documents that were found and can be served."""
    chunks: int = 0
    """Chunks of these documents."""
    embedded: int = 0
    """Chunks whose vectors were computed in this run."""
    unchanged: int = 0
    """Documents that were indexed already as they are."""
    added: int = 0
    changed: int = 0
    removed: int = 0
    """Documents that are gone from the folder, or not valid now, and left the index."""
    added_sources: list[str] = Field(default_factory=list)
    """The first of them, as of the changed and removed ones."""
    changed_sources: list[str] = Field(default_factory=list)
    removed_sources: list[str] = Field(default_factory=list)
    purged: int = 0
    """Retired chunks that were forgotten."""
    skipped: list[SkippedSource] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    """Keys of files that are not knowledge, such as README.md."""
    audit: KnowledgeAudit | None = None
    """Of all that is served; only a comparison with the whole folder makes it."""
    audited: str = ""
    """SHA-256 of the documents and versions that the audit is of, hex."""
    began_at: datetime | None = None
    """When the run began."""
    seconds: float = 0.0

    def changed_now(self, source: str, *, added: bool) -> None:
        """Count a document that was written."""
        self.added += added
        self.changed += not added
        _name(self.added_sources if added else self.changed_sources, source)

    def removed_now(self, source: str) -> None:
        """Count a document that left the index."""
        self.removed += 1
        _name(self.removed_sources, source)

    @property
    def counts(self) -> dict[str, float]:
        """Its figures, without names, as they are logged."""
        names = ("documents", "chunks", "embedded", "unchanged", "added", "changed", "removed", "purged", "seconds")
        return {name: getattr(self, name) for name in names} | {"skipped": len(self.skipped)}


def _name(sources: list[str], source: str) -> None:
    if len(sources) < MOST_SOURCES:
        sources.append(source)
