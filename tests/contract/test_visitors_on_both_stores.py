"""What visitors may ask for, on DynamoDB as on SQLite: mail, a place in line, to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_dynamodb.client import DynamoDBClient

from firstline.domain.contact import Contact
from firstline.domain.conversation import Channel
from firstline.domain.errors import NotFoundError
from firstline.domain.identity import Principal, Role
from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.contacts import ContactRepository
from firstline.services.forget_conversation import LATE_WRITERS
from firstline.services.mail_customer import READ_WITHIN
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, name="Anna")
PERSON = "I want to talk to a person about my quagga."


def world_of(table: Table, folder: Path) -> World:
    world = World(folder, table=table, mail_from="bot@help.example", notify_email="team@help.example")
    # One time for all of it.
    table._clock.__dict__ = world.clock.__dict__  # type: ignore[attr-defined]
    return world


def test_who_waits_has_a_place_and_an_address_gets_the_answer(table: Table, tmp_path: Path) -> None:
    world = world_of(table, tmp_path)
    people, conversations = world.container.people, world.container.conversations
    first, second = world.open(sockets=0), world.open(sockets=0)
    for conversation in (first, second):
        world.ask(conversation, PERSON)
    line = world.container.waiting_line
    assert [line.before(conversations.get(conversation)) for conversation in (first, second)] == [0, 1]
    ContactRepository(table).put(first, Contact(email="zoe@example.com"))
    people.own_conversation.take(first, ANNA)
    assert [line.before(conversations.get(conversation)) for conversation in (first, second)] == [None, 0]
    people.answer_as_person.say(first, ANNA, "a1", "It is in Graz.")
    world.container.visitors.mail_customer.transcript(first, "zoe@example.com")
    mail = world.container.visitors.mail_customer
    assert mail.deliver_due().delivered == 1
    world.clock.forward(READ_WITHIN.total_seconds() + 1)
    assert mail.deliver_due().delivered == 1
    assert mail.deliver_due().delivered == 0
    assert b"It is in Graz." in world.post.mails[1][0]


def test_on_dynamodb_nothing_is_left_of_what_was_forgotten(
    dynamodb_table: Table, dynamodb_client: DynamoDBClient, dynamodb_table_name: str, tmp_path: Path
) -> None:
    world = world_of(dynamodb_table, tmp_path)
    conversation = world.open()
    world.ask(conversation, "My name is Zebedee. How do I export timesheets?")
    world.ask(conversation, PERSON)
    customer_id = world.container.conversations.get(conversation).customer_id
    left = [conversation, customer_id, "quagga", "Zebedee"]
    assert traces(dynamodb_client, dynamodb_table_name, left)
    world.container.visitors.forget_conversation.forget(conversation)
    for _ in range(2):
        world.clock.forward(LATE_WRITERS.total_seconds() + 1)
        world.container.visitors.sweep()
    assert traces(dynamodb_client, dynamodb_table_name, left) == []


def test_a_customer_is_forgotten_with_all_conversations_and_nobody_else(table: Table, tmp_path: Path) -> None:
    world = world_of(table, tmp_path)
    talks = [opened(world, "ada") for _ in range(2)]
    bobs = opened(world, "bob")
    conversations, forget = world.container.conversations, world.container.visitors.forget_customer.forget
    ada, bob = (conversations.get(one).customer_id for one in (talks[0], bobs))
    ticket = conversations.get(talks[1]).ticket_id
    kept = world.container.memory.export_customer.export(bob).parts
    assert forget(ada, by="admin-1")
    assert forget(ada, by="admin-1")
    for talk in talks:
        with pytest.raises(NotFoundError):
            conversations.get(talk)
        assert table.query(keys.conversation(talk), consistent=True).items == []
    for partition in (keys.customer(ada), keys.identity("verified", "ada")):
        assert table.query(partition, consistent=True).items == []
    assert world.container.tickets.get(ticket).customer_id == ""
    for _ in range(2):
        world.clock.forward(LATE_WRITERS.total_seconds() + 1)
        world.container.visitors.sweep()
    with pytest.raises(NotFoundError):
        forget(ada, by="admin-1")
    assert world.container.memory.export_customer.export(bob).parts == kept


def opened(world: World, user_id: str) -> str:
    world.clock.forward(60)
    open_session = world.container.open_session
    session = open_session.open(channel=Channel.CHAT, user_id=user_id, verified=True, join=False).session
    world.ask(session.conversation_id, "My name is Zebedee. How do I export timesheets?")
    world.ask(session.conversation_id, PERSON)
    return session.conversation_id


def test_on_dynamodb_nothing_is_left_of_a_customer(
    dynamodb_table: Table, dynamodb_client: DynamoDBClient, dynamodb_table_name: str, tmp_path: Path
) -> None:
    world = world_of(dynamodb_table, tmp_path)
    talks = [opened(world, "ada-at-the-shop") for _ in range(2)]
    ada = world.container.conversations.get(talks[0]).customer_id
    left = [ada, *talks, "ada-at-the-shop", "quagga", "Zebedee"]
    assert traces(dynamodb_client, dynamodb_table_name, left, n_ids=3)
    assert world.container.visitors.forget_customer.forget(ada, by="admin-1")
    for _ in range(2):
        world.clock.forward(LATE_WRITERS.total_seconds() + 1)
        world.container.visitors.sweep()
    found = traces(dynamodb_client, dynamodb_table_name, left, n_ids=3)
    # What has expired is nobody's any more, and the store removes it itself.
    now = world.clock.now().timestamp()
    assert [item for item in found if "expires_at" not in item or int(item["expires_at"]["N"]) > now] == []


def traces(client: DynamoDBClient, name: str, words: list[str], *, n_ids: int = 1) -> list[Any]:
    """Items of the whole table in which one of the words is; the audit log may name the ids, which come first."""
    found = []
    for item in items(client, name):
        text = repr(item)
        is_audit = item["pk"]["S"].startswith("AUDIT#")
        if any(word in text for word in (words[n_ids:] if is_audit else words)):
            found.append(item)
    return found


def items(client: DynamoDBClient, name: str) -> Iterator[Any]:
    for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
        yield from page["Items"]
