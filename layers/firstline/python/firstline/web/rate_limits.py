"""How often a client may ask: token buckets in front of every route, and the headers that tell what is left."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstline.container import Container
from firstline.domain.client_address import counted_as
from firstline.domain.error_codes import told
from firstline.domain.errors import RateLimitedError
from firstline.domain.rate_limit import Allowance, Limit
from firstline.observability import logger
from firstline.services.limit_rate import LimitRate
from firstline.web.client_address import address_of
from firstline.web.limit_headers import limit_headers, refusal_headers
from firstline.web.problems import problem

UNLIMITED = frozenset({"/", "/widget.js", "/health", "/health/", "/health/liveness", "/health/readiness"})
"""The demo page, the widget, and what a load balancer asks: it must never be told that it asks too often."""

UNLIMITED_BELOW = ("/static/", "/widget/")

CallerOf = Callable[[str], str]
"""From a bearer token to the id of the user it proves, or empty."""


class ClientRateLimit:
    """ASGI middleware: one bucket per signed-in caller of the API, else one per address.

    Parameters
    ----------
    caller_of : callable
        A token that proves nobody changes nothing: its sender is counted by address.
    """

    def __init__(self, app: ASGIApp, *, limits: LimitRate, caller_of: CallerOf) -> None:
        self._app = app
        self._limits = limits
        self._caller_of = caller_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED or scope["path"].startswith(UNLIMITED_BELOW):
            await self._app(scope, receive, send)
            return
        taken = await run_in_threadpool(self._take, scope)
        if taken is None:
            await self._app(scope, receive, send)
            return
        if not taken.allowed:
            error = RateLimitedError(Limit.REQUESTS.value, taken.limit, taken.retry_after_s, taken.reset_s)
            telling = told(error)
            answer = problem(
                Request(scope),
                HTTPStatus.TOO_MANY_REQUESTS,
                telling.message,
                code=telling.code,
                headers=refusal_headers(error),
            )
            await answer(scope, receive, send)
            return

        async def send_with_limit(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in limit_headers(taken.limit, taken.remaining, taken.reset_s).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_limit)

    def _take(self, scope: Scope) -> Allowance | None:
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        caller = self._caller_of(token.strip()) if kind.lower() == "bearer" else ""
        subject = f"user {caller}" if caller else f"address {counted_as(address_of(scope))}"
        taken = self._limits.take(Limit.REQUESTS, subject)
        if taken is not None and not taken.shared:
            logger.warning("rate limits are counted by this process alone: the store does not answer")
        return taken


def require_new_session(request: Request, container: Container) -> None:
    """Count a new session of the client's address. Raises ``RateLimitedError``."""
    container.limit_rate.require(Limit.SESSIONS, counted_as(address_of(request.scope)))
