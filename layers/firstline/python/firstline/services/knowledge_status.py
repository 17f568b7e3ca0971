"""What is served at this moment: documents, chunks, and how they spread over the categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, Field

from firstline.domain.documents import CATEGORIES
from firstline.domain.ports import KnowledgeIndex


class CategoryCoverage(BaseModel):
    """What there is on one category."""

    documents: int = Field(ge=0)
    """Documents with at least one chunk of it."""
    chunks: int = Field(ge=0)


class KnowledgeStatus(BaseModel):
    """The state of the knowledge."""

    documents: int = Field(ge=0)
    chunks: int = Field(ge=0)
    coverage: dict[str, CategoryCoverage]
    """By category; those without a chunk are there with zeros."""
    last_ingestion: dict[str, Any] | None = None
    """The report of the last run, where this process knows it."""


class ReportKnowledgeStatus:
    """Counts what the index holds.

    Parameters
    ----------
    last_ingestion : callable
        Returns the report of the last run as JSON, or None.
    """

    def __init__(self, index: KnowledgeIndex, last_ingestion: Callable[[], Mapping[str, Any] | None]) -> None:
        self._index = index
        self._last_ingestion = last_ingestion

    def report(self) -> KnowledgeStatus:
        """Return the status. Raises ``KnowledgeIndexUnavailableError``."""
        documents, chunks = Counter(dict.fromkeys(CATEGORIES, 0)), Counter(dict.fromkeys(CATEGORIES, 0))
        sources = list(self._index.documents())
        for source in sources:
            found = Counter(entry.chunk.category for entry in self._index.embedded_chunks(source))
            chunks.update(found)
            documents.update(found.keys())
        last = self._last_ingestion()
        return KnowledgeStatus(
            documents=len(sources),
            chunks=chunks.total(),
            coverage={
                name: CategoryCoverage(documents=documents[name], chunks=count)
                for name, count in sorted(chunks.items())
            },
            last_ingestion=dict(last) if last is not None else None,
        )
