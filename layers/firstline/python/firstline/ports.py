"""The adapters that a running Firstline is made with; ``bootstrap`` chooses them."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.attachment_ports import AttachmentPorts
from firstline.domain.identity_ports import IdentityPorts
from firstline.domain.notice_ports import PublicWebhooks, Webhooks
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
from firstline.domain.tool_ports import CustomToolPorts


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
    received_mail: ObjectStore | None = None
    """Mail as it came; None where none is received."""
    mailer: Mailer | None = None
    webhooks: Webhooks | None = None
    public_webhooks: PublicWebhooks | None = None
    """For addresses that were named over REST; None where no event is told."""
    custom_tools: CustomToolPorts | None = None
    """None where the company declares no tools of its own."""
