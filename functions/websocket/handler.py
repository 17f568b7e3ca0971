"""Sockets of customers: connect, disconnect and every frame."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from firstline import bootstrap
from firstline.container import Container
from firstline.domain.error_codes import RETRYABLE
from firstline.domain.errors import FirstlineError, NotAuthorizedError
from firstline.observability import logger
from firstline.services.handle_frame import HandleFrame
from firstline.services.post_message import PostMessage


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one event of the WebSocket API; its answer matters to API Gateway for ``$connect`` only."""
    request = event["requestContext"]
    container = bootstrap.container()
    if request["eventType"] == "CONNECT":
        return {"statusCode": _connect(container, request["connectionId"], event.get("queryStringParameters") or {})}
    if request["eventType"] == "DISCONNECT":
        container.connect_socket.disconnect(request["connectionId"])
    else:
        _handle_frame(container).handle(
            request["connectionId"], event.get("body") or "", correlation_id=request["requestId"]
        )
    return {"statusCode": 200}


def _connect(container: Container, connection_id: str, parameters: dict[str, str]) -> int:
    try:
        container.connect_socket.connect(connection_id, parameters.get("session_id", ""), parameters.get("token", ""))
    except NotAuthorizedError:
        logger.info("socket refused", extra={"connection_id": connection_id})
        return 401
    except FirstlineError as error:
        logger.error("socket not opened", extra={"connection_id": connection_id, "error": type(error).__name__})
        return 503
    return 200


def _handle_frame(container: Container) -> HandleFrame:
    post_message = PostMessage(container.accept_message, container.conversations, container.broadcast)
    return HandleFrame(container.conversations, post_message, container.broadcast, on_refusal=_log_refusal)


def _log_refusal(error: FirstlineError, connection_id: str) -> None:
    write = logger.error if isinstance(error, RETRYABLE) else logger.info
    write("frame refused", extra={"error": type(error).__name__, "connection_id": connection_id})
