"""What events change between two comparisons is seen at once: findings, languages, and what was skipped."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest

from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.services.knowledge_events import changed_keys, in_order
from functions.ingest_knowledge.handler import lambda_handler
from tests.component.world import World

PRICES = '{{"question": "What does the pro plan cost?", "answer": "It is {} euro a month.", "category": "Billing"}}'


def event(*keys: str, gone: tuple[str, ...] = ()) -> dict[str, Any]:
    def record(key: str, name: str) -> dict[str, Any]:
        return {"eventName": name, "s3": {"object": {"key": quote_plus(key, safe="/", errors="surrogateescape")}}}

    made = [record(key, "ObjectCreated:Put") for key in keys]
    return {"Records": [*(record(key, "ObjectRemoved:Delete") for key in gone), *made]}


def happened(world: World, *keys: str) -> None:
    world.clock.forward(1)
    lambda_handler(event(*keys), None)  # type: ignore[arg-type]


def write(world: World, key: str, text: str) -> None:
    world.ports.objects.write(key, text.encode())


def skipped(world: World) -> dict[str, str]:
    last = world.container.knowledge_status.report().last_ingestion
    assert last is not None
    return {part["source"]: part["reason"] for part in last["skipped"]}


def test_a_contradiction_that_events_brought_is_found_by_a_comparison_that_changes_nothing(world: World) -> None:
    write(world, "a.jsonl", PRICES.format(10))
    happened(world, "a.jsonl")
    assert world.container.ingest_knowledge.sync().audit.n_contradictions == 0  # type: ignore[union-attr]
    write(world, "b.jsonl", PRICES.format(25))
    happened(world, "b.jsonl")
    report = world.container.ingest_knowledge.sync()
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert report.audit is not None
    assert report.audit.n_contradictions == 1
    assert report.audit.coverage["billing_inquiry"].documents == 2
    again = world.container.ingest_knowledge.sync()
    assert (again.audited, again.audit) == (report.audited, report.audit)


def test_a_language_that_an_event_brought_is_known_before_the_next_comparison(world: World) -> None:
    write(world, "articles/konten.md", "---\nlanguage: German\n---\n# Konten\n\nIm Menue.\n")
    happened(world, "articles/konten.md")
    assert world.container.knowledge_languages() == {"en", "de"}
    world.clock.forward(301)
    world.container.ingest_knowledge.sync()
    assert world.container.knowledge_languages() == {"en", "de"}


def test_what_an_event_skips_is_in_the_status_until_the_file_is_mended(world: World) -> None:
    write(world, "articles/prices.md", "# Only a heading")
    happened(world, "articles/prices.md")
    assert skipped(world) == {"articles/prices.md": "it has no text below its headings"}
    world.clock.forward(1)
    world.container.ingest_knowledge.sync()
    assert skipped(world) == {"articles/prices.md": "it has no text below its headings"}
    write(world, "articles/prices.md", "# Prices\n\nTen a month.")
    happened(world, "articles/prices.md")
    assert skipped(world) == {}


def test_one_object_that_fails_keeps_no_other_of_its_notification_from_being_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b.md", "c.md"):
        write(world, name, f"Text of {name}.")
    replace = world.ports.index.replace_document

    def refuse_one(document: Any, chunks: Any) -> None:
        if document.source == "a.md":
            raise KnowledgeIndexUnavailableError("refused by the test")
        replace(document, chunks)

    monkeypatch.setattr(world.ports.index, "replace_document", refuse_one)
    with pytest.raises(KnowledgeIndexUnavailableError):
        happened(world, "a.md", "back\\slash.md", "b.md", "latin-\udce9.md", "c.md")
    assert {"b.md", "c.md"} <= set(world.ports.index.documents())
    assert "back\\slash.md" in skipped(world)


def test_removals_come_last_within_a_notification_and_within_a_batch() -> None:
    assert changed_keys(event("new name.md", gone=("old.md", "folder/"))) == ["new name.md", "old.md"]
    bodies = [
        '{"Records": [{"eventName": "ObjectRemoved:Delete"}]}',
        "no json",
        '{"Records": [{"eventName": "ObjectCreated:Put"}, {"eventName": "ObjectRemoved:Delete"}]}',
        '{"Event": "s3:TestEvent"}',
        "[]",
        '{"Records": 1}',
    ]
    batch = in_order({"Records": [{"body": body} for body in bodies]})
    assert [record["body"] for record in batch["Records"]] == [*bodies[1:], bodies[0]]


def test_a_file_renamed_by_events_is_served_throughout_and_not_embedded_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(world, "a-old.md", "Zebras are striped.")
    happened(world, "a-old.md")
    write(world, "b-new.md", "Zebras are striped.")
    world.ports.objects.delete("a-old.md")
    served: list[set[str]] = []
    delete = world.ports.index.delete_document

    def deleted(source: str) -> None:
        served.append(set(world.ports.index.documents()))
        delete(source)

    monkeypatch.setattr(world.ports.index, "delete_document", deleted)
    # The article's title is made from its file's name, so its heading alone is new.
    lambda_handler(event("b-new.md", gone=("a-old.md",)), None)  # type: ignore[arg-type]
    assert {"a-old.md", "b-new.md"} <= served[0]
    assert {"b-new.md"} == set(world.ports.index.documents()) - {"articles/accounts.md"}


def test_past_tickets_in_the_bucket_become_drafts_by_an_order(world: World) -> None:
    rows = ["subject,description,resolution", "kiosk black,The tablet shows nothing,Charge it."]
    write(world, "training/tickets.csv", "\n".join(rows))
    order = {"tickets": "training/tickets.csv"}
    assert lambda_handler(order, None)["created"] == 1  # type: ignore[arg-type]
    assert lambda_handler(order, None)["unchanged"] == 1  # type: ignore[arg-type]
    world.container.ingest_knowledge.sync()
    assert "training/tickets.csv" not in world.ports.index.documents()
