"""An app that adds some routes late serves what one does that has them from the start."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from firstline.web import late_app
from firstline.web.app import create_app
from tests.component.world import World


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry per time that the late routes were added."""
    entries: list[str] = []
    add = late_app.add_late_routes

    def add_and_tell(app: FastAPI, container: Any) -> None:
        entries.append("added")
        add(app, container)

    monkeypatch.setattr(late_app, "add_late_routes", add_and_tell)
    return entries


@pytest.fixture
def http(world: World, added: list[str]) -> TestClient:
    return TestClient(create_app(world.container, visitors_first=True))


def test_what_a_visitor_asks_for_adds_nothing(http: TestClient, added: list[str]) -> None:
    session = http.post("/chat/sessions", json={}).json()
    token = {"Authorization": f"Bearer {session['token']}"}
    history = http.get(f"/chat/sessions/{session['session_id']}/history", headers=token)
    assert history.status_code == 200
    assert [http.get(path).status_code for path in ("/", "/health/liveness", "/sites/none")] == [200, 200, 404]
    assert added == []


@pytest.mark.parametrize(("path", "status"), [("/admin/sites", 401), ("/auth/me", 401), ("/nowhere", 404)])
def test_any_other_request_adds_them_once_and_is_answered_as_by_a_whole_app(
    http: TestClient, world: World, added: list[str], path: str, status: int
) -> None:
    answers = [http.get(path) for _ in range(2)]
    assert added == ["added"]
    answers.append(TestClient(create_app(world.container)).get(path))
    assert [answer.status_code for answer in answers] == [status] * 3
    problems = [{name: part for name, part in a.json().items() if name != "correlation_id"} for a in answers]
    assert problems[0] == problems[1] == problems[2]


def test_a_visitors_address_by_another_method_is_refused_as_by_a_whole_app(http: TestClient, world: World) -> None:
    whole = TestClient(create_app(world.container)).delete("/chat/sessions")
    refused = http.delete("/chat/sessions")
    assert (refused.status_code, refused.headers.get("allow")) == (405, whole.headers.get("allow"))


def test_the_document_of_all_routes_is_that_of_a_whole_app(http: TestClient, world: World) -> None:
    assert http.get("/openapi.json").json() == TestClient(create_app(world.container)).get("/openapi.json").json()


def test_routes_that_could_not_be_added_are_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, added: list[str]
) -> None:
    add, failures = late_app.add_late_routes, iter([True, False])

    def fail_once(app: FastAPI, container: Any) -> None:
        if next(failures):
            raise ImportError("the layer is being unpacked")
        add(app, container)

    monkeypatch.setattr(late_app, "add_late_routes", fail_once)
    http = TestClient(create_app(world.container, visitors_first=True), raise_server_exceptions=False)
    assert [http.get("/auth/me").status_code for _ in range(2)] == [500, 401]
