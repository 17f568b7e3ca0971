"""Threads of mails merged and split by people, on SQLite and on DynamoDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.conversation import ConversationStatus
from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.routes import ThreadMergedError
from firstline.domain.ports import Table
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.repositories import keys
from tests.component.mail_threads import MailThreads
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
ADA, BOB = "ada@customers.example", "bob@elsewhere.example"


@pytest.fixture
def world(table: Table, tmp_path: Path) -> World:
    world = World(tmp_path, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    return world


def test_a_merged_threads_mails_go_to_the_other_until_it_is_undone(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    source, target, third = (mails.begin(ADA, name) for name in ("One", "Two", "Three"))
    mails.write(source, ADA, "Where is my parcel?")
    checked = people.routes.stays(source)
    world.ports.table.transact(checked)
    people.join.merge(source, target, ANNA)
    with pytest.raises(ConditionFailedError):
        world.ports.table.transact(checked)
    with pytest.raises(ThreadMergedError):
        people.join.merge(target, source, ANNA)
    people.join.merge(target, third, ANNA)
    assert mails.write(source, ADA, "Any news?").conversation_id == third
    assert world.container.conversations.get(source).status is ConversationStatus.CLOSED
    assert [listed.mail.conversation_id for listed in people.read.of_conversation(third)] == [source, third]
    people.join.unmerge(source, ANNA)
    assert mails.write(source, ADA, "Hello?").conversation_id == source


def test_undoing_a_merging_opens_the_ticket_that_it_closed_once(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    opened = []
    for conversation_id in (source, target):
        new = NewTicket(subject="A lamp", conversation_id=conversation_id)
        ticket, operations = world.container.ticketing.manage.creating(new, by=TicketParty.person("anna"))
        world.ports.table.transact(operations)
        pk = keys.conversation(conversation_id)
        world.ports.table.update(pk, keys.META, set={"ticket_id": ticket.ticket_id})
        opened.append(ticket)
    people.join.merge(source, target, ANNA)
    closed = people.routes.get(source).closed
    assert closed is not None
    assert (closed.ticket_id, closed.status, closed.seq) == (opened[0].ticket_id, "open", 2)
    assert world.container.tickets.get(closed.ticket_id).status is TicketStatus.CLOSED
    for _ in range(2):
        people.join.unmerge(source, ANNA)
    assert people.routes.get(source).closed is None
    after = world.container.tickets.get(closed.ticket_id)
    assert (after.status, after.resolved_at, after.version) == (TicketStatus.OPEN, None, 3)


def test_undoing_a_merging_ends_the_wait_that_it_began_and_leaves_who_another_one_let_in(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    one, two, target = mails.begin(BOB, "One"), mails.begin(BOB, "Two"), mails.begin(ADA, "Three")
    mails.write(one, BOB, "Where is my parcel?")

    def queued() -> list[str]:
        page = world.ports.table.query(keys.PEOPLE_QUEUE, index="by_queue")
        return [str(item["conversation_id"]) for item in page.items]

    people.join.merge(one, target, ANNA, customers_join=True)
    people.join.merge(two, target, ANNA, customers_join=True)
    assert queued() == [target]
    people.join.unmerge(one, ANNA)
    assert queued() == [one]
    assert (set(mails.threads.get(target).participants), people.routes.get(two).joined) == ({ADA, BOB}, (BOB,))
    people.join.unmerge(two, ANNA)
    assert mails.threads.get(target).participants == {ADA}


def test_a_thread_is_split_in_steps_and_both_go_on(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    thread = mails.begin(ADA, "One")
    first = mails.write(thread, ADA, "Where is my parcel?")
    cut = mails.write(thread, BOB, "Another matter")
    for number in range(15):
        mails.write(thread, BOB, f"More of it {number}")
    new = people.split.split(thread, cut.seq, ANNA).conversation_id
    assert people.split.split(thread, cut.seq, ANNA).conversation_id == new
    said = [event.text for event in world.container.conversations.events(new)]
    assert said == ["Another matter", *(f"More of it {number}" for number in range(15))]
    assert mails.write(thread, BOB, "Late", references=(first.message_id, cut.message_id)).conversation_id == new
    assert mails.write(thread, ADA, "Thanks", references=(first.message_id,)).conversation_id == thread
    found = [entry.event.text for entry in people.read.thread(new, limit=3).entries if entry.event]
    assert found == ["Another matter", "More of it 0", "More of it 1"]


def test_a_thread_that_was_taken_off_is_forgotten_in_both(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    thread = mails.begin(ADA, "One")
    mails.write(thread, ADA, "Where is my parcel?")
    cut = mails.write(thread, BOB, "A secret: quagga")
    new = people.split.split(thread, cut.seq, ANNA).conversation_id
    world.container.visitors.forget_conversation.forget(new)
    assert [event.text for event in world.container.conversations.events(thread)][:2] == [
        "Where is my parcel?",
        FORGOTTEN,
    ]
    left = world.ports.table.query(keys.conversation(thread), consistent=True).items
    assert "quagga" not in str(left)
    assert world.ports.received_mail is not None
    assert [key for key in world.ports.received_mail.list() if key == cut.object_key] == []
    assert [mail.sender for mail in mails.received.of_conversation(thread)] == [ADA]


def test_merged_threads_are_forgotten_as_one_or_the_other_customers_is_left(world: World) -> None:
    mails, people = MailThreads(world.container), world.container.mail_people
    forget = world.container.visitors.forget_conversation.forget
    one, two, bobs = mails.begin(ADA, "One"), mails.begin(ADA, "Two"), mails.begin(BOB, "Three")
    people.join.merge(one, two, ANNA)
    people.join.merge(bobs, two, ANNA, customers_join=True)
    mails.write(bobs, BOB, "A secret: quagga")
    forget(bobs)
    assert people.routes.get(two).merged == (one,)
    assert BOB not in mails.threads.get(two).participants
    assert "quagga" not in str(world.ports.table.query(keys.conversation(two), consistent=True).items)
    forget(one)
    for gone in (one, two, bobs):
        with pytest.raises(NotFoundError):
            world.container.conversations.get(gone)
