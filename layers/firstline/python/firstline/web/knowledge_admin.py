"""Administration of the knowledge: gaps, drafts, import and export, status."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.responses import StreamingResponse

from firstline.domain.drafts import Draft, DraftDecision, DraftStatus
from firstline.domain.gaps import GapReport
from firstline.services.knowledge_status import KnowledgeStatus
from firstline.services.manage_drafts import ManageDrafts
from firstline.services.report_gaps import MAX_DAYS, ReportGaps
from firstline.services.transfer_knowledge import ImportMode, ImportReport, TransferKnowledge
from firstline.web.admin import ExpectedVersion, RequireAdmin
from firstline.web.idempotency import MaybeRepeated
from firstline.web.knowledge_models import DecisionRequest, DraftList, DraftRequest
from firstline.web.knowledge_paths import PREFIX
from firstline.web.replies import json_response

ZIP = "application/zip"
_BLOCK = 256 * 1024
_IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True)
class KnowledgeAdmin:
    """What the routes call."""

    gaps: ReportGaps
    drafts: ManageDrafts
    transfer: TransferKnowledge
    status: Callable[[], KnowledgeStatus]


def create_knowledge_admin_router(admin: KnowledgeAdmin, require_admin: RequireAdmin) -> APIRouter:
    """Return the routes below ``/admin/knowledge``; each asks ``require_admin`` who it is, before anything else."""
    router = APIRouter(prefix=PREFIX, tags=["knowledge administration"], dependencies=[Depends(require_admin)])
    by = Depends(require_admin)
    _add_reports(router, admin)
    _add_drafts(router, admin.drafts, by)
    _add_transfer(router, admin.transfer)
    return router


def _add_reports(router: APIRouter, admin: KnowledgeAdmin) -> None:
    @router.get("/gaps")
    def gaps(
        days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 30, limit: Annotated[int, Query(ge=1, le=500)] = 20
    ) -> GapReport:
        """Questions that found nothing good, clustered; what holds up the most customers first."""
        return admin.gaps.report(days=days, limit=limit)

    @router.get("/status")
    def status() -> KnowledgeStatus:
        """What is served: documents, chunks, coverage by category, and the last ingestion's report."""
        return admin.status()


def _add_drafts(router: APIRouter, drafts: ManageDrafts, by: Any) -> None:
    @router.get("/drafts")
    def list_drafts(
        status: DraftStatus = DraftStatus.DRAFT,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    ) -> DraftList:
        """Drafts of one status."""
        page = drafts.of_status(status, limit=limit, cursor=cursor)
        return DraftList(drafts=page.drafts, next_cursor=page.cursor)

    @router.post("/drafts", status_code=HTTPStatus.CREATED, response_model=Draft)
    def create_draft(body: DraftRequest, repeated: MaybeRepeated, actor: str = by) -> Response:
        """Make a draft of a question and a person's answer; it is served once somebody approves it."""

        def create() -> Response:
            draft = drafts.create(body.content, by=actor)
            headers = {"Location": f"{PREFIX}/drafts/{draft.draft_id}", "ETag": f'"{draft.version}"'}
            return json_response(draft, HTTPStatus.CREATED, headers)

        return repeated.once(actor, body, create)

    @router.get("/drafts/{draft_id}")
    def get_draft(draft_id: str, response: Response) -> Draft:
        """One draft; its ETag is what ``If-Match`` takes."""
        return _tagged(response, drafts.get(draft_id))

    @router.put("/drafts/{draft_id}")
    def edit_draft(
        draft_id: str, body: DraftRequest, version: ExpectedVersion, response: Response, actor: str = by
    ) -> Draft:
        """Change what an open draft says."""
        return _tagged(response, drafts.edit(draft_id, body.content, by=actor, version=version))

    @router.post("/drafts/{draft_id}/{decision}")
    def decide_on_draft(
        draft_id: str,
        decision: DraftDecision,
        version: ExpectedVersion,
        response: Response,
        body: DecisionRequest | None = None,
        actor: str = by,
    ) -> Draft:
        """Serve an open draft, have it never served, or take an approved one out of the knowledge again.

        Deciding the same again changes nothing, or finishes what was broken off.
        """
        reason = body.reason if body else ""
        return _tagged(response, drafts.decide(draft_id, decision, by=actor, reason=reason, version=version))


def _add_transfer(router: APIRouter, transfer: TransferKnowledge) -> None:
    @router.get("/export", response_class=StreamingResponse, responses={200: {"content": {ZIP: {}}}})
    def export() -> StreamingResponse:
        """The whole knowledge base as a zip, the same bytes as long as nothing has changed."""
        # The response closes it, once it is sent.
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        transfer.export(cast(BinaryIO, file))
        size = file.tell()
        headers = {"Content-Length": str(size), "Content-Disposition": 'attachment; filename="knowledge.zip"'}
        return StreamingResponse(_blocks(cast(BinaryIO, file)), media_type=ZIP, headers=headers)

    @router.post("/import")
    def import_archive(
        archive: Annotated[bytes, Body(media_type=ZIP, description="What the export gave")],
        mode: Annotated[ImportMode, Query(description="`replace` also deletes what the archive lacks")] = "merge",
    ) -> ImportReport:
        """Bring an exported knowledge base back; where anything of it is wrong, nothing is changed."""
        return transfer.restore(io.BytesIO(archive), mode=mode)


def _tagged(response: Response, draft: Draft) -> Draft:
    response.headers["ETag"] = f'"{draft.version}"'
    return draft


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
