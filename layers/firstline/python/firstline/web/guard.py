"""What every request passes first: a correlation id, and a limit of the body's size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstline.domain.ports import Ids
from firstline.web.problems import problem

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAINED = 16
"""Times the limit that is read of a body too large, so that its sender gets to read the answer."""


class RequestGuard:
    """ASGI middleware. A body over the limit is a 413, whether its length was announced or not.

    Parameters
    ----------
    max_bytes : int
        Largest body, in bytes.
    larger : mapping of str to int
        Paths whose bodies may be larger, with the largest of each.
    """

    def __init__(self, app: ASGIApp, *, ids: Ids, max_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._ids = ids
        self._max_bytes = max_bytes
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = self._correlation_id(Headers(scope=scope))
        scope.setdefault("state", {})["correlation_id"] = correlation_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Correlation-Id"] = correlation_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        max_bytes = self._larger.get(scope["path"], self._max_bytes)
        body = await self._read(receive, max_bytes)
        if body is None:
            detail = f"The body is larger than {max_bytes} bytes."
            answer = problem(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, code="body_too_large")
            await answer(scope, receive, send_with_id)
            return
        await self._app(scope, _replaying(body, receive), send_with_id)

    def _correlation_id(self, headers: Headers) -> str:
        given = headers.get("x-correlation-id", "")
        return given if _CORRELATION_ID.fullmatch(given) else self._ids.new()

    async def _read(self, receive: Receive, max_bytes: int) -> bytes | None:
        chunks: list[bytes] = []
        size = 0
        more = True
        while more and size <= max(max_bytes, self._max_bytes * _DRAINED):
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            size += len(message.get("body", b""))
            if size <= max_bytes:
                chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(chunks) if size <= max_bytes else None


def _replaying(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
