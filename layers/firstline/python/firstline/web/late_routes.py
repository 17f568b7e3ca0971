"""Routes that are made when first a request asks for what no other route serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send


def serve_late(app: FastAPI, add_routes: Callable[[], None]) -> None:
    """Have these routes added to the app when they are needed: by a request, or by the document that lists all.

    A function that starts for a visitor's first message is not kept waiting by what administrators use. For one
    process that serves one request at a time; call it before anything else is put in front of the app's routes, so
    that what is refused there adds nothing.
    """
    late = _Late(add_routes)
    app.add_middleware(_LateRoutes, late=late, app_with_routes=app)
    document = app.openapi

    def complete_document() -> dict[str, Any]:
        late.add()
        return document()

    # FastAPI's own way to another document.
    app.openapi = complete_document  # type: ignore[method-assign]


class _Late:
    def __init__(self, add_routes: Callable[[], None]) -> None:
        self._add_routes = add_routes
        self.added = False

    def add(self) -> None:
        if not self.added:
            self._add_routes()
            self.added = True


class _LateRoutes:
    def __init__(self, app: ASGIApp, late: _Late, app_with_routes: FastAPI) -> None:
        self._app = app
        self._late = late
        self._app_with_routes = app_with_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._late.added and not self._is_served(scope):
            self._late.add()
        await self._app(scope, receive, send)

    def _is_served(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._app_with_routes.router.routes)
