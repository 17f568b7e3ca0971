"""The export of a customer has the mails of their thread, and none of somebody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstline.domain.identity import Principal, Role
from tests.component.received import OURS, QUESTION, mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
BOB = "bob@work.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS)


def exported(world: World, conversation_id: str) -> dict[str, Any]:
    customer_id = world.container.conversations.get(conversation_id).customer_id
    assert customer_id
    return world.container.memory.export_customer.export(customer_id).parts


def joined(world: World, conversation_id: str) -> int:
    to = world.container.mailing.marks.tokens.reply_address(OURS, conversation_id)
    text = "How do I export timesheets?"
    assert world.receive(mail(text, sender=BOB, to=to, message_id="b@x")).conversation_id == conversation_id
    return next(event.seq for event in world.container.conversations.events(conversation_id) if event.text == text)


def test_the_export_has_what_was_said_and_each_mail_with_where_it_is_fetched(world: World) -> None:
    received = world.receive(mail(files={"log.txt": b"Error 17"}))
    other = world.receive(mail("How do I export timesheets?", sender=BOB, message_id="b@x"))
    world.run_started()
    parts = exported(world, received.conversation_id)
    said = [(entry["author"], entry["attachments"]) for entry in parts["conversation"]]
    assert said == [("customer", ["log.txt"]), ("bot", [])]
    assert parts["conversation"][0]["text"] == QUESTION
    (one,) = parts["mails"]
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
    assert "timesheets" not in str(mine["conversation"])
    assert bobs["conversation"][0]["text"] == "How do I export timesheets?"
    # Put back, it is the first one's again.
    world.container.mail_people.join.merge(new, thread, ANNA, customers_join=True)
    assert [one["sender"] for one in exported(world, thread)["mails"]] == ["ada@home.example", BOB]


def test_a_conversation_that_was_forgotten_is_in_no_export(world: World) -> None:
    received = world.receive(mail())
    world.run_started()
    customer_id = world.container.conversations.get(received.conversation_id).customer_id
    customers = world.container.customers
    assert customers.conversation_of(customer_id) == received.conversation_id
    world.container.visitors.forget_conversation.forget(received.conversation_id)
    assert customers.conversation_of(customer_id) == ""
