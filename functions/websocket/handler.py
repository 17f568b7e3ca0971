"""Sockets of customers: connect, disconnect and every frame."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.container import Container
from firstline.domain.error_codes import is_ours
from firstline.domain.errors import FirstlineError, NotAuthorizedError, NotPermittedError
from firstline.observability import log_uncounted, logger
from firstline.services.handle_frame import HandleFrame

bootstrap.prepare()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one event of the WebSocket API; its answer matters to API Gateway for ``$connect`` only."""
    connection_id, correlation_id = (event["requestContext"][name] for name in ("connectionId", "requestId"))
    container = bootstrap.container()
    with logger.append_context_keys(connection_id=connection_id, correlation_id=correlation_id):
        match event["requestContext"]["eventType"]:
            case "CONNECT":
                return {"statusCode": _connect(container, connection_id, event)}
            case "DISCONNECT":
                container.connect_socket.disconnect(connection_id)
            case _:
                _handle_frame(container).handle(connection_id, event.get("body") or "", correlation_id=correlation_id)
    return {"statusCode": 200}


def _connect(container: Container, connection_id: str, event: dict[str, Any]) -> int:
    parameters = event.get("queryStringParameters") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    given = (parameters.get("session_id", ""), parameters.get("token", ""))
    try:
        container.connect_socket.connect(
            connection_id, *given, origin=headers.get("origin", ""), host=headers.get("host", "")
        )
    except FirstlineError as error:
        _tell(container, "socket refused", error, connection_id)
        return {NotAuthorizedError: 401, NotPermittedError: 403}.get(type(error), 503)
    return 200


def _handle_frame(c: Container) -> HandleFrame:
    refused, limits = partial(_tell, c, "frame refused"), c.limit_customer
    return HandleFrame(
        c.conversations, c.client_actions, c.broadcast, ids=c.ports.ids, on_refusal=refused, limits=limits
    )


def _tell(c: Container, what: str, error: FirstlineError, connection_id: str) -> None:
    kind = type(error).__name__
    (logger.error if is_ours(error) else logger.info)(what, extra={"error": kind, "connection_id": connection_id})
    if is_ours(error):
        c.counters.add_error(kind, on_failure=log_uncounted)
