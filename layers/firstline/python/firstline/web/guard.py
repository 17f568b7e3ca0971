"""What every request passes first: a correlation id, and a limit of the body's size."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstline.domain.ports import Ids
from firstline.web.problems import problem

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAINED = 16
"""Times the limit that is read of a body too large, so that its sender gets to read the answer."""


@dataclass(frozen=True)
class LargerBody:
    """Paths whose bodies may be larger, for who may send them."""

    path: re.Pattern[str]
    """Of the whole path."""
    max_bytes: int
    may_send: Callable[[Headers, str], bool]
    """Tells by headers and path whether the sender may use it."""
    content_type: str = ""
    """What the body's type starts with; empty for any."""

    def fits(self, path: str, headers: Headers) -> bool:
        """Tell whether this is for the request."""
        return bool(self.path.fullmatch(path)) and headers.get("content-type", "").lower().startswith(self.content_type)


class RequestGuard:
    """ASGI middleware. A body over the limit is a 413, whether its length was announced or not.

    Parameters
    ----------
    max_bytes : int
        Largest body, in bytes.
    larger : sequence of LargerBody
        The first that fits counts. Of who may not send such a body nothing is kept, and the route sees an empty one, so
        that it refuses the sender before 20 MB are in memory.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ids: Ids,
        max_bytes: int,
        larger: Sequence[LargerBody] = (),
    ) -> None:
        self._app = app
        self._ids = ids
        self._max_bytes = max_bytes
        self._larger = tuple(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id = self._correlation_id(headers)
        scope.setdefault("state", {})["correlation_id"] = correlation_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                answered["X-Correlation-Id"] = correlation_id
                answered["X-Content-Type-Options"] = "nosniff"
            await send(message)

        path = str(scope["path"])
        larger = next((larger for larger in self._larger if larger.fits(path, headers)), None)
        max_bytes = larger.max_bytes if larger else self._max_bytes
        refused = larger is not None and not await run_in_threadpool(larger.may_send, headers, path)
        body = await self._read(receive, 0 if refused else max_bytes)
        if refused:
            body = b""
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
