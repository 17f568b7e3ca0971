"""What changes the knowledge, or tells of it, imported and made on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firstline.ports import Ports
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.knowledge import Knowledge
    from firstline.repositories.ingestion_reports import IngestionReportRepository
    from firstline.services.import_ticket_file import ImportTicketFile
    from firstline.services.ingest_knowledge import IngestKnowledge
    from firstline.services.knowledge_languages import KnowledgeLanguages
    from firstline.services.knowledge_status import ReportKnowledgeStatus
    from firstline.services.manage_drafts import ManageDrafts
    from firstline.services.record_gap import RecordGap
    from firstline.services.report_gaps import ReportGaps
    from firstline.services.transfer_knowledge import TransferKnowledge


class LateKnowledge:
    """A part of the container."""

    settings: Settings
    ports: Ports
    ingestion_reports: IngestionReportRepository

    @cached_property
    def knowledge(self) -> Knowledge:
        """All of it."""
        from firstline.knowledge import assemble_knowledge

        ports = self.ports
        return assemble_knowledge(
            self.settings,
            table=ports.table,
            index=ports.index,
            embedder=ports.embedder,
            objects=ports.objects,
            reader=ports.reader,
            clock=ports.clock,
            ids=ports.ids,
        )

    @property
    def ingest_knowledge(self) -> IngestKnowledge:
        """Brings files into the index."""
        return self.knowledge.ingest

    @property
    def manage_drafts(self) -> ManageDrafts:
        """Keeps drafts of articles, and makes files of them."""
        return self.knowledge.drafts

    @property
    def import_ticket_file(self) -> ImportTicketFile:
        """Makes drafts of past tickets."""
        return self.knowledge.import_ticket_file

    @property
    def transfer_knowledge(self) -> TransferKnowledge:
        """Reads and writes archives of all files."""
        return self.knowledge.transfer

    @cached_property
    def record_gap(self) -> RecordGap:
        """Keeps what no article answered."""
        from firstline.repositories.gaps import GapRepository
        from firstline.services.record_gap import RecordGap

        return RecordGap(
            GapRepository(self.ports.table, retention_days=self.settings.retention_days), self.ports.embedder
        )

    @cached_property
    def report_gaps(self) -> ReportGaps:
        """Tells what no article answered."""
        from firstline.repositories.gaps import GapRepository
        from firstline.services.report_gaps import ReportGaps

        gaps = GapRepository(self.ports.table, retention_days=self.settings.retention_days)
        return ReportGaps(gaps, self.ports.embedder, self.ports.clock)

    @cached_property
    def knowledge_languages(self) -> KnowledgeLanguages:
        """Tells which languages the articles are in."""
        from firstline.services.knowledge_languages import KnowledgeLanguages

        return KnowledgeLanguages(self.ingestion_reports.current, self.ports.clock)

    @cached_property
    def knowledge_status(self) -> ReportKnowledgeStatus:
        """Tells how the index stands."""
        from firstline.services.knowledge_status import ReportKnowledgeStatus

        return ReportKnowledgeStatus(self.ports.index, self.ingestion_reports.current)
