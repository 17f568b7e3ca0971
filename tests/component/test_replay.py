"""Past answers run again on today's knowledge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from firstline.nodes import replay_answers
from firstline.repositories import keys
from firstline.services.replay_answers import ReplayReport
from tests.component.scripted_model import ScriptedModel
from tests.component.world import ARTICLE, World

RESET = "How do I reset a forgotten password?"
UNKNOWN = "Does it integrate with zoological spectrometers?"


def replayed(world: World, **options: Any) -> ReplayReport:
    today = datetime.now(UTC).date()
    return replay_answers(world.container).since(today - timedelta(days=1), today, **options)


def everything(world: World, conversation_id: str) -> list[dict[str, Any]]:
    return world.ports.table.query(keys.conversation(conversation_id)).items


def test_on_the_same_knowledge_nothing_changes_and_nothing_is_written(world: World) -> None:
    conversation = world.open()
    for question in (RESET, "And where do managers export timesheets?", "thanks", UNKNOWN):
        world.ask(conversation, question)
    before = everything(world, conversation)
    frames = list(world.sockets.frames["s0"])
    report = replayed(world)
    assert [answer.changes for answer in report.replayed] == [()] * 3
    assert [why for _, why in report.skipped] == ["direct: social"]
    assert everything(world, conversation) == before
    assert world.sockets.frames["s0"] == frames


def test_a_changed_article_shows_the_answers_that_it_changes(world: World) -> None:
    conversation = world.open()
    asked = world.ask(conversation, RESET)
    world.ask(world.open(), "Where do managers export timesheets?")
    changed = ARTICLE.replace("good for 30 minutes", "good for 45 minutes")
    world.ports.objects.write("articles/accounts.md", changed.encode())
    world.container.ingest_knowledge.sync()
    (answer,) = [answer for answer in replayed(world).changed if "text" in answer.changes]
    assert (answer.turn_id, answer.question) == (asked["turn_id"], RESET)
    assert {"found", "cited", "text"} <= set(answer.changes)
    assert ("45 minutes" in answer.now["text"], "30 minutes" in answer.before["text"]) == (True, True)


def test_a_gap_that_was_closed_turns_a_question_back_into_an_answer(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, UNKNOWN)
    world.ask(conversation, "Spectrometers for zebras, you know, hyperspectral")
    article = "# Integrations\n\n## Zoological spectrometers\n\nIt integrates with zoological spectrometers by USB.\n"
    world.ports.objects.write("articles/zoo.md", article.encode())
    world.container.ingest_knowledge.sync()
    report = replayed(world)
    assert [answer.before["action"] for answer in report.replayed] == ["clarify", "hand_over"]
    first = report.replayed[0]
    assert (first.now["action"], "action" in first.changes) == ("answer", True)
    assert "by USB" in first.now["text"]


def test_what_a_model_writes_is_compared_by_its_sources_alone(tmp_path: Path) -> None:
    model = ScriptedModel(["The link in the mail is good for 30 minutes [1]."], ["It is good for 30 minutes [1]."])
    world = World(tmp_path, model=model)
    world.ask(world.open(), RESET)
    (answer,) = replayed(world).replayed
    assert (answer.changes, answer.now["text"]) == ((), "It is good for 30 minutes [1].")
    assert model.requests[1].tools == ()


def test_erased_conversations_and_those_over_the_limit_are_left_out(world: World) -> None:
    turns = [world.ask(world.open(), RESET) for _ in range(3)]
    erased = turns[0]["conversation_id"]
    world.ports.table.delete(keys.conversation(erased), keys.META)
    report = replayed(world)
    assert [why for _, why in report.skipped] == ["erased"]
    assert len(report.replayed) == 2
    assert len(replayed(world, limit=1).replayed) == 1
