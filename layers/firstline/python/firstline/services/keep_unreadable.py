"""What a rebuilt index takes over from the one before: the last readable versions of files that cannot be read now."""

from __future__ import annotations

from dataclasses import replace

from firstline.domain.chunking import embedded_text
from firstline.domain.errors import KnowledgeIndexMismatchError
from firstline.domain.ingestion import IngestionReport
from firstline.domain.knowledge import DocumentVersion, EmbeddedChunk
from firstline.domain.ports import Embedder, KnowledgeIndex


def keep_unreadable(old: KnowledgeIndex, new: KnowledgeIndex, report: IngestionReport, embedder: Embedder) -> list[str]:
    """Copy what the old index serves of the files that the report names as unreadable; return the sources.

    Chunks are embedded again where the old index has another model's vectors.

    Raises
    ------
    EmbedderUnavailableError, KnowledgeIndexUnavailableError
    """
    unread = {part.source for part in report.skipped if part.kept}
    if not unread:
        return []
    served = new.documents()
    kept = [held for held in old.documents().values() if held.object_key in unread and held.source not in served]
    for held in kept:
        new.replace_document(*_made_with(held, old.embedded_chunks(held.source), embedder))
    return sorted(held.source for held in kept)


def misfit_of(index: KnowledgeIndex) -> str:
    """Return why nothing can be taken over from the index in use, empty where it can; one that is missing is made.

    Raises ``KnowledgeIndexUnavailableError``.
    """
    try:
        index.document("")
    except KnowledgeIndexMismatchError as error:
        return str(error)
    return ""


def _made_with(
    held: DocumentVersion, entries: list[EmbeddedChunk], embedder: Embedder
) -> tuple[DocumentVersion, list[EmbeddedChunk]]:
    if held.embedding_model == embedder.model_id:
        return held, entries
    texts = embedder.embed([embedded_text(entry.chunk) for entry in entries])
    headings = embedder.embed([entry.chunk.heading for entry in entries])
    return held.model_copy(update={"embedding_model": embedder.model_id}), [
        replace(entry, text_vector=text, heading_vector=heading)
        for entry, text, heading in zip(entries, texts, headings, strict=True)
    ]
