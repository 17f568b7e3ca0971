"""How knowledge comes in and is kept, put together from settings: the same for the server and for every script."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.knowledge_archive import ArchiveLimits
from firstline.domain.ports import Clock, DocumentReader, Embedder, Ids, KnowledgeIndex, ObjectStore, Table
from firstline.repositories.drafts import DraftRepository
from firstline.repositories.ingestion_reports import IngestionReportRepository
from firstline.services.import_ticket_file import ImportTicketFile
from firstline.services.import_tickets import ImportTickets
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.manage_drafts import ManageDrafts
from firstline.services.transfer_knowledge import TransferKnowledge
from firstline.settings import Settings


@dataclass(frozen=True)
class Knowledge:
    """What changes the knowledge."""

    reports: IngestionReportRepository
    ingest: IngestKnowledge
    drafts: ManageDrafts
    import_tickets: ImportTickets
    import_ticket_file: ImportTicketFile
    transfer: TransferKnowledge


def assemble_knowledge(
    settings: Settings,
    *,
    table: Table,
    index: KnowledgeIndex,
    embedder: Embedder,
    objects: ObjectStore,
    reader: DocumentReader,
    clock: Clock,
    ids: Ids,
) -> Knowledge:
    """Build the services over the given adapters."""
    reports, drafts = IngestionReportRepository(table), DraftRepository(table)
    ingest = IngestKnowledge(
        objects,
        index,
        embedder,
        reader=reader,
        clock=clock,
        reports=reports,
        chunk_tokens=settings.chunk_size,
        overlap_tokens=min(settings.overlap_size, settings.chunk_size // 2),
        retention_days=settings.retention_days,
        audiences=settings.audiences,
    )
    manage = ManageDrafts(drafts, objects, ingest, clock=clock, ids=ids)
    import_tickets = ImportTickets(drafts, manage, embedder, clock)
    limits = ArchiveLimits(max_archive_bytes=settings.max_import_bytes)
    return Knowledge(
        reports=reports,
        ingest=ingest,
        drafts=manage,
        import_tickets=import_tickets,
        import_ticket_file=ImportTicketFile(objects, reader, import_tickets),
        transfer=TransferKnowledge(objects, ingest, limits=limits),
    )
