"""Whom a request comes from, where proxies that we trust stand in between."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from firstline.domain.client_address import Network, client_address, is_trusted


def address_of(scope: Scope) -> str:
    """Return the client's address; on AWS it is API Gateway's ``sourceIp``."""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else ""


class TrustedProxies:
    """ASGI middleware: takes the client's address and scheme from ``X-Forwarded-*`` of trusted proxies alone."""

    def __init__(self, app: ASGIApp, *, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = address_of(scope)
        if scope["type"] == "http" and is_trusted(peer, self._trusted):
            headers = Headers(scope=scope)
            forwarded_for = ",".join(headers.getlist("x-forwarded-for"))
            proto = headers.get("x-forwarded-proto", "").strip().lower()
            scope = {
                **scope,
                "client": (client_address(peer, forwarded_for, self._trusted), 0),
                "scheme": proto if proto in ("http", "https") else scope["scheme"],
            }
        await self._app(scope, receive, send)
