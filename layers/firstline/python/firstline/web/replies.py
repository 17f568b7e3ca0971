"""A reply's event as the REST API shows it, and the promise of one that is not there yet."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from firstline.domain.conversation import Author, Event
from firstline.web.models import ChatResponse, PendingReply, Source

PENDING: dict[int | str, dict[str, Any]] = {
    HTTPStatus.ACCEPTED: {"model": PendingReply, "description": "Not answered yet; `Location` is where it will be"}
}


def json_response(
    body: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a model as a response."""
    return Response(body.model_dump_json(), status, dict(headers or {}), "application/json")


def answer_response(session_id: str, seq: int, reply: Event | None, *, token: str | None) -> Response:
    """Return the answer to the message at a place, or 202 and where it will be."""
    if reply is not None:
        return json_response(chat_response(session_id, reply, token=token))
    address = reply_url(session_id, seq)
    promise = PendingReply(session_id=session_id, seq=seq, reply_url=address, token=token)
    return json_response(promise, HTTPStatus.ACCEPTED, {"Location": address, "Retry-After": "1"})


def reply_url(session_id: str, seq: int) -> str:
    """Return the path of the answer to a message."""
    return f"/chat/sessions/{session_id}/messages/{seq}/reply"


def chat_response(session_id: str, reply: Event, *, token: str | None) -> ChatResponse:
    """Return the answer with its sources."""
    handover: dict[str, Any] | None = reply.detail.get("handover")
    by_person = handover is not None or reply.author is Author.AGENT
    return ChatResponse(
        message=reply.text,
        sources=[_source(citation) for citation in reply.detail.get("citations", [])],
        session_id=session_id,
        seq=reply.seq,
        # A message that failed before it was classified has none.
        intent=reply.detail.get("intent") or "",
        confidence=reply.detail.get("confidence", 0.0),
        escalated=by_person,
        requires_escalation=by_person,
        ticket_id=handover["ticket_id"] if handover else None,
        token=token,
    )


def _source(citation: dict[str, Any]) -> Source:
    metadata = {name: citation[name] for name in ("number", "source", "title", "heading", "url")}
    return Source(id=citation["chunk_id"], content=citation["quote"], metadata=metadata, distance=citation["distance"])
