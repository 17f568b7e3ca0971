"""A reply's event as the REST API shows it."""

from __future__ import annotations

from typing import Any

from firstline.domain.conversation import Event
from firstline.web.models import ChatResponse, Source


def chat_response(session_id: str, reply: Event, *, token: str | None) -> ChatResponse:
    """Return the answer with its sources."""
    handover: dict[str, Any] | None = reply.detail.get("handover")
    return ChatResponse(
        message=reply.text,
        sources=[_source(citation) for citation in reply.detail.get("citations", [])],
        session_id=session_id,
        seq=reply.seq,
        intent=reply.detail.get("intent", ""),
        confidence=reply.detail.get("confidence", 0.0),
        escalated=handover is not None,
        requires_escalation=handover is not None,
        ticket_id=handover["ticket_id"] if handover else None,
        token=token,
    )


def _source(citation: dict[str, Any]) -> Source:
    metadata = {name: citation[name] for name in ("number", "source", "title", "heading", "url")}
    return Source(id=citation["chunk_id"], content=citation["quote"], metadata=metadata, distance=citation["distance"])
