"""A customer writes again by mail to people who have the conversation, or think that they are done with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.conversation import ConversationStatus
from firstline.domain.identity import Principal, Role
from firstline.domain.ticket import Ticket, TicketQueue, TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import TicketChanges
from tests.component.received import OURS, PROVEN, SERVER, answered, mail
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
BEN = TicketParty.person("ben")
STILL = "It still does not work, please help."
ENDED = [TicketStatus.RESOLVED, TicketStatus.CLOSED]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS, notify_email="team@shop.example", mail_server_id=SERVER)


def with_people(world: World) -> str:
    """Return a conversation that waits for a person, whose team has been called."""
    received = world.receive(mail("I want to talk to a person."))
    world.run_started()
    answered(world, received.conversation_id, "ours@shop.example")
    conversation = world.container.conversations.get(received.conversation_id)
    assert conversation.status is ConversationStatus.WAITING_FOR_PERSON
    assert called(world) == 1
    return received.conversation_id


def again(text: str = STILL, message_id: str = "m2@home.example", **headers: str) -> bytes:
    headers |= {"In_Reply_To": "<ours@shop.example>", "Authentication_Results": PROVEN}
    return mail(text, message_id=message_id, files=None, **headers)


def ticket_of(world: World, conversation_id: str) -> Ticket:
    return world.container.tickets.get(world.container.conversations.get(conversation_id).ticket_id)


def ended(world: World, conversation_id: str, status: TicketStatus) -> None:
    """Set its ticket to a state as over REST: the conversation stays as it is."""
    ticket_id = ticket_of(world, conversation_id).ticket_id
    world.container.ticketing.manage.change(ticket_id, TicketChanges(status=status), by=BEN)


def entries(world: World, conversation_id: str) -> list[tuple[str, str, str]]:
    """Return who did what on its ticket, and with which words, but for internal notes."""
    events = world.container.tickets.events(ticket_of(world, conversation_id).ticket_id)
    return [(event.by, event.kind.value, event.note) for event in events if not event.internal]


def called(world: World) -> int:
    """Return how many notices the team gets now."""
    return world.container.people.notify_people.deliver_due().delivered


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("taken", [False, True], ids=["never taken", "an agent's"])
def test_a_mail_after_the_ticket_has_ended_opens_it_again_and_calls_people_once(
    world: World, status: TicketStatus, taken: bool
) -> None:
    conversation_id = with_people(world)
    if taken:
        world.container.people.own_conversation.take(conversation_id, ANNA)
    ended(world, conversation_id, status)
    n_before = len(entries(world, conversation_id))
    received = world.receive(again())
    assert received.conversation_id == conversation_id
    for _ in range(2):
        ticket = ticket_of(world, conversation_id)
        assert (ticket.status, ticket.resolved_at, ticket.queue) == (TicketStatus.REOPENED, None, TicketQueue.PEOPLE)
        assert entries(world, conversation_id)[n_before:] == [("customer", "commented", STILL)]
        assert world.receive(again()).duplicate
    assert called(world) == 1
    message, _, recipients = world.post.mails[-1]
    assert recipients == ("team@shop.example",)
    assert STILL.encode() in message
    assert called(world) == 0


def test_a_second_mail_to_a_ticket_that_is_open_again_calls_nobody_and_is_on_it(world: World) -> None:
    conversation_id = with_people(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    ended(world, conversation_id, TicketStatus.RESOLVED)
    world.receive(again())
    assert called(world) == 1
    world.receive(again("And my invoice is wrong as well.", "m3@home.example"))
    assert entries(world, conversation_id)[-1] == ("customer", "commented", "And my invoice is wrong as well.")
    assert ticket_of(world, conversation_id).status is TicketStatus.REOPENED
    assert called(world) == 0


def test_an_open_ticket_of_an_agents_gets_the_words_and_waits_for_the_customer_no_more(world: World) -> None:
    conversation_id = with_people(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    ended(world, conversation_id, TicketStatus.WAITING_FOR_CUSTOMER)
    world.receive(again())
    assert entries(world, conversation_id)[-1] == ("customer", "commented", STILL)
    assert ticket_of(world, conversation_id).status is TicketStatus.OPEN
    assert called(world) == 0


def test_an_open_ticket_that_waits_for_a_person_gets_the_words_once_from_the_turn(world: World) -> None:
    conversation_id = with_people(world)
    world.receive(again())
    world.receive(again())
    world.run_started()
    assert entries(world, conversation_id)[1:] == [("assistant", "handed_over_again", STILL)]
    assert ticket_of(world, conversation_id).status is TicketStatus.OPEN
    assert called(world) == 0


@pytest.mark.parametrize("taken", [False, True], ids=["never taken", "an agent's"])
def test_a_mail_that_must_not_be_answered_opens_an_ended_ticket_again_too(world: World, taken: bool) -> None:
    conversation_id = with_people(world)
    if taken:
        world.container.people.own_conversation.take(conversation_id, ANNA)
    ended(world, conversation_id, TicketStatus.RESOLVED)
    received = world.receive(again(X_Auto_Response_Suppress="All"))
    assert (received.conversation_id, world.engine.started) == (conversation_id, [])
    assert ticket_of(world, conversation_id).status is TicketStatus.REOPENED
    assert entries(world, conversation_id)[-1] == ("customer", "commented", STILL)
    notes = [event.note for event in world.container.tickets.events(ticket_of(world, conversation_id).ticket_id)]
    assert f"/mails/{received.mail_id}/raw" in notes[-1]
    assert called(world) == 1


def test_a_ticket_that_ends_while_a_mail_comes_in_is_open_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = with_people(world)
    world.container.people.own_conversation.take(conversation_id, ANNA)
    transact, race = world.ports.table.transact, [TicketStatus.RESOLVED]

    def late(operations: list[object]) -> None:
        if race and any(getattr(one, "item", {}).get("sk", "").startswith("MSG#mail-") for one in operations):
            ended(world, conversation_id, race.pop())
        transact(operations)  # type: ignore[arg-type]

    monkeypatch.setattr(world.ports.table, "transact", late)
    world.receive(again())
    assert race == []
    assert ticket_of(world, conversation_id).status is TicketStatus.REOPENED
    assert entries(world, conversation_id)[-1] == ("customer", "commented", STILL)
    assert called(world) == 1


def test_a_mail_to_people_whose_ticket_is_gone_is_taken_in_all_the_same(world: World) -> None:
    conversation_id = with_people(world)
    ticket_id = ticket_of(world, conversation_id).ticket_id
    world.container.people.own_conversation.take(conversation_id, ANNA)
    world.ports.table.delete(f"TICKET#{ticket_id}", "META")
    assert world.receive(again()).conversation_id == conversation_id
    assert world.container.conversations.events(conversation_id)[-1].text == STILL
