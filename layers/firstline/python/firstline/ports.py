"""The adapters that a running Firstline is made with; ``bootstrap`` chooses them."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.identity_ports import IdentityPorts
from firstline.domain.notice_ports import Webhooks
from firstline.domain.ports import (
    Clock,
    Connections,
    DocumentReader,
    Embedder,
    Ids,
    KnowledgeIndex,
    LanguageModel,
    Mailer,
    ObjectStore,
    Random,
    Table,
    WorkflowEngine,
)


@dataclass(frozen=True)
class Ports:
    """The adapters that were chosen."""

    table: Table
    index: KnowledgeIndex
    embedder: Embedder
    objects: ObjectStore
    """The company's articles and FAQs."""
    reader: DocumentReader
    attachments: AttachmentPorts
    connections: Connections
    workflow_engine: WorkflowEngine
    clock: Clock
    ids: Ids
    random: Random
    identity: IdentityPorts
    language_model: LanguageModel | None
    """None where no key is set: answers are extractive."""
    mailer: Mailer | None = None
    webhooks: Webhooks | None = None
