"""Health: alive, ready, in detail; and how long it has been up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import firstline
from firstline.domain.errors import ConnectionUnreachableError, KnowledgeIndexUnavailableError, StoreUnavailableError
from firstline.observability import VERSION
from firstline.services.check_dependencies import CheckDependencies
from firstline.services.failed_mails import FailedMails
from firstline.settings import InvalidSettingError
from firstline.web.app import create_app
from tests.component.rest import problem_of
from tests.component.world import World

CHECKS = {"store", "index", "embedder", "connections", "workflow", "language_model"}


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.container)) as client:
        yield client


def raising(error: Exception) -> object:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_health_is_told_with_or_without_a_slash(http: TestClient, path: str) -> None:
    answer = http.get(path, follow_redirects=False)
    body = answer.json()
    assert (answer.status_code, body["status"], body["version"]) == (200, "healthy", VERSION)
    assert 0 <= body["uptime_seconds"] < 60


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/liveness", "/health/readiness"])
def test_health_is_told_to_who_asks_for_the_head_alone(http: TestClient, path: str) -> None:
    assert http.head(path).status_code == 200


def test_the_version_is_that_of_the_project() -> None:
    pyproject = (Path(firstline.__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{VERSION}"\n' in pyproject


def test_on_aws_it_is_up_since_its_deployment(tmp_path: Path) -> None:
    world = World(tmp_path, deployed_at="2026-06-01T11:00:00Z")
    http = TestClient(create_app(world.container))
    assert http.get("/health").json()["uptime_seconds"] == 3600.0
    with pytest.raises(InvalidSettingError, match="DEPLOYED_AT"):
        create_app(World(tmp_path / "other", deployed_at="yesterday").container)


def test_every_dependency_is_told_with_its_latency(http: TestClient) -> None:
    answer = http.get("/health/detailed")
    body = answer.json()
    assert (answer.status_code, body["status"], set(body["checks"])) == (200, "healthy", CHECKS)
    assert all(check["status"] == "ok" and check["latency_ms"] >= 0 for check in body["checks"].values())
    assert body["checks"]["language_model"]["configured"] is False


def test_a_laptop_that_takes_mail_tells_how_many_mails_it_has_given_up(tmp_path: Path) -> None:
    world = World(tmp_path, support_address="help@shop.example")
    http, mails = TestClient(create_app(world.container)), world.ports.received_mail
    assert mails is not None
    assert http.get("/health/detailed").json()["checks"]["received_mail"]["failed_mails"] == 0
    mails.write("incoming/1.eml", b"poison")
    FailedMails(mails).lay_aside("1.eml", tries=6, why="ValueError", at=world.clock.now())
    answer = http.get("/health/detailed").json()
    assert (answer["status"], answer["checks"]["received_mail"]["failed_mails"]) == ("healthy", 1)


@pytest.mark.parametrize(
    ("part", "method", "error"),
    [("index", "chunks", KnowledgeIndexUnavailableError("x")), ("table", "put", StoreUnavailableError("CONV#secret"))],
)
def test_without_a_needed_dependency_it_is_a_503_that_says_which(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch, part: str, method: str, error: Exception
) -> None:
    monkeypatch.setattr(getattr(world.ports, part), method, raising(error))
    name = "store" if part == "table" else part
    for path in ("/health/detailed", "/health/readiness"):
        answer = http.get(path)
        body = problem_of(answer)
        assert (answer.status_code, body["detail"]) == (503, f"{name} did not answer")
        assert body["checks"][name] == {"status": "failed", "error": type(error).__name__}
        assert "secret" not in answer.text
    assert http.get("/health").status_code == 200


def test_what_can_be_done_without_makes_it_degraded(
    world: World, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.sockets, "post", raising(ConnectionUnreachableError("x")))
    answer = http.get("/health/detailed")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["connections"] == {"status": "failed", "error": "ConnectionUnreachableError"}


def test_turns_that_nobody_starts_show_that_the_workflow_does_not_work(world: World, http: TestClient) -> None:
    world.say(world.open(), "hello")
    assert http.get("/health/detailed").json()["checks"]["workflow"]["status"] == "ok"
    world.clock.forward(world.container.settings.turn_lease_s + 181)
    assert http.get("/health/detailed").json()["checks"]["workflow"] == {
        "status": "failed",
        "error": "WorkflowUnavailableError",
    }


def test_a_dependency_that_hangs_does_not_hang_the_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(CheckDependencies.__init__, "__kwdefaults__", {"timeout_s": 0.05})
    monkeypatch.setattr(world.ports.index, "chunks", lambda _: answer.wait(10) and [])
    unready = TestClient(create_app(world.container)).get("/health/readiness")
    answer.set()
    assert (unready.status_code, unready.json()["checks"]["index"]["error"]) == (503, "TimeoutError")
