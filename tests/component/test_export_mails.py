"""The export of a customer has the mails of their thread, and none of somebody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstline.domain.errors import NotFoundError
from firstline.domain.identity import Principal, Role
from tests.component.received import OURS, QUESTION, mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
BOB = "bob@work.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS)


def exported(world: World, conversation_id: str) -> dict[str, Any]:
    """What the export of a conversation's customer says of it."""
    customer_id = world.container.conversations.get(conversation_id).customer_id
    assert customer_id
    (one,) = world.container.memory.export_customer.export(customer_id).parts["conversations"]
    assert one["conversation_id"] == conversation_id
    return dict(one)


def joined(world: World, conversation_id: str) -> int:
    to = world.container.mailing.marks.tokens.reply_address(OURS, conversation_id)
    text = "How do I export timesheets?"
    assert world.receive(mail(text, sender=BOB, to=to, message_id="b@x")).conversation_id == conversation_id
    return next(event.seq for event in world.container.conversations.events(conversation_id) if event.text == text)


def test_the_export_has_what_was_said_and_each_mail_with_where_it_is_fetched(world: World) -> None:
    received = world.receive(mail(files={"log.txt": b"Error 17"}))
    other = world.receive(mail("How do I export timesheets?", sender=BOB, message_id="b@x"))
    world.run_started()
    kept = exported(world, received.conversation_id)
    said = [(entry["author"], entry["attachments"]) for entry in kept["said"]]
    assert said == [("customer", ["log.txt"]), ("bot", [])]
    assert kept["said"][0]["text"] == QUESTION
    (one,) = kept["mails"]
    assert (one["sender"], one["sender_name"], one["subject"]) == ("ada@home.example", "Ada Byron", "Password")
    assert one["raw"] == f"/admin/conversations/{received.conversation_id}/mails/{received.mail_id}/raw"
    assert [one["sender"] for one in exported(world, other.conversation_id)["mails"]] == [BOB]


def test_what_was_taken_off_is_exported_to_the_customer_of_the_thread_that_it_is_now(world: World) -> None:
    thread = world.receive(mail()).conversation_id
    world.run_started()
    seq = joined(world, thread)
    new = world.container.mail_people.split.split(thread, seq, ANNA).conversation_id
    world.engine.started.clear()
    world.container.people.own_conversation.hand_back(new, ANNA)
    world.run_started()
    mine, bobs = exported(world, thread), exported(world, new)
    assert [one["sender"] for one in mine["mails"]] == ["ada@home.example"]
    assert [one["sender"] for one in bobs["mails"]] == [BOB]
    assert "timesheets" not in str(mine["said"])
    assert bobs["said"][0]["text"] == "How do I export timesheets?"
    # Put back, it is the first one's again.
    world.container.mail_people.join.merge(new, thread, ANNA, customers_join=True)
    assert [one["sender"] for one in exported(world, thread)["mails"]] == ["ada@home.example", BOB]
    assert "timesheets" in str(exported(world, thread)["said"])
    # What was first said in the other one is there alone.
    assert [entry["author"] for entry in exported(world, new)["said"]] == ["bot"]
    assert exported(world, new)["mails"] == []
    # Taken off again, it is the other's.
    world.container.mail_people.join.unmerge(new, ANNA)
    assert [one["sender"] for one in exported(world, new)["mails"]] == [BOB]
    assert exported(world, new)["said"] == bobs["said"]
    assert exported(world, thread)["said"] == mine["said"]


def test_a_mail_that_nobody_has_answered_is_its_customers_and_so_is_its_ticket(world: World) -> None:
    received = world.receive(mail(Reply_To="noreply@home.example"))
    again = world.receive(mail("", subject="", files={"tool.exe": b"MZ"}, message_id="m2@home.example"))
    assert world.engine.started == []
    kept = exported(world, received.conversation_id)
    assert [entry["text"] for entry in kept["said"]] == [QUESTION]
    assert [one["mail_id"] for one in kept["mails"]] == [received.mail_id]
    conversation = world.container.conversations.get(received.conversation_id)
    ticket = world.container.tickets.get(conversation.ticket_id)
    assert ticket.customer_id == conversation.customer_id
    assert exported(world, again.conversation_id)["mails"][0]["mail_id"] == again.mail_id


def test_who_writes_to_people_alone_for_longer_than_a_customer_is_kept_has_one_still(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, retention_days=10)
    thread = world.receive(mail(Reply_To="noreply@home.example")).conversation_id
    first = world.container.conversations.get(thread).customer_id
    to = world.container.mailing.marks.tokens.reply_address(OURS, thread)
    answerable = mail("Any news?", to=to, message_id="a1@x")
    for again in (answerable, mail("Hello?", to=to, message_id="a2@x", Reply_To="noreply@home.example")):
        world.clock.forward(6 * 24 * 3600)
        assert world.receive(again).conversation_id == thread
    assert world.container.conversations.get(thread).customer_id != first
    assert [entry["text"] for entry in exported(world, thread)["said"]] == ["Any news?", "Hello?"]


def test_what_was_taken_off_and_is_with_a_person_can_be_exported_before_anybody_answers_it(world: World) -> None:
    thread = world.receive(mail()).conversation_id
    world.run_started()
    new = world.container.mail_people.split.split(thread, joined(world, thread), ANNA).conversation_id
    assert [one["sender"] for one in exported(world, new)["mails"]] == [BOB]
    assert [one["sender"] for one in exported(world, thread)["mails"]] == ["ada@home.example"]


def test_a_conversation_that_was_forgotten_is_in_no_export(world: World) -> None:
    received = world.receive(mail())
    world.run_started()
    customer_id = world.container.conversations.get(received.conversation_id).customer_id
    world.container.visitors.forget_conversation.forget(received.conversation_id)
    with pytest.raises(NotFoundError):
        world.container.memory.export_customer.export(customer_id)
