"""Past tickets in an object of the knowledge, made into drafts: how they come in where there is no command line."""

from __future__ import annotations

from firstline.domain.ports import DocumentReader, ObjectStore
from firstline.services.import_tickets import ImportTickets, TicketImportReport
from firstline.services.read_tickets import read_tickets


class ImportTicketFile:
    """Reads a file of past tickets; one below ``training/`` is never served itself."""

    def __init__(self, objects: ObjectStore, reader: DocumentReader, import_tickets: ImportTickets) -> None:
        self._objects = objects
        self._reader = reader
        self._import_tickets = import_tickets

    def run(self, key: str, *, by: str) -> TicketImportReport:
        """Make drafts of the tickets, each for a person to approve; the same file again changes nothing.

        Raises
        ------
        NotFoundError
        UnreadableDocumentError
            It is too large, or no csv or jsonl of tickets.
        InvalidInputError
            It has too many tickets.
        EmbedderUnavailableError, StoreUnavailableError
        """
        self._reader.check_size(self._objects.stat(key).size_bytes)
        tickets = read_tickets(key, self._objects.read(key), read_csv=self._reader.read_table)
        return self._import_tickets.run(tickets, by=by)
