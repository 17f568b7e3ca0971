"""Health: that the process lives, and that what it needs answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from firstline.container import Container
from firstline.domain.errors import FirstlineError
from firstline.web.access import ContainerOfApp
from firstline.web.problems import problem

router = APIRouter(tags=["health"])


@router.get("/health")
@router.get("/health/liveness")
def liveness() -> dict[str, str]:
    """Tell that the process answers; nothing else is asked."""
    return {"status": "ok"}


@router.get("/health/readiness")
def readiness(request: Request, container: ContainerOfApp) -> Response:
    """Ask the store, the knowledge index and the embedding model; 503 where one does not answer."""
    checks = {
        "store": _check(lambda: _use_store(container)),
        "index": _check(lambda: container.ports.index.chunks(["health"])),
        "embedder": _check(lambda: container.ports.embedder.embed(["ready?"])),
    }
    failed = [name for name, check in checks.items() if check["status"] != "ok"]
    if failed:
        detail = f"{', '.join(failed)} did not answer"
        return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, code="not_ready", checks=checks)
    return JSONResponse({"status": "ok", "checks": checks, "language_model": _language_model(container)})


def _use_store(container: Container) -> None:
    # A key that is not there can be answered from the first page of a damaged file; this writes, and reads a list.
    table, checked_at = container.ports.table, container.ports.clock.now().isoformat()
    table.put({"pk": "HEALTH", "sk": "META", "checked_at": checked_at})
    table.get("HEALTH", "META")
    table.query("DUE#0", index="by_due", limit=1)


def _check(ask: Callable[[], object]) -> dict[str, str | float]:
    started = time.perf_counter()
    try:
        ask()
    except FirstlineError as error:
        return {"status": "failed", "error": type(error).__name__}
    return {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 1)}


def _language_model(container: Container) -> str:
    return container.settings.llm_model if container.ports.language_model else "none (answers are extractive)"
