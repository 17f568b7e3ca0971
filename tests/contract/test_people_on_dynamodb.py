"""The people's side on DynamoDB: ownership, queue, outbox and the model's budget, as on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.conversation import BOT
from firstline.domain.errors import ConversationOwnedError, ConversationTakenOverError
from firstline.domain.identity import Principal, Role
from firstline.domain.ports import Table
from firstline.domain.ticket import TicketStatus
from firstline.repositories.model_spend import ModelSpendRepository
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, name="Anna")
BEN = Principal("ben", Role.AGENT)
QUESTION = "How do I reset a forgotten password?"


def test_a_handover_is_queued_told_taken_answered_and_handed_back(table: Table, tmp_path: Path) -> None:
    world = World(tmp_path, table=table, notify_webhook_url="https://hooks.example/x")
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    people = world.container.people
    conversation = world.open()
    world.ask(conversation, "let me talk to a human")

    def queue(prefix: str) -> list[str]:
        page = people.ownership.queue(prefix, limit=10, cursor=None)
        return [found.conversation_id for found in page.conversations]

    assert queue("WAITING#") == [conversation]
    assert people.notify_people.deliver_due().delivered == 1
    people.own_conversation.take(conversation, ANNA)
    assert (queue("WAITING#"), queue("TAKEN#anna#")) == ([], [conversation])
    with pytest.raises(ConversationOwnedError):
        people.own_conversation.take(conversation, BEN)
    people.answer_as_person.say(conversation, ANNA, "a1", "Hello")
    people.answer_as_person.say(conversation, ANNA, "a1", "Hello")
    accepted = world.say(conversation, QUESTION)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, accepted)
    world.clock.forward(3600)
    assert people.notify_people.deliver_due().delivered == 0
    assert people.own_conversation.hand_back(conversation, ANNA).owner == BOT
    assert queue("") == []
    world.run(conversation, accepted, execution_id="again")
    said = [event.author.value for event in world.container.conversations.events(conversation)]
    assert said == ["bot", "customer", "bot", "system", "agent", "customer", "system", "bot"]


def test_a_failed_notice_waits_for_its_next_try_and_is_given_up_in_the_end(table: Table, tmp_path: Path) -> None:
    world = World(tmp_path, table=table, notify_webhook_url="https://hooks.example/x")
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    world.post.fails.add("webhook")
    world.ask(world.open(sockets=0), "let me talk to a human")
    reports = []
    for _ in range(9):
        reports.append(world.container.people.notify_people.deliver_due())
        world.clock.forward(3601)
    assert [report.failed for report in reports] == [1] * 8 + [0]
    assert len(reports[7].dead) == 1


def test_what_a_conversation_spends_stops_at_the_cap(table: Table, tmp_path: Path) -> None:
    world = World(tmp_path, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    conversation = world.open(sockets=0)
    spend = ModelSpendRepository(table)
    assert [spend.add_below(conversation, 40, cap=100) for _ in range(4)] == [True, True, True, False]
    spend.add(conversation, -100)
    assert spend.add_below(conversation, 1, cap=100)


def test_a_ticket_is_joined_by_the_next_handover_and_resolved_by_the_closing(table: Table, tmp_path: Path) -> None:
    world = World(tmp_path, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    own, conversation = world.container.people.own_conversation, world.open()
    first = world.ask(conversation, "let me talk to a human")["reply"]["handover"]["ticket_id"]
    own.take(conversation, ANNA)
    own.hand_back(conversation, ANNA)
    assert world.ask(conversation, "let me talk to a human again")["reply"]["handover"]["ticket_id"] == first
    own.close(conversation, ANNA)
    assert world.container.tickets.get(first).status is TicketStatus.RESOLVED
    kinds = [item["kind"] for item in table.query(f"TICKET#{first}", sk_prefix="EVT#", consistent=True).items]
    assert kinds == ["opened", "handed_over_again", "resolved"]
    assert world.ask(conversation, "let me talk to a human")["reply"]["handover"]["ticket_id"] != first
