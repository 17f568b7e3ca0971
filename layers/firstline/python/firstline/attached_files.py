"""Attached files of a running Firstline: put together from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.ports import Clock, Ids, Table
from firstline.observability import log_uncounted
from firstline.repositories.attachments import AttachmentRepository
from firstline.repositories.counters import Counters
from firstline.services.purge_attachments import PurgeAttachments
from firstline.services.read_attachment import ReadAttachment
from firstline.services.receive_attachment import ReceiveAttachment
from firstline.settings import Settings


@dataclass(frozen=True)
class AttachedFiles:
    """Services of attached files."""

    receive: ReceiveAttachment
    read: ReadAttachment
    purge: PurgeAttachments


def assemble_attached_files(
    settings: Settings, ports: AttachmentPorts, *, table: Table, counters: Counters, clock: Clock, ids: Ids
) -> AttachedFiles:
    """Build the services of attached files."""
    files = AttachmentRepository(table, retention_days=settings.retention_days)
    read = ReadAttachment(files, ports, counters, clock=clock, on_uncounted=log_uncounted)
    return AttachedFiles(
        receive=ReceiveAttachment(files, ports, read, clock=clock, ids=ids),
        read=read,
        purge=PurgeAttachments(ports.store, clock=clock, retention_days=settings.retention_days),
    )
