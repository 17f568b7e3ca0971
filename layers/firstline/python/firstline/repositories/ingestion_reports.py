"""The report of the last comparison of knowledge and index, and what events have told since."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from firstline.domain.ingestion import IngestionReport, SkippedSource
from firstline.domain.knowledge_audit import KnowledgeAudit
from firstline.domain.ports import Table
from firstline.repositories.schema import Schema

REPORT = Schema("ingestion_report", version=1)
NOTE = Schema("ingestion_note", version=1)
KNOWLEDGE_VERSION = Schema("knowledge_version", version=1)
MOST_NAMED = 200
"""Files named per list, so that the item stays below 400 KB."""

_PK, _SK, _NOTES, _VERSION = "KNOWLEDGE", "REPORT#LAST", "KNOWLEDGE#EVENTS", "VERSION"
_NOTED_FOR = timedelta(days=7)
_MOST_NOTED = 20
_LONGEST_NAME = 300


class IngestionReportRepository:
    """Keys: ``KNOWLEDGE`` / ``REPORT#LAST``, ``VERSION``; of events ``KNOWLEDGE#EVENTS`` / ``<time>#<hash of key>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, report: IngestionReport) -> None:
        """Put the report in the place of the last one; of very many skipped files the first are kept.

        Raises ``StoreUnavailableError``.
        """
        names = {
            name: [key[:_LONGEST_NAME] for key in getattr(report, name)[:MOST_NAMED]]
            for name in ("ignored", "added_sources", "changed_sources", "removed_sources")
        }
        skipped, audit = _named(report.skipped, MOST_NAMED), _shortened(report.audit)
        kept = report.model_copy(update={**names, "skipped": skipped, "audit": audit})
        self._table.put(REPORT.stamp({"pk": _PK, "sk": _SK, "body": kept.model_dump_json()}))
        self._count_change(report)

    def last(self) -> IngestionReport | None:
        """Return the last report, None before the first. Raises ``StoreUnavailableError``."""
        item = self._table.get(_PK, _SK)
        return None if item is None else IngestionReport.model_validate_json(REPORT.load(item)["body"])

    def note(self, key: str, report: IngestionReport, languages: Collection[str], at: datetime) -> None:
        """Keep what an event about one object told: what it skipped, and the languages that came or changed.

        Raises ``StoreUnavailableError``.
        """
        note = {
            "pk": _NOTES,
            "sk": f"{_moment(at)}#{hashlib.sha256(key.encode()).hexdigest()[:32]}",
            "key": key,
            "skipped": [part.model_dump() for part in _named(report.skipped, _MOST_NOTED)],
            "languages": sorted(languages),
            "expires_at": int((at + _NOTED_FOR).timestamp()),
        }
        self._table.put(NOTE.stamp(note))
        self._count_change(report)

    def knowledge_version(self) -> int:
        """Return how often what can be found has changed. Raises ``StoreUnavailableError``."""
        item = self._table.get(_PK, _VERSION)
        return int(KNOWLEDGE_VERSION.load(item)["changes"]) if item else 0

    def _count_change(self, report: IngestionReport) -> None:
        if report.added or report.changed or report.removed:
            self._table.update(_PK, _VERSION, set=KNOWLEDGE_VERSION.stamp({}), add={"changes": 1})

    def current(self) -> IngestionReport | None:
        """Return the last report with what events have told since it began: what they skipped, and new languages.

        None before the first report. Raises ``StoreUnavailableError``.
        """
        report = self.last()
        if report is None or report.began_at is None:
            return report
        notes = [NOTE.load(item) for item in self._table.query(_NOTES, sk_from=_moment(report.began_at)).items]
        skipped, languages = list(report.skipped), dict(report.audit.languages if report.audit else {})
        for note in notes:
            # A later event about the same object takes the place of what was said of it before.
            lines = f"{note['key']} line "
            skipped = [part for part in skipped if part.source != note["key"] and not part.source.startswith(lines)]
            skipped += [SkippedSource.model_validate(part) for part in note["skipped"]]
            languages = {**dict.fromkeys(note["languages"], 0), **languages}
        audit = (report.audit or KnowledgeAudit()).model_copy(update={"languages": languages})
        return report.model_copy(update={"skipped": skipped, "audit": audit if notes else report.audit})


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _named(skipped: Sequence[SkippedSource], most: int) -> list[SkippedSource]:
    return [
        part.model_copy(update={"source": part.source[:_LONGEST_NAME], "reason": part.reason[:_LONGEST_NAME]})
        for part in skipped[:most]
    ]


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
