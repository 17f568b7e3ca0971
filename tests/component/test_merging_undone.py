"""What undoing a merging leaves: nobody hears of another's ticket, no mail is forgotten, and who stays takes part."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.conversation import Conversation, ConversationStatus
from firstline.domain.identity import Principal, Role
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket, TicketChanges
from firstline.repositories import keys
from tests.component.mail_threads import MailThreads
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
PERSON = TicketParty.person("anna")
ADA, BOB, CYD = "ada@customers.example", "bob@elsewhere.example", "cyd@third.example"
SECRET = "Dear Ada, your secret contract ends."  # pragma: allowlist secret


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def mails(world: World) -> MailThreads:
    return MailThreads(world.container)


def with_ticket(world: World, conversation_id: str) -> str:
    new = NewTicket(subject="A lamp", conversation_id=conversation_id, channel="email")
    ticket, operations = world.container.ticketing.manage.creating(new, by=PERSON)
    world.ports.table.transact(operations)
    world.ports.table.update(keys.conversation(conversation_id), keys.META, set={"ticket_id": ticket.ticket_id})
    return ticket.ticket_id


def merge(world: World, source: str, target: str) -> None:
    world.clock.forward(60)
    world.container.mail_people.join.merge(source, target, ANNA, customers_join=True)


def undo(world: World, source: str) -> None:
    world.clock.forward(60)
    world.container.mail_people.join.unmerge(source, ANNA)


def seen(world: World, conversation_id: str) -> Conversation:
    return world.container.conversations.get(conversation_id)


def queued(world: World) -> list[str]:
    page = world.ports.table.query(keys.PEOPLE_QUEUE, index="by_queue")
    return [str(item["conversation_id"]) for item in page.items]


def stored(world: World, conversation_id: str) -> str:
    return str(world.ports.table.query(keys.conversation(conversation_id)).items)


def commented(world: World, ticket_id: str) -> None:
    """Have a person write to the ticket's customer, after taking it up again."""
    manage = world.container.ticketing.manage
    if not world.container.tickets.get(ticket_id).status.active:
        manage.change(ticket_id, TicketChanges(status=TicketStatus.REOPENED), by=PERSON)
    world.clock.forward(60)
    manage.comment(ticket_id, SECRET, by=PERSON, internal=False)


@pytest.mark.parametrize("status", [TicketStatus.OPEN, TicketStatus.RESOLVED, TicketStatus.CLOSED])
def test_a_tickets_news_go_to_its_own_customer_alone_once_the_merging_is_undone(
    world: World, mails: MailThreads, status: TicketStatus
) -> None:
    adas, bobs = mails.begin(ADA, "One"), mails.begin(BOB, "Two")
    ticket_id = with_ticket(world, adas)
    merge(world, adas, bobs)
    assert world.container.tickets.get(ticket_id).told_in == bobs
    if status is not TicketStatus.OPEN:
        world.container.ticketing.manage.change(ticket_id, TicketChanges(status=status), by=PERSON)
    undo(world, adas)
    assert world.container.tickets.get(ticket_id).told_in == ""
    commented(world, ticket_id)
    assert "secret" not in stored(world, bobs)
    assert (seen(world, adas).ticket_id, seen(world, bobs).ticket_id) == (ticket_id, "")


def test_a_ticket_that_has_a_newer_one_beside_it_in_the_target_is_given_back_too(
    world: World, mails: MailThreads
) -> None:
    adas, bobs = mails.begin(ADA, "One"), mails.begin(BOB, "Two")
    ticket_id = with_ticket(world, adas)
    merge(world, adas, bobs)
    newer = with_ticket(world, bobs)
    undo(world, adas)
    assert world.container.tickets.get(ticket_id).told_in == ""
    assert seen(world, bobs).ticket_id == newer


@pytest.mark.parametrize("third_has_one", [True, False])
@pytest.mark.parametrize("first_undone", ["a", "b"])
def test_a_ticket_that_went_through_two_mergings_is_its_own_threads_once_both_are_undone(
    world: World, mails: MailThreads, third_has_one: bool, first_undone: str
) -> None:
    a, b, c = mails.begin(ADA, "One"), mails.begin(BOB, "Two"), mails.begin(CYD, "Three")
    ticket_id = with_ticket(world, a)
    other = with_ticket(world, c) if third_has_one else ""
    merge(world, a, b)
    merge(world, b, c)
    for source in (a, b) if first_undone == "a" else (b, a):
        undo(world, source)
    ticket = world.container.tickets.get(ticket_id)
    assert (ticket.told_in, ticket.status) == ("", TicketStatus.OPEN)
    assert [seen(world, one).ticket_id for one in (a, b, c)] == [ticket_id, "", other]
    commented(world, ticket_id)
    assert "secret" not in stored(world, b) + stored(world, c)


def test_while_the_first_merging_stands_undoing_the_second_tells_the_ticket_where_it_was_told(
    world: World, mails: MailThreads
) -> None:
    a, b, c = (mails.begin(ADA, name) for name in ("One", "Two", "Three"))
    ticket_id = with_ticket(world, a)
    merge(world, a, b)
    merge(world, b, c)
    undo(world, b)
    assert world.container.tickets.get(ticket_id).told_in == b


