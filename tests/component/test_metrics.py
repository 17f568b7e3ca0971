"""Metrics: what turns add, told by any process in Prometheus' format, to those who may know."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from firstline.domain.errors import EmbedderUnavailableError, StoreUnavailableError
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World

TOKEN, ADMIN = "a-metrics-token", "an-admin-token"  # pragma: allowlist secret


def client(world: World, address: str = "127.0.0.1") -> TestClient:
    return TestClient(create_app(world.container), client=(address, 50_000), raise_server_exceptions=False)


def samples(world: World) -> dict[str, float]:
    """Every sample by its name and labels, as another process of the same system tells it."""
    response = client(world).get("/metrics")
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, "text/plain")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_before_anything_was_counted_every_metric_is_told(world: World) -> None:
    text = client(world).get("/metrics").text
    for name, kind in (
        ("chat_messages_total", "counter"),
        ("chat_message_duration_seconds", "histogram"),
        ("chat_escalations_total", "counter"),
        ("rag_queries_total", "counter"),
        ("attachment_processing_total", "counter"),
        ("errors_total", "counter"),
        ("active_sessions", "gauge"),
    ):
        assert f"# TYPE {name} {kind}" in text
    assert samples(world)["active_sessions{}"] == 0


def test_turns_are_counted_once_with_what_came_of_them(world: World) -> None:
    first, second = world.open(), world.open()
    world.ask(first, "How do I reset a forgotten password?")
    world.ask(first, "I want to talk to a human")
    world.ask(second, "zxqv wvut qqqq")
    found = samples(world)
    assert found["chat_messages_total{channel=chat}"] == 3
    assert found["chat_escalations_total{reason=explicit_request}"] == 1
    assert found["rag_queries_total{outcome=found}"] >= 1
    assert found["rag_queries_total{outcome=abstained}"] >= 1
    assert found["chat_message_duration_seconds_count{}"] == 3
    assert found["chat_message_duration_seconds_bucket{le=+Inf}"] == 3
    assert found["active_sessions{}"] == 2
    world.clock.forward(1801)
    later = samples(world)
    assert later["active_sessions{}"] == 0
    assert later["chat_messages_total{channel=chat}"] == 3


def test_a_burst_that_gets_one_answer_counts_every_message(world: World) -> None:
    conversation = world.open()
    world.say(conversation, "hello")
    world.run(conversation, world.say(conversation, "How do I reset a forgotten password?"))
    found = samples(world)
    assert found["chat_messages_total{channel=chat}"] == 2
    assert found["chat_message_duration_seconds_count{}"] == 1


def test_failures_are_counted_by_class_wherever_they_happen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    document = world.run(conversation, accepted, until="IdentifyCustomer")

    def fail(*_: object, **__: object) -> None:
        raise EmbedderUnavailableError("no model")

    with monkeypatch.context() as broken:
        for way in ("embed", "embed_message", "embed_queries"):
            broken.setattr(world.ports.embedder, way, fail)
        # Without a vector the words judge, and the search makes its own attempt.
        document = world.node("ClassifyQuery", document, f"e-{accepted.turn_id}")
        with pytest.raises(EmbedderUnavailableError):
            world.node("RetrieveKnowledge", document, f"e-{accepted.turn_id}")
    with monkeypatch.context() as broken:
        broken.setattr(world.container.sessions, "add", fail)
        assert client(world).post("/chat/sessions", json={}).status_code == 503
    assert samples(world)["errors_total{kind=EmbedderUnavailableError}"] == 2


def test_a_turn_is_answered_though_nothing_can_be_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("throttled")

    monkeypatch.setattr(world.container.counters, "add_all", fail)
    document = world.ask(world.open(), "How do I reset a forgotten password?")
    assert document["reply"]["action"] == "answer"


def test_a_turn_costs_one_more_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = world.open()
    writes: list[object] = []
    add_all = world.container.counters.add_all

    def counted(*arguments: object, **named: object) -> None:
        writes.append(arguments)
        add_all(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(world.container.counters, "add_all", counted)
    world.ask(conversation, "How do I reset a forgotten password?")
    assert len(writes) == 1


def test_a_laptops_own_programs_may_read_and_nobody_else_without_a_token(world: World) -> None:
    assert client(world).get("/metrics").status_code == 200
    assert client(world, "::1").get("/metrics").status_code == 200
    for refused in (
        client(world, "192.0.2.1").get("/metrics"),
        client(world).get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}),
        client(world).get("/metrics", headers=bearer("wrong")),
    ):
        assert (refused.status_code, problem_of(refused)["type"]) == (401, "urn:firstline:problem:not_authorized")


def test_with_a_token_set_it_or_an_admins_is_needed_everywhere(tmp_path: Path) -> None:
    world = World(tmp_path, metrics_token=TOKEN, admin_token=ADMIN)
    assert client(world).get("/metrics").status_code == 401
    for token, status in ((TOKEN, 200), (ADMIN, 200), ("wrong", 401), ("\udcff", 401)):
        headers = {b"Authorization": f"Bearer {token}".encode("utf-8", "surrogateescape")}
        assert client(world, "192.0.2.1").get("/metrics", headers=headers).status_code == status, token


def test_a_store_that_does_not_answer_is_a_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("throttled")

    monkeypatch.setattr(world.container.counters, "totals", fail)
    assert client(world).get("/metrics").status_code == 503
