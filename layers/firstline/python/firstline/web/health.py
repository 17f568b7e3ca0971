"""Health: that the process lives, and that what it needs answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from firstline.container import Container
from firstline.domain.errors import ConnectionGoneError, ConnectionUnreachableError, WorkflowUnavailableError
from firstline.domain.frame_size import encoded
from firstline.domain.frames import pong
from firstline.observability import VERSION
from firstline.services.check_dependencies import Check, CheckDependencies
from firstline.services.failed_mails import FailedMails
from firstline.settings import InvalidSettingError, Settings
from firstline.web.access import PUBLIC, ContainerOfApp
from firstline.web.problems import problem

NEEDED = ("store", "index", "embedder")
"""Without one of these no question is answered from the articles."""

_OVERDUE = timedelta(seconds=180)
_NO_CONNECTION = "AAAAAAAAAAAAAA="
"""Has the form of API Gateway's connection ids, and is none."""


def create_health_router(container: Container) -> APIRouter:
    """Return the routes of health.

    Raises
    ------
    InvalidSettingError
        DEPLOYED_AT is no time.
    """
    router = APIRouter(tags=["health"], dependencies=[PUBLIC])
    checks = CheckDependencies(_checks(container))
    started = time.monotonic()
    deployed_at = _deployed_at(container.settings)

    # Monitors that want no body ask with HEAD; the server leaves it out.
    @router.head("/health/", include_in_schema=False)
    @router.head("/health", include_in_schema=False)
    @router.get("/health/", include_in_schema=False)
    @router.get("/health")
    def health(container: ContainerOfApp) -> dict[str, str | float]:
        """Tell that the process answers, which version it is, and for how long it, or on AWS its deployment, is up."""
        up = time.monotonic() - started
        if deployed_at is not None:
            up = max(0.0, (container.ports.clock.now() - deployed_at).total_seconds())
        return {"status": "healthy", "version": VERSION, "uptime_seconds": round(up, 3)}

    @router.head("/health/liveness", include_in_schema=False)
    @router.get("/health/liveness")
    def liveness() -> dict[str, str]:
        """Tell that the process answers; nothing else is asked."""
        return {"status": "ok"}

    @router.head("/health/readiness", include_in_schema=False)
    @router.get("/health/readiness")
    def readiness(request: Request, container: ContainerOfApp) -> Response:
        """Ask the store, the knowledge index and the embedding model; 503 where one does not answer."""
        results = checks.run(*NEEDED)
        return _refused(request, results) or JSONResponse(
            {"status": "ok", "checks": results, "language_model": _language_model(container)["model"]}
        )

    @router.get("/health/detailed")
    def detailed(request: Request) -> Response:
        """Ask every dependency, each for 3 seconds at most; 503 where one without which nothing works is down."""
        results = checks.run()
        status = "healthy" if all(result["status"] == "ok" for result in results.values()) else "degraded"
        return _refused(request, results) or JSONResponse({"status": status, "version": VERSION, "checks": results})

    return router


def _refused(request: Request, results: Mapping[str, Mapping[str, Any]]) -> Response | None:
    failed = [name for name in NEEDED if results[name]["status"] != "ok"]
    if not failed:
        return None
    detail = f"{', '.join(failed)} did not answer"
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, code="not_ready", checks=results)


def _checks(container: Container) -> dict[str, Check]:
    ports = container.ports

    def store() -> None:
        # A key that is not there can be answered from the first page of a damaged file; this writes, and reads a list.
        ports.table.put({"pk": "HEALTH", "sk": "META", "checked_at": ports.clock.now().isoformat()})
        ports.table.get("HEALTH", "META")
        ports.table.query("DUE#0", index="by_due", limit=1)

    def index() -> None:
        ports.index.chunks(["health"])

    def embedder() -> None:
        ports.embedder.embed(["ready?"])

    def connections() -> None:
        try:
            ports.connections.post(_NO_CONNECTION, encoded(pong())[0])
        except ConnectionUnreachableError:
            raise
        except ConnectionGoneError:
            # What carries the frames has answered that nobody is there.
            return

    def workflow() -> dict[str, int]:
        # An engine that takes turns and ends none looks well from outside; turns that wait too long do not.
        overdue = container.turns.due(now=ports.clock.now() - _OVERDUE, limit=1).turns
        if overdue:
            raise WorkflowUnavailableError("turns wait that should have been started long ago")
        return {"overdue_turns": 0}

    def received_mail() -> dict[str, int]:
        assert ports.received_mail is not None  # noqa: S101 - asked on a laptop alone
        return {"failed_mails": FailedMails(ports.received_mail).count()}

    # What a laptop could not process waits for a person; on AWS it is in the dead-letter queue, which has an alarm.
    has_mail = container.settings.runtime == "local" and container.settings.support_address
    return {
        "store": store,
        "index": index,
        "embedder": embedder,
        "connections": connections,
        "workflow": workflow,
        **({"received_mail": received_mail} if has_mail else {}),
        "language_model": lambda: _language_model(container),
    }


def _language_model(container: Container) -> dict[str, Any]:
    # Asking it costs money; its failures are in the metrics.
    configured = container.ports.language_model is not None
    model = container.settings.llm_model if configured else "none (answers are extractive)"
    return {"configured": configured, "model": model}


def _deployed_at(settings: Settings) -> datetime | None:
    if not settings.deployed_at:
        return None
    try:
        moment = datetime.fromisoformat(settings.deployed_at)
    except ValueError as error:
        reason = f"DEPLOYED_AT must be a time such as 2026-06-01T12:00:00Z, not {settings.deployed_at!r}"
        raise InvalidSettingError(reason) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
