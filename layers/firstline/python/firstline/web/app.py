"""The REST API and its pages as one ASGI app."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI

from firstline.container import Container
from firstline.observability import log_uncounted
from firstline.web import (
    attachments,
    chat,
    health,
    middleware,
    own_conversation,
    pages,
    problems,
    session_identity,
    sessions,
    sites_admin,
)
from firstline.web.event_stream import create_event_stream_router
from firstline.web.late_routes import serve_late

_PROBLEM: dict[str, Any] = {
    "description": "What went wrong, as problem details (RFC 9457)",
    "content": {problems.MEDIA_TYPE: {"schema": problems.Problem.model_json_schema()}},
}


def create_app(container: Container, *, visitors_first: bool = False) -> FastAPI:
    """Return the app; what it serves comes from the container alone.

    Parameters
    ----------
    visitors_first : bool
        What no visitor waits for is imported and added when first it is asked for; see ``late_routes``.
    """
    app = FastAPI(
        title="Firstline",
        version="1",
        description="First-line customer support from your own articles. Errors are problem details (RFC 9457).",
        docs_url=None,
        redoc_url=None,
        responses={"default": _PROBLEM},
    )
    app.state.container = container
    if visitors_first:
        serve_late(app, partial(_add_late_routes, app, container))
    middleware.install(app, container)
    problems.install(
        app, debug=container.settings.debug, count_error=partial(container.counters.add_error, on_failure=log_uncounted)
    )
    for part in (attachments, chat, sessions, session_identity, own_conversation):
        app.include_router(part.router)
    app.include_router(health.create_health_router(container))
    app.include_router(sites_admin.public_router)
    app.include_router(create_event_stream_router())
    if not visitors_first:
        _add_late_routes(app, container)
    pages.install(app)
    return app


def _add_late_routes(app: FastAPI, container: Container) -> None:
    from firstline.web.late_app import add_late_routes

    add_late_routes(app, container)
