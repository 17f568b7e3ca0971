"""The REST API and its pages as one ASGI app."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from firstline.container import Container
from firstline.web import chat, health, pages, problems, sessions
from firstline.web.admin import require_admin
from firstline.web.guard import RequestGuard
from firstline.web.knowledge_admin import IMPORT_PATH, KnowledgeAdmin, create_knowledge_admin_router

_PROBLEM: dict[str, Any] = {
    "description": "What went wrong, as problem details (RFC 9457)",
    "content": {problems.MEDIA_TYPE: {"schema": problems.Problem.model_json_schema()}},
}


def create_app(container: Container) -> FastAPI:
    """Return the app; what it serves comes from the container alone."""
    app = FastAPI(
        title="Firstline",
        version="1",
        description="First-line customer support from your own articles. Errors are problem details (RFC 9457).",
        docs_url=None,
        redoc_url=None,
        responses={"default": _PROBLEM},
    )
    app.state.container = container
    app.add_middleware(
        RequestGuard,
        ids=container.ports.ids,
        max_bytes=container.settings.max_request_bytes,
        larger={IMPORT_PATH: container.settings.max_import_bytes} if container.settings.admin_token else {},
    )
    problems.install(app, debug=container.settings.debug)
    for part in (chat, sessions, health):
        app.include_router(part.router)
    knowledge = KnowledgeAdmin(
        gaps=container.report_gaps,
        drafts=container.manage_drafts,
        transfer=container.transfer_knowledge,
        status=container.knowledge_status.report,
    )
    app.include_router(create_knowledge_admin_router(knowledge, require_admin(container.settings.admin_token)))
    pages.install(app)
    return app
