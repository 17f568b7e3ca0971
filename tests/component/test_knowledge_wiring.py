"""Gaps, drafts and archives in the whole system: from a question that finds nothing to the answer that it gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from firstline.web.app import create_app
from tests.component.world import World

QUESTION = "zebra quilting workshops in Antarctica?"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, admin_token="tok", max_import_bytes=1_000_000)


@pytest.fixture
def client(world: World) -> TestClient:
    app = create_app(world.container)
    return TestClient(app, base_url="http://testserver/admin/knowledge/", headers={"Authorization": "Bearer tok"})


def test_a_question_without_an_answer_becomes_a_gap_then_a_draft_then_an_answer(
    world: World, client: TestClient
) -> None:
    conversation = world.open()
    assert world.ask(conversation, QUESTION)["reply"]["action"] == "clarify"
    [gap] = client.get("gaps").json()["clusters"]
    assert (gap["label"], gap["count"], gap["nearest"]["source"]) == (QUESTION, 1, "articles/accounts.md")
    draft = client.post("drafts", json={"question": gap["label"], "answer": "Every June."}).json()
    path = f"drafts/{draft['draft_id']}/approve"
    assert client.post(path, headers={"If-Match": '"9"'}).status_code == 412
    assert client.post(path, headers={"If-Match": '"1"'}).status_code == 200
    # Who asks again may be told first that we are sorry.
    assert world.ask(conversation, QUESTION)["reply"]["text"].endswith("Every June. [1]")


def test_a_run_repeated_after_the_answer_counts_the_question_once(world: World, client: TestClient) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    document = world.run(conversation, accepted, until="GenerateResponse")
    for _ in range(2):
        world.node("AnalyzeGraph", document)
    assert client.get("gaps").json()["questions"] == 1


def test_an_archive_may_be_larger_than_other_bodies_up_to_its_own_limit(world: World, client: TestClient) -> None:
    world.ports.objects.write("files/noise.bin", os.urandom(600_000))
    archive = client.get("export").content
    assert client.post("import", content=archive, headers=ZIP).json()["documents"] == 2
    assert client.post("import", content=os.urandom(1_000_001), headers=ZIP).status_code == 413
    assert client.post("drafts", content=b"x" * 300_000).status_code == 413


def test_without_the_setting_no_token_is_the_admins(tmp_path: Path) -> None:
    client = TestClient(create_app(World(tmp_path).container))
    for header in ("", "Bearer ", "Bearer tok"):
        assert client.get("/admin/knowledge/gaps", headers={"Authorization": header}).status_code == 401


def test_a_large_archive_of_somebody_who_may_not_import_is_refused_as_such(client: TestClient) -> None:
    headers = ZIP | {"Authorization": "Bearer wrong"}
    assert client.post("import", content=os.urandom(600_000), headers=headers).status_code == 401
    assert client.post("import", content=os.urandom(600_000), headers=ZIP).status_code == 400
