"""The routes below /admin/knowledge: who may, what they say, what they refuse."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from firstline.container import assemble
from firstline.domain.gaps import GapReason
from firstline.domain.ingestion import IngestionReport
from firstline.services.knowledge_status import ReportKnowledgeStatus
from firstline.services.transfer_knowledge import TransferKnowledge
from firstline.settings import Settings
from firstline.web import problems
from firstline.web.access import administrator
from firstline.web.guard import RequestGuard
from firstline.web.knowledge_admin import KnowledgeAdmin, create_knowledge_admin_router
from tests.component.test_drafts import ANSWER, QUESTION, Desk
from tests.component.test_gaps import Gaps
from tests.component.world import World

TOKEN = "correct horse battery staple"
ROUTES = [
    ("GET", "/gaps"),
    ("GET", "/status"),
    ("GET", "/drafts"),
    ("POST", "/drafts"),
    ("GET", "/drafts/x"),
    ("PUT", "/drafts/x"),
    ("POST", "/drafts/x/{decision}"),
    ("GET", "/export"),
    ("POST", "/import"),
]


@pytest.fixture
def client(world: World) -> TestClient:
    return admin_client(world, TOKEN)


def admin_client(world: World, admin_token: str) -> TestClient:
    """The routes alone, behind what every request passes."""
    index, objects = world.ports.index, world.ports.objects
    admin = KnowledgeAdmin(
        gaps=Gaps(world).report_gaps,
        drafts=Desk(world).manage,
        transfer=TransferKnowledge(objects, world.container.ingest_knowledge),
        status=ReportKnowledgeStatus(index, lambda: IngestionReport(documents=1)).report,
    )
    app = FastAPI()
    app.add_middleware(RequestGuard, ids=world.ports.ids, max_bytes=1_000_000)
    problems.install(app, debug=False)
    app.state.container = assemble(Settings(admin_token=admin_token), world.ports)
    app.include_router(create_knowledge_admin_router(admin, administrator))
    return TestClient(app, base_url="http://testserver/admin/knowledge/", headers={"Authorization": f"Bearer {TOKEN}"})


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    return body


def made(client: TestClient, **more: str) -> dict[str, Any]:
    response = client.post("drafts", json={"question": QUESTION, "answer": ANSWER, **more})
    assert response.status_code == 201
    draft: dict[str, Any] = response.json()
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"] == f"/admin/knowledge/drafts/{draft['draft_id']}"
    return draft


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_needs_the_admin_token(world: World, client: TestClient, method: str, path: str) -> None:
    for header in ("", "Bearer", "Bearer wrong", "Basic abc", f"Bearer {TOKEN}x"):
        response = client.request(method, path[1:], headers={"Authorization": header})
        assert problem_of(response, 401)["type"].endswith("not_authorized")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_empty_admin_token_lets_nobody_in(world: World, method: str, path: str) -> None:
    client = admin_client(world, "")
    for header in ("", "Bearer ", f"Bearer {TOKEN}"):
        response = client.request(method, path[1:], headers={"Authorization": header})
        assert problem_of(response, 401)["type"].endswith("not_authorized")


def test_the_routes_listed_here_are_all_there_are(client: TestClient) -> None:
    paths = client.get("http://testserver/openapi.json").json()["paths"]
    there = {
        (method.upper(), path.removeprefix("/admin/knowledge").replace("{draft_id}", "x"))
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/admin/")
    }
    assert there == set(ROUTES)


def test_gaps_are_reported(world: World, client: TestClient) -> None:
    Gaps(world).record("zebra quilting?", reason=GapReason.NO_MATCH)
    report = client.get("gaps", params={"days": 7, "limit": 5}).json()
    assert (report["questions"], report["days"]) == (1, 7)
    assert report["clusters"][0]["examples"] == ["zebra quilting?"]
    assert report["clusters"][0]["reasons"] == {"no_match": 1}
    assert problem_of(client.get("gaps", params={"days": 0}), 422)["errors"][0]["field"] == "query.days"


def test_the_status_counts_what_is_served(client: TestClient) -> None:
    status = client.get("status").json()
    assert (status["documents"], status["chunks"]) == (1, 3)
    assert status["coverage"]["account_management"] == {"documents": 1, "chunks": 3}
    assert status["coverage"]["bug_report"] == {"documents": 0, "chunks": 0}
    assert status["last_ingestion"]["documents"] == 1


def test_the_status_follows_what_changed_since_the_last_comparison_without_reading_a_chunk(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ports.objects.write("bug_report/crash.md", b"# Crash\n\n## One\n\nText.\n\n## Two\n\nMore.\n")
    world.container.ingest_knowledge.ingest("bug_report/crash.md")
    monkeypatch.setattr(world.ports.index, "served_chunks", None)
    status = client.get("status").json()
    assert (status["documents"], status["chunks"]) == (2, 5)
    assert status["coverage"]["bug_report"] == {"documents": 1, "chunks": 2}
    world.ports.index.delete_document("articles/accounts.md")
    status = client.get("status").json()
    assert (status["documents"], status["chunks"]) == (1, 2)
    assert status["coverage"]["account_management"] == {"documents": 0, "chunks": 0}


def test_a_draft_is_made_read_changed_approved_and_served(world: World, client: TestClient) -> None:
    draft = made(client, category="technical_support")
    path = f"drafts/{draft['draft_id']}"
    assert client.get("drafts").json()["drafts"] == [draft]
    edited = client.put(path, json={"question": QUESTION, "answer": "Under Share."}, headers={"If-Match": '"1"'})
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    approved = client.post(f"{path}/approve", headers={"If-Match": '"2"'}, json={"reason": "checked"})
    assert (approved.json()["status"], approved.json()["decided_by"]) == ("approved", "admin")
    assert approved.json()["reason"] == "checked"
    assert client.get(path).json() == approved.json()
    assert Desk(world).served() == [(QUESTION, "Under Share.")]
    assert client.get("drafts", params={"status": "approved"}).json()["drafts"] == [approved.json()]


def test_a_rejected_draft_is_not_approved_any_more(world: World, client: TestClient) -> None:
    path = f"drafts/{made(client)['draft_id']}"
    assert client.post(f"{path}/reject", headers={"If-Match": '"1"'}).json()["status"] == "rejected"
    assert problem_of(client.post(f"{path}/approve", headers={"If-Match": "*"}), 409)["type"].endswith("draft_decided")
    assert Desk(world).served() == []


def test_an_approved_draft_is_withdrawn_again(world: World, client: TestClient) -> None:
    path = f"drafts/{made(client)['draft_id']}"
    early = client.post(f"{path}/withdraw", headers={"If-Match": "*"})
    assert problem_of(early, 409)["type"].endswith("draft_not_served")
    approved = client.post(f"{path}/approve", headers={"If-Match": '"1"'})
    given = {"headers": {"If-Match": approved.headers["etag"]}, "json": {"reason": "outdated"}}
    withdrawn = client.post(f"{path}/withdraw", **given)
    assert withdrawn.status_code == 200
    assert (withdrawn.json()["status"], withdrawn.json()["withdrawn_by"]) == ("withdrawn", "admin")
    assert withdrawn.json()["withdrawal_reason"] == "outdated"
    assert Desk(world).served() == []
    assert client.get("drafts", params={"status": "withdrawn"}).json()["drafts"] == [withdrawn.json()]
    problem_of(client.post(f"{path}/erase", **given), 422)


def test_a_change_needs_the_version_that_was_read(client: TestClient) -> None:
    path = f"drafts/{made(client)['draft_id']}"
    assert "If-Match" in problem_of(client.post(f"{path}/approve"), 428)["detail"]
    assert "ETag" in problem_of(client.post(f"{path}/approve", headers={"If-Match": "one"}), 400)["detail"]
    stale = client.post(f"{path}/approve", headers={"If-Match": '"7"'})
    assert stale.status_code in (409, 412)
    assert stale.json()["type"].endswith("draft_changed")
    assert client.get(path).json()["status"] == "draft"


def test_drafts_are_paged_by_cursor(client: TestClient) -> None:
    ids = {made(client)["draft_id"] for _ in range(3)}
    first = client.get("drafts", params={"limit": 2}).json()
    second = client.get("drafts", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert {draft["draft_id"] for page in (first, second) for draft in page["drafts"]} == ids
    assert second["next_cursor"] is None
    problem_of(client.get("drafts", params={"cursor": "broken"}), 400)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": "", "answer": "a"}, 400),
        ({"question": "a", "answer": "a", "category": "gardening"}, 400),
        ({"question": "a"}, 422),
        ({"question": "a", "answer": "a", "status": "approved"}, 422),
    ],
)
def test_a_draft_that_does_not_fit_is_refused(client: TestClient, body: dict[str, str], status: int) -> None:
    problem_of(client.post("drafts", json=body), status)
    assert client.get("drafts").json()["drafts"] == []


def test_an_unknown_draft_is_a_404(client: TestClient) -> None:
    problem_of(client.get("drafts/nothing"), 404)


def test_an_export_is_imported_again(world: World, client: TestClient) -> None:
    archive = client.get("export")
    assert archive.headers["content-type"] == "application/zip"
    assert archive.headers["content-length"] == str(len(archive.content))
    assert "knowledge/articles/accounts.md" in zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    world.ports.objects.write("articles/extra.md", b"# Extra\n\nText.\n")
    headers = {"Content-Type": "application/zip"}
    merged = client.post("import", content=archive.content, headers=headers).json()
    assert (merged["documents"], merged["written"], merged["removed"]) == (1, 0, 0)
    replaced = client.post("import", params={"mode": "replace"}, content=archive.content, headers=headers).json()
    assert replaced["removed"] == 1
    assert client.get("export").content == archive.content


def test_an_import_that_is_no_archive_changes_nothing(world: World, client: TestClient) -> None:
    before = client.get("export").content
    response = client.post("import", content=b"no zip", headers={"Content-Type": "application/zip"})
    assert problem_of(response, 400)["type"].endswith("invalid_archive")
    problem_of(client.post("import", params={"mode": "erase"}, content=before), 422)
    assert client.get("export").content == before


def test_a_draft_sent_again_under_one_key_is_made_once(client: TestClient) -> None:
    body, headers = {"question": QUESTION, "answer": ANSWER}, {"Idempotency-Key": "k-1"}
    first, again = (client.post("drafts", json=body, headers=headers) for _ in range(2))
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), '"1"')
    assert again.headers["location"] == first.headers["location"]
    assert client.get("drafts").json()["drafts"] == [first.json()]
    problem_of(client.post("drafts", json={**body, "answer": "Other."}, headers=headers), 422)


def test_an_article_without_text_is_refused_with_the_reason(client: TestClient) -> None:
    body = {"question": "Hours", "answer": "# only heading", "kind": "article"}
    refused = problem_of(client.post("drafts", json=body), 400)
    assert "no text below its headings" in refused["detail"]
