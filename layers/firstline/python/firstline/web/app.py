"""The REST API and its pages as one ASGI app."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI

from firstline.container import Container
from firstline.observability import log_uncounted
from firstline.web import (
    attachments,
    auth,
    chat,
    conversations_admin,
    health,
    memory,
    metrics,
    middleware,
    own_conversation,
    pages,
    problems,
    session_identity,
    sessions,
    sites_admin,
)
from firstline.web.access import administrator
from firstline.web.event_stream import create_event_stream_router
from firstline.web.knowledge_admin import KnowledgeAdmin, create_knowledge_admin_router

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
    middleware.install(app, container)
    problems.install(
        app, debug=container.settings.debug, count_error=partial(container.counters.add_error, on_failure=log_uncounted)
    )
    for part in (
        auth,
        attachments,
        chat,
        sessions,
        session_identity,
        own_conversation,
        metrics,
        conversations_admin,
        memory,
    ):
        app.include_router(part.router)
    app.include_router(health.create_health_router(container))
    app.include_router(sites_admin.public_router)
    app.include_router(sites_admin.router)
    app.include_router(create_event_stream_router())
    knowledge = KnowledgeAdmin(
        gaps=container.report_gaps,
        drafts=container.manage_drafts,
        transfer=container.transfer_knowledge,
        status=container.knowledge_status.report,
    )
    app.include_router(create_knowledge_admin_router(knowledge, administrator))
    pages.install(app)
    return app
