"""The pages' and the widget's files, compressed for clients that take it; in front of AWS, CloudFront does it."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

FILES = frozenset({"/", "/chat", "/docs/widget", "/widget.js"})
FILES_BELOW = ("/static/", "/widget/")
_SMALLEST = 500
"""Bytes below which compressing gains nothing."""


class CompressedFiles:
    """ASGI middleware: answers of the API, and above all its event streams, pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=_SMALLEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        is_file = path in FILES or path.startswith(FILES_BELOW)
        await (self._compressed if is_file else self._app)(scope, receive, send)
