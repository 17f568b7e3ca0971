"""What changes the knowledge, imported and made on first use: to answer a customer nobody needs it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firstline.ports import Ports
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.knowledge import Knowledge
    from firstline.services.import_ticket_file import ImportTicketFile
    from firstline.services.ingest_knowledge import IngestKnowledge
    from firstline.services.manage_drafts import ManageDrafts
    from firstline.services.transfer_knowledge import TransferKnowledge


class LateKnowledge:
    """A part of the container."""

    settings: Settings
    ports: Ports

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
