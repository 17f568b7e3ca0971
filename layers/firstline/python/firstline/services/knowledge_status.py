"""What is served at this moment: documents, chunks, and how they spread over the categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field

from firstline.domain.knowledge_audit import CategoryCoverage, coverage
from firstline.domain.ports import KnowledgeIndex


class KnowledgeStatus(BaseModel):
    """The state of the knowledge."""

    documents: int = Field(ge=0)
    chunks: int = Field(ge=0)
    coverage: dict[str, CategoryCoverage]
    """By category; those without a chunk are there with zeros."""
    last_ingestion: dict[str, Any] | None = None
    """The report of the last comparison with the whole folder; None before the first."""


class ReportKnowledgeStatus:
    """Counts what the index holds, by its records of documents: no chunk is read.

    Parameters
    ----------
    last_ingestion : callable
        Returns the report of the last run, or None.
    """

    def __init__(self, index: KnowledgeIndex, last_ingestion: Callable[[], BaseModel | None]) -> None:
        self._index = index
        self._last_ingestion = last_ingestion

    def report(self) -> KnowledgeStatus:
        """Return the status. Raises ``KnowledgeIndexUnavailableError``, ``StoreUnavailableError``."""
        documents = self._index.documents().values()
        last = self._last_ingestion()
        return KnowledgeStatus(
            documents=len(documents),
            chunks=sum(document.n_chunks for document in documents),
            coverage=coverage(document.categories for document in documents),
            last_ingestion=last.model_dump(mode="json") if last is not None else None,
        )
