"""Which pages of other origins may read our answers: those of registered sites (CORS)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstline.web.problems import problem

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-Correlation-Id"
_READABLE = "ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Correlation-Id"
_MAX_AGE_S = 600

NEVER_SHARED = ("/admin", "/auth", "/metrics")
"""Paths that no other origin's page may read, whichever sites there are."""

Allows = Callable[[str, str], bool]
"""From an origin and the request's Host to whether a page from there may call."""


class CrossOrigin:
    """ASGI middleware. A page of an unknown origin gets no CORS header, so its browser keeps the answer from it.

    Credentials are bearer tokens, never cookies, so ``Access-Control-Allow-Credentials`` is never sent and a page
    cannot act with what a visitor has elsewhere.
    """

    def __init__(self, app: ASGIApp, *, allows: Allows) -> None:
        self._app = app
        self._allows = allows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin", "")
        if not origin:
            await self._app(scope, receive, send)
            return
        shared = not scope["path"].startswith(NEVER_SHARED)
        allowed = shared and await run_in_threadpool(self._allows, origin, headers.get("host", ""))

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if allowed:
                    answer["Access-Control-Allow-Origin"] = origin
                    answer["Access-Control-Expose-Headers"] = _READABLE
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(Request(scope), allowed=allowed)(scope, receive, send_with_origin)
            return
        await self._app(scope, receive, send_with_origin)


def _preflight(request: Request, *, allowed: bool) -> Response:
    if not allowed:
        return problem(request, HTTPStatus.FORBIDDEN, "No site allows this origin.", code="origin_not_allowed")
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": str(_MAX_AGE_S),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