def test_the_ticket_is_given_back_though_the_other_thread_is_gone(world: World, mails: MailThreads) -> None:
    adas, bobs = mails.begin(ADA, "One"), mails.begin(BOB, "Two")
    ticket_id = with_ticket(world, adas)
    merge(world, adas, bobs)
    world.ports.table.delete(keys.conversation(bobs), keys.META)
    undo(world, adas)
    assert world.container.tickets.get(ticket_id).told_in == ""


@pytest.mark.parametrize("before", [ConversationStatus.OPEN, ConversationStatus.CLOSED])
def test_a_mail_that_nobody_has_answered_waits_for_people_in_its_own_thread_again(
    world: World, mails: MailThreads, before: ConversationStatus
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    world.ports.table.update(keys.conversation(target), keys.META, set={"status": before.value})
    mails.write(source, ADA, "Where is my lamp?")
    merge(world, source, target)
    assert queued(world) == [target]
    undo(world, source)
    assert queued(world) == [source]
    waiting = ConversationStatus.WAITING_FOR_PERSON
    assert [seen(world, one).status for one in (source, target)] == [waiting, before]
    # A person can take it, give it to the bot, and the bot answers the mail after all.
    world.container.people.own_conversation.take(source, ANNA)
    world.container.people.own_conversation.hand_back(source, ANNA)
    turn = world.container.turns.get(source, seen(world, source).last_turn)
    assert not turn.finished


def test_what_needed_nobody_is_with_the_bot_again(world: World, mails: MailThreads) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    merge(world, source, target)
    undo(world, source)
    assert queued(world) == []
    assert [seen(world, one).status for one in (source, target)] == [ConversationStatus.OPEN] * 2


def test_a_thread_that_was_with_a_person_is_left_with_people(world: World, mails: MailThreads) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    world.container.people.own_conversation.take(source, ANNA)
    merge(world, source, target)
    undo(world, source)
    assert queued(world) == [source]


def test_a_target_with_a_mail_of_its_own_keeps_waiting(world: World, mails: MailThreads) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(source, ADA, "Where is my lamp?")
    merge(world, source, target)
    mails.write(source, ADA, "Any news?")
    undo(world, source)
    assert sorted(queued(world)) == sorted([source, target])


def test_a_target_that_waited_before_or_that_a_person_has_taken_is_left_so(world: World, mails: MailThreads) -> None:
    own = world.container.people.own_conversation
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(source, ADA, "Where is my lamp?")
    merge(world, source, target)
    own.take(target, ANNA)
    undo(world, source)
    assert sorted(queued(world)) == sorted([source, target])
    assert seen(world, target).owner == "anna"


def test_of_two_mergings_that_need_somebody_the_last_that_is_undone_ends_the_wait(
    world: World, mails: MailThreads
) -> None:
    a, b, target = (mails.begin(ADA, name) for name in ("One", "Two", "Three"))
    for source in (a, b):
        mails.write(source, ADA, "Where is my lamp?")
        merge(world, source, target)
    undo(world, a)
    assert sorted(queued(world)) == sorted([a, target])
    undo(world, b)
    assert sorted(queued(world)) == sorted([a, b])


@pytest.mark.parametrize("in_order", [True, False])
def test_who_takes_part_by_two_mergings_does_so_until_both_are_undone(
    world: World, mails: MailThreads, in_order: bool
) -> None:
    a, b, c = mails.begin(BOB, "One"), mails.begin(BOB, "Two"), mails.begin(CYD, "Three")
    merge(world, a, c)
    merge(world, b, c)
    first, last = (a, b) if in_order else (b, a)
    undo(world, first)
    thread = mails.threads.get(c)
    assert (set(thread.participants), thread.cc) == ({BOB, CYD}, (BOB,))
    undo(world, last)
    thread = mails.threads.get(c)
    assert (set(thread.participants), thread.cc) == ({CYD}, ())


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_who_is_taken_out_of_a_thread_is_out_of_the_one_that_it_was_merged_into(
    world: World, mails: MailThreads, order: str
) -> None:
    threads = {"a": mails.begin(ADA, "One"), "b": mails.begin(BOB, "Two"), "c": mails.begin(CYD, "Three")}
    merge(world, threads["a"], threads["b"])
    merge(world, threads["b"], threads["c"])
    assert mails.threads.get(threads["c"]).participants == {ADA, BOB, CYD}
    undo(world, threads[order[0]])
    left = {"ab": {BOB, CYD}, "ba": {CYD}}[order]
    assert mails.threads.get(threads["c"]).participants == left
    undo(world, threads[order[1]])
    everybody = [set(mails.threads.get(one).participants) for one in threads.values()]
    assert everybody == [{ADA}, {BOB}, {CYD}]


def test_who_takes_part_in_the_last_of_three_by_another_thread_stays_there(world: World, mails: MailThreads) -> None:
    a, b, c, own = mails.begin(ADA, "1"), mails.begin(BOB, "2"), mails.begin(CYD, "3"), mails.begin(ADA, "4")
    merge(world, a, b)
    merge(world, b, c)
    merge(world, own, c)
    undo(world, a)
    assert mails.threads.get(c).participants == {ADA, BOB, CYD}
    assert mails.threads.get(b).participants == {BOB}
    undo(world, b)
    assert mails.threads.get(c).participants == {ADA, CYD}
    undo(world, own)
    assert mails.threads.get(c).participants == {CYD}
