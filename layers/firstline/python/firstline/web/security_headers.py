"""Headers that keep a browser from doing more with an answer than it is for."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
_HSTS = "max-age=31536000"

EMBEDDABLE = "/static/"
"""What other sites' pages load: the widget's files."""


class SecurityHeaders:
    """ASGI middleware. What a route says itself stays; what is not a page may load nothing and be framed nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message), path=scope["path"], scheme=scope["scheme"])
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_security_headers(headers: MutableHeaders, *, path: str, scheme: str) -> None:
    """Complete the headers of an answer; those that are there stay."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if path.startswith(EMBEDDABLE) else "same-origin")
    kind = headers.get("content-type", "")
    if not kind.startswith("text/html"):
        headers.setdefault("Content-Security-Policy", _NOT_A_PAGE)
    policy = headers.get("content-security-policy", "")
    if "frame-ancestors" not in policy or "frame-ancestors 'none'" in policy:
        headers.setdefault("X-Frame-Options", "DENY")
    if "json" in kind:
        headers.setdefault("Cache-Control", "no-store")
    if scheme == "https":
        headers.setdefault("Strict-Transport-Security", _HSTS)
