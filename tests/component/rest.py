"""What REST tests ask with, and what every problem must hold."""

from __future__ import annotations

from typing import Any


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def problem_of(response: Any) -> dict[str, Any]:
    """Return the problem, having checked what every one must hold."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    path, uploads, _ = response.request.url.path.partition("/attachments/uploads/")
    assert body["instance"] == path + uploads.rstrip("/")
    assert body["correlation_id"] == response.headers["x-correlation-id"]
    return body


def open_session(http: Any, **body: Any) -> dict[str, Any]:
    response = http.post("/chat/sessions", json=body)
    assert response.status_code == 201
    opened: dict[str, Any] = response.json()
    return opened
