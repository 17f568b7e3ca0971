"""Events as API Gateway's WebSocket API sends them to a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Scope

from firstline.domain.client_frames import ACTIONS

ROUTES = frozenset(ACTIONS)
"""Route keys of the API, selected by ``$request.body.action``; anything else is ``$default``."""


@dataclass(frozen=True)
class SocketEvents:
    """Makes the events of one connection."""

    connection_id: str
    connected_at: datetime
    headers: dict[str, list[str]]
    query: dict[str, list[str]]
    source_ip: str
    new_id: Callable[[], str]

    @classmethod
    def of(cls, scope: Scope, connection_id: str, *, now: datetime, new_id: Callable[[], str]) -> SocketEvents:
        """Read what is constant from the connection's ASGI scope."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").title(), []).append(value.decode("latin-1"))
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        client = scope.get("client")
        return cls(connection_id, now, headers, query, client[0] if client else "", new_id)

    def connect(self) -> dict[str, Any]:
        """The handshake, before the socket opens; its answer's ``statusCode`` decides."""
        event: dict[str, Any] = {
            "headers": {name: values[-1] for name, values in self.headers.items()},
            "multiValueHeaders": self.headers,
            "requestContext": self._context("$connect", "CONNECT"),
            "isBase64Encoded": False,
        }
        if self.query:
            event["queryStringParameters"] = {name: values[-1] for name, values in self.query.items()}
            event["multiValueQueryStringParameters"] = self.query
        return event

    def message(self, body: str) -> dict[str, Any]:
        """A text frame."""
        context = self._context(_route_key(body), "MESSAGE") | {"messageId": self.new_id()}
        return {"requestContext": context, "body": body, "isBase64Encoded": False}

    def disconnect(self, code: int) -> dict[str, Any]:
        """The end of the connection."""
        context = self._context("$disconnect", "DISCONNECT")
        return {
            "requestContext": context | {"disconnectStatusCode": code, "disconnectReason": ""},
            "isBase64Encoded": False,
        }

    def _context(self, route_key: str, event_type: str) -> dict[str, Any]:
        return {
            "routeKey": route_key,
            "eventType": event_type,
            "connectionId": self.connection_id,
            "connectedAt": int(self.connected_at.timestamp() * 1000),
            "requestId": self.new_id(),
            "messageDirection": "IN",
            "stage": "local",
            "apiId": "local",
            "domainName": self.headers.get("Host", ["localhost"])[-1],
            "identity": {"sourceIp": self.source_ip, "userAgent": self.headers.get("User-Agent", [""])[-1]},
        }


def _route_key(body: str) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "$default"
    action = document.get("action") if isinstance(document, dict) else None
    return action if isinstance(action, str) and action in ROUTES else "$default"
