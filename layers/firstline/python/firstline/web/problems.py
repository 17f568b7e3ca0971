"""Errors as RFC 9457 problem details; the one table of error class and HTTP status."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from firstline.domain import errors
from firstline.domain.attachment_errors import (
    AttachmentTooLargeError,
    TooManyAttachmentsError,
    UnreadableAttachmentError,
    UnsupportedAttachmentError,
)
from firstline.domain.contact import PrechatRequiredError
from firstline.domain.drafts import DraftChangedError
from firstline.domain.error_codes import told
from firstline.domain.own_labels import InvalidExamplesError
from firstline.domain.sites import SiteChangedError
from firstline.domain.ticket import TicketChangedError
from firstline.domain.tool_errors import ApprovalChangedError
from firstline.domain.webhooks import SubscriptionChangedError
from firstline.observability import logger
from firstline.web.limit_headers import refusal_headers
from firstline.web.security_headers import add_security_headers

MEDIA_TYPE = "application/problem+json"


STATUS: Mapping[type[errors.FirstlineError], HTTPStatus] = {
    errors.InvalidInputError: HTTPStatus.BAD_REQUEST,
    errors.InvalidMessageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedAttachmentError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UnreadableAttachmentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    AttachmentTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyAttachmentsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidPosteriorError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotAuthorizedError: HTTPStatus.UNAUTHORIZED,
    errors.NotPermittedError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    DraftChangedError: HTTPStatus.PRECONDITION_FAILED,
    InvalidExamplesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    PrechatRequiredError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SiteChangedError: HTTPStatus.PRECONDITION_FAILED,
    ApprovalChangedError: HTTPStatus.PRECONDITION_FAILED,
    TicketChangedError: HTTPStatus.PRECONDITION_FAILED,
    SubscriptionChangedError: HTTPStatus.PRECONDITION_FAILED,
    errors.ItemTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TransactionConflictError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.KnowledgeIndexUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EmbedderUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LanguageModelUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.WorkflowUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IdentityProviderUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SigningKeyUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.FirstlineError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""A class that is not named here has the status of its nearest ancestor."""


class Problem(BaseModel):
    """A problem detail object (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    """``urn:firstline:problem:<code>``, or ``about:blank`` where the status says it all."""
    title: str
    status: int
    detail: str
    instance: str
    """Path of the request, as far as it is no secret."""
    correlation_id: str


def status_of(kind: type[errors.FirstlineError]) -> HTTPStatus:
    """Return the HTTP status of an error class."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    code: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """Return the problem as a response; ``members`` are further members of the object."""
    correlation_id = str(getattr(request.state, "correlation_id", ""))
    content = {
        "type": f"urn:firstline:problem:{code}" if code else "about:blank",
        "title": code.replace("_", " ").capitalize() if code else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": _path_of(request),
        "correlation_id": correlation_id,
        **members,
    }
    # As ASCII, because a path or field name may hold half of a surrogate pair, which has no UTF-8.
    return Response(
        json.dumps(content),
        status_code=status,
        headers={**(headers or {}), "X-Correlation-Id": correlation_id},
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI, *, debug: bool, count_error: Callable[[str], None] = lambda _: None) -> None:
    """Have every error of the app answered as a problem.

    Parameters
    ----------
    count_error : callable
        Told the class name of every failure of ours.
    """

    @app.exception_handler(errors.FirstlineError)
    def firstline_error(request: Request, error: errors.FirstlineError) -> Response:
        status = status_of(type(error))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("request failed", extra=_log_fields(request, error))
            count_error(type(error).__name__)
        telling = told(error)
        headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
        if telling.retryable:
            headers["Retry-After"] = "1"
        if isinstance(error, errors.RateLimitedError):
            headers |= refusal_headers(error)
        members = error.members if isinstance(error, errors.ConversationOwnedError) else {}
        return problem(request, status, telling.message, code=telling.code, headers=headers, **members)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        code = "unsupported_media_type" if error.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE else ""
        return problem(request, error.status_code, str(error.detail), code=code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def validation_error(request: Request, error: RequestValidationError) -> Response:
        return _invalid_request(request, error)

    @app.exception_handler(Exception)
    def unforeseen_error(request: Request, error: Exception) -> Response:
        logger.error("unforeseen error", extra=_log_fields(request, error))
        count_error(type(error).__name__)
        detail = f"{type(error).__name__}: {error}" if debug else "Something went wrong on our side."
        answer = problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, code="internal_error")
        # This one is answered outside all middleware.
        add_security_headers(answer.headers, path=request.url.path, scheme=request.url.scheme)
        return answer


def _invalid_request(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(entry["type"] == "json_invalid" for entry in found):
        return problem(request, HTTPStatus.BAD_REQUEST, "The body is not valid JSON.", code="invalid_json")
    is_json = "json" in request.headers.get("content-type", "")
    if not is_json and any(entry["loc"] == ("body",) for entry in found):
        detail = "Send JSON, with the header Content-Type: application/json."
        return problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, code="unsupported_media_type")
    fields = [{"field": ".".join(str(part) for part in entry["loc"]), "message": entry["msg"]} for entry in found]
    detail = "; ".join(f"{field['field']}: {field['message']}" for field in fields[:3])
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, code="invalid_request", errors=fields[:20])


def _path_of(request: Request) -> str:
    # What follows is the permission to upload.
    path, uploads, _ = request.url.path.partition("/attachments/uploads/")
    return path + uploads.rstrip("/")


def _log_fields(request: Request, error: Exception) -> dict[str, str]:
    # Where it happened, but not the error's own words: they may quote a message.
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return {
        "error": type(error).__name__,
        "where": " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames)),
        "path": _path_of(request),
        "correlation_id": str(getattr(request.state, "correlation_id", "")),
    }
