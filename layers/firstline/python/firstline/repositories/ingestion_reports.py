"""The report of the last comparison of knowledge and index."""

from __future__ import annotations

from firstline.domain.ingestion import IngestionReport
from firstline.domain.knowledge_audit import KnowledgeAudit
from firstline.domain.ports import Table
from firstline.repositories.schema import Schema

REPORT = Schema("ingestion_report", version=1)
MOST_NAMED = 200
"""Files named per list, so that the item stays below 400 KB."""

_PK, _SK = "KNOWLEDGE", "REPORT#LAST"
_LONGEST_NAME = 300


class IngestionReportRepository:
    """Keys: ``KNOWLEDGE`` / ``REPORT#LAST``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, report: IngestionReport) -> None:
        """Put the report in the place of the last one; of very many skipped files the first are kept.

        Raises ``StoreUnavailableError``.
        """
        skipped = [
            part.model_copy(update={"source": part.source[:_LONGEST_NAME], "reason": part.reason[:_LONGEST_NAME]})
            for part in report.skipped[:MOST_NAMED]
        ]
        ignored = [key[:_LONGEST_NAME] for key in report.ignored[:MOST_NAMED]]
        kept = report.model_copy(update={"skipped": skipped, "ignored": ignored, "audit": _shortened(report.audit)})
        self._table.put(REPORT.stamp({"pk": _PK, "sk": _SK, "body": kept.model_dump_json()}))

    def last(self) -> IngestionReport | None:
        """Return the last report, None before the first. Raises ``StoreUnavailableError``."""
        item = self._table.get(_PK, _SK)
        return None if item is None else IngestionReport.model_validate_json(REPORT.load(item)["body"])


def _shortened(audit: KnowledgeAudit | None) -> KnowledgeAudit | None:
    if audit is None:
        return None
    lists = {
        name: [
            pair.model_copy(update={"first": pair.first[:_LONGEST_NAME], "second": pair.second[:_LONGEST_NAME]})
            for pair in getattr(audit, name)
        ]
        for name in ("near_duplicates", "contradictions")
    }
    return audit.model_copy(update=lists)
