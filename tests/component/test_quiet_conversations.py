"""A conversation that has fallen silent is closed, and the next message opens it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.conversation import Author, ConversationStatus
from firstline.repositories import keys
from functions.sweep import handler as sweep
from tests.component.world import World

HOUR = 3600.0
QUESTION = "How do I reset a forgotten password?"


def status(world: World, conversation: str) -> ConversationStatus:
    return world.container.conversations.get(conversation).status


def test_a_quiet_conversation_is_closed_by_the_sweep_with_an_event(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, QUESTION)
    world.clock.forward(24 * HOUR - 1)
    assert world.container.close_quiet_conversations.sweep().closed == 0
    world.clock.forward(2)
    sweep.lambda_handler({}, None)  # type: ignore[arg-type]
    assert status(world, conversation) is ConversationStatus.CLOSED
    last = world.container.conversations.latest_events(conversation, limit=1)[0]
    assert (last.seq, last.author, last.detail) == (4, Author.SYSTEM, {"status": "closed", "reason": "quiet"})
    assert world.container.close_quiet_conversations.sweep().closed == 0


def test_each_message_puts_the_end_off(world: World) -> None:
    conversation = world.open()
    for _ in range(3):
        world.clock.forward(20 * HOUR)
        world.ask(conversation, QUESTION)
        assert world.container.close_quiet_conversations.sweep().closed == 0
    assert status(world, conversation) is ConversationStatus.OPEN
    world.clock.forward(24 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 1


def test_a_new_message_reopens_with_all_that_was_said_and_no_second_greeting(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, QUESTION)
    world.clock.forward(25 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 1
    document = world.ask(conversation, "And how do I export timesheets?")
    assert status(world, conversation) is ConversationStatus.OPEN
    assert next(said["text"] for said in document["customer"]["history"]) == QUESTION
    events = world.container.conversations.events(conversation)
    assert [event.author.value for event in events] == ["bot", "customer", "bot", "system", "customer", "bot"]
    assert sum(bool(event.detail.get("greeting")) for event in events) == 1
    world.clock.forward(25 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 1


def test_a_quiet_conversation_is_told_as_closed_before_the_sweep_has_come_by(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, QUESTION)
    told = world.container.close_quiet_conversations.status_of
    assert told(world.container.conversations.get(conversation)) is ConversationStatus.OPEN
    world.clock.forward(25 * HOUR)
    assert told(world.container.conversations.get(conversation)) is ConversationStatus.CLOSED


def test_one_that_waits_for_a_person_is_not_closed_and_keeps_its_ticket(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, "I want to talk to a human")
    ticket_id = world.container.conversations.get(conversation).ticket_id
    world.clock.forward(100 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 0
    assert status(world, conversation) is ConversationStatus.WAITING_FOR_PERSON
    document = world.ask(conversation, "I want a human now!")
    assert document["reply"]["handover"]["ticket_id"] == ticket_id


def test_a_message_without_its_answer_keeps_the_conversation_open(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    world.clock.forward(30 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 0
    world.run(conversation, accepted)
    world.clock.forward(30 * HOUR)
    assert world.container.close_quiet_conversations.sweep().closed == 1


def test_a_message_that_comes_while_the_sweep_closes_wins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = world.open()
    world.ask(conversation, QUESTION)
    world.clock.forward(25 * HOUR)
    quiet = world.container.close_quiet_conversations
    read = world.container.conversations.latest_events

    def and_then_a_message(conversation_id: str, **query: int) -> object:
        found = read(conversation_id, **query)
        monkeypatch.undo()
        world.say(conversation_id, "Still me")
        return found

    monkeypatch.setattr(world.container.conversations, "latest_events", and_then_a_message)
    assert quiet.sweep().closed == 0
    assert status(world, conversation) is ConversationStatus.OPEN
    assert world.container.conversations.latest_events(conversation, limit=1)[0].text == "Still me"


def test_many_quiet_conversations_are_closed_in_one_sweep(tmp_path: Path) -> None:
    world = World(tmp_path, session_timeout_hours=1)
    conversations = [world.open(sockets=0) for _ in range(20)]
    world.clock.forward(HOUR + 1)
    assert world.container.close_quiet_conversations.sweep().closed == 20
    assert {status(world, conversation) for conversation in conversations} == {ConversationStatus.CLOSED}


def test_one_that_cannot_be_read_is_named_and_holds_up_no_other(world: World) -> None:
    newer, readable = world.open(sockets=0), world.open(sockets=0)
    world.ports.table.update(keys.conversation(newer), keys.META, set={"schema": 99})
    world.clock.forward(25 * HOUR)
    report = world.container.close_quiet_conversations.sweep()
    assert (report.closed, report.unreadable) == (1, (newer,))
    assert status(world, readable) is ConversationStatus.CLOSED
    answer = sweep.lambda_handler({}, None)  # type: ignore[arg-type]
    assert answer["restarted"] == 0


def test_open_sockets_are_told_of_the_closing_at_once(world: World) -> None:
    conversation = world.open(sockets=0)
    world.ask(conversation, QUESTION)
    world.clock.forward(25 * HOUR)
    for name in ("s0", "s1"):
        world.container.conversations.connect(name, conversation, "any", now=world.clock.now())
    world.container.close_quiet_conversations.sweep()
    for name in ("s0", "s1"):
        told = world.sockets.frames[name][-1]
        assert (told["type"], told["seq"], told["detail"]) == ("event", 4, {"status": "closed", "reason": "quiet"})
    world.container.close_quiet_conversations.sweep()
    assert len(world.sockets.of_type("s0", "event")) == 1
