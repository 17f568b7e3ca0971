"""The ingestion function, fed with events as S3, SQS and the schedule send them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from firstline import bootstrap
from firstline.domain.drafts import DraftStatus, checked_content
from firstline.domain.errors import EmbedderUnavailableError, InvalidInputError, KnowledgeIndexUnavailableError
from firstline.settings import InvalidSettingError, Settings
from functions.ingest_knowledge.handler import lambda_handler
from tests.component.conftest import LoadEvent
from tests.component.world import World


def call(event: dict[str, Any]) -> dict[str, Any]:
    return lambda_handler(event, None)  # type: ignore[arg-type]


def sources(world: World) -> set[str]:
    return set(world.ports.index.documents())


def write(world: World, key: str, text: str) -> None:
    world.ports.objects.write(key, text.encode())


def message_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def test_an_object_is_followed_from_its_notification_whatever_letters_its_key_has(
    world: World, load_event: LoadEvent
) -> None:
    write(world, "articles/our prices & plans.md", "# Prices\n\nTen a month.")
    (report,) = call(load_event("s3_object_created"))["reports"]
    assert (report["documents"], report["added"]) == (1, 1)
    assert "articles/our prices & plans.md" in sources(world)
    world.ports.objects.delete("articles/our prices & plans.md")
    call(load_event("s3_object_removed"))
    assert "articles/our prices & plans.md" not in sources(world)


def test_events_that_come_twice_late_or_in_the_wrong_order_leave_the_index_equal_to_the_bucket(
    world: World, load_event: LoadEvent
) -> None:
    created, removed = load_event("s3_object_created"), load_event("s3_object_removed")
    write(world, "articles/our prices & plans.md", "# Prices\n\nTen a month.")
    for event in (removed, created, created, removed):
        call(event)
    assert "articles/our prices & plans.md" in sources(world)
    world.ports.objects.delete("articles/our prices & plans.md")
    for event in (removed, created):
        call(event)
    assert "articles/our prices & plans.md" not in sources(world)


def test_of_a_batch_only_the_messages_that_failed_are_delivered_again(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(world, "articles/refunds.md", "# Refunds\n\nFive days.")
    write(world, "articles/broken.md", "# Broken\n\nThe index refuses it.")
    replace = world.ports.index.replace_document

    def refuse_one(document: Any, chunks: Any) -> None:
        if document.source == "articles/broken.md":
            raise KnowledgeIndexUnavailableError("refused by the test")
        replace(document, chunks)

    monkeypatch.setattr(world.ports.index, "replace_document", refuse_one)
    answer = call(load_event("sqs_knowledge_changes"))
    assert [failed["itemIdentifier"] for failed in answer["batchItemFailures"]] == [message_id(4), message_id(5)]
    assert "articles/refunds.md" in sources(world)
    monkeypatch.undo()


def test_a_batch_of_which_every_message_fails_is_answered_and_not_raised(world: World, load_event: LoadEvent) -> None:
    event = load_event("sqs_knowledge_changes")
    event["Records"] = event["Records"][4:]
    assert call(event) == {"batchItemFailures": [{"itemIdentifier": message_id(5)}]}


def test_the_event_that_s3_sends_when_notifications_are_set_up_changes_nothing(
    world: World, load_event: LoadEvent
) -> None:
    before = sources(world)
    assert call(load_event("s3_test_event")) == {"reports": []}
    assert sources(world) == before


def test_something_else_than_a_notification_is_refused(world: World) -> None:
    with pytest.raises(InvalidInputError, match="not an S3 notification"):
        call({"Records": [{"dynamodb": {}}]})


def test_the_schedule_repairs_drift_and_says_in_one_line_what_it_repaired(
    world: World, load_event: LoadEvent, caplog: pytest.LogCaptureFixture
) -> None:
    write(world, "articles/first.md", "# First\n\nOne.")
    write(world, "articles/second.md", "# Second\n\nTwo.")
    call(load_event("schedule_sync"))
    write(world, "articles/first.md", "# First\n\nChanged unseen.")
    world.ports.objects.delete("articles/second.md")
    write(world, "articles/third.md", "# Third\n\nThree.")
    caplog.clear()
    (report,) = call(load_event("schedule_sync"))["reports"]
    assert (report["added"], report["changed"], report["removed"]) == (1, 1, 1)
    told = [vars(record) for record in caplog.records if record.message == "knowledge compared"]
    assert [(line["added"], line["changed"], line["removed"]) for line in told] == [(1, 1, 1)]
    stored = world.container.ingestion_reports.last()
    assert stored is not None
    assert stored.model_dump(mode="json") == report


def test_two_workers_on_one_object_never_leave_the_older_content(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reads the old content, is held up, and writes after the second has written the new one."""
    key = "articles/our prices & plans.md"
    write(world, key, "# Prices\n\nOld price.")
    has_read, may_write = threading.Event(), threading.Event()
    embed = world.ports.embedder.embed

    def hold_up_the_old(texts: Any) -> Any:
        if any("Old price" in text for text in texts):
            has_read.set()
            assert may_write.wait(10)
        return embed(texts)

    monkeypatch.setattr(world.ports.embedder, "embed", hold_up_the_old)
    event = load_event("s3_object_created")
    first = threading.Thread(target=call, args=(event,))
    first.start()
    assert has_read.wait(10)
    write(world, key, "# Prices\n\nNew price.")
    call(event)
    may_write.set()
    first.join(10)
    assert [entry.chunk.text for entry in world.ports.index.embedded_chunks(key)] == ["New price."]


def test_a_deletion_during_a_slow_ingestion_is_not_undone(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "articles/our prices & plans.md"
    write(world, key, "# Prices\n\nTen a month.")
    replace = world.ports.index.replace_document

    def delete_first(document: Any, chunks: Any) -> None:
        world.ports.objects.delete(key)
        call(load_event("s3_object_removed"))
        replace(document, chunks)

    monkeypatch.setattr(world.ports.index, "replace_document", delete_first)
    call(load_event("s3_object_created"))
    assert key not in sources(world)


def test_the_index_of_one_machine_is_not_rebuilt_and_the_refusal_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "settings", Settings)
    with pytest.raises(InvalidSettingError, match="RUNTIME is not aws"):
        call({"rebuild": True})


def test_the_schedule_finishes_an_approval_that_was_broken_off(
    world: World, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = world.container.manage_drafts
    draft = drafts.create(checked_content("Is there a student discount?", "Yes, half price."), by="ada")

    def killed(texts: Any) -> Any:
        raise EmbedderUnavailableError("killed by the test")

    monkeypatch.setattr(world.ports.embedder, "embed", killed)
    with pytest.raises(EmbedderUnavailableError):
        drafts.approve(draft.draft_id, by="grace")
    monkeypatch.undo()
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    assert draft.object_key not in sources(world)
    call(load_event("schedule_sync"))
    finished = drafts.get(draft.draft_id)
    assert (finished.status, finished.decided_by) == (DraftStatus.APPROVED, "grace")
    assert finished.served_at is not None
    assert any(source.startswith(draft.object_key) for source in sources(world))
