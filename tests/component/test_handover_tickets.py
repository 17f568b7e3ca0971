"""The ticket of a conversation follows it: joined by a further handover, resolved when a person closes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from firstline.domain.errors import ConversationOwnedError
from firstline.domain.identity import Principal, Role
from firstline.domain.ticket import Ticket, TicketStatus
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
BEN = Principal("ben", Role.AGENT, "Ben")
PERSON = "I want to talk to a person."


def handed_over(world: World) -> tuple[str, Ticket]:
    conversation = world.open()
    ticket_id = world.ask(conversation, PERSON)["reply"]["handover"]["ticket_id"]
    return conversation, world.container.tickets.get(ticket_id)


def log(world: World, ticket: Ticket) -> list[dict[str, Any]]:
    return world.ports.table.query(f"TICKET#{ticket.ticket_id}", sk_prefix="EVT#").items


def queue(world: World, status: str) -> list[str]:
    found = world.ports.table.query(f"QUEUE#people#{status}", index="by_queue").items
    return [json.loads(item["body"])["ticket_id"] for item in found]


def test_who_closes_a_conversation_resolves_its_ticket_with_it(world: World) -> None:
    conversation, ticket = handed_over(world)
    own = world.container.people.own_conversation
    own.take(conversation, ANNA)
    assert world.container.tickets.get(ticket.ticket_id).status is TicketStatus.OPEN
    for _ in range(2):
        own.close(conversation, ANNA)
        closed = world.container.tickets.get(ticket.ticket_id)
        now = world.clock.now()
        changes = {"status": TicketStatus.RESOLVED, "resolved_at": now, "updated_at": now, "version": 2}
        assert closed == ticket.model_copy(update=changes)
    assert (queue(world, "open"), queue(world, "resolved")) == ([], [ticket.ticket_id])
    assert [(entry["kind"], entry.get("by")) for entry in log(world, ticket)] == [
        ("opened", "assistant"),
        ("resolved", "anna"),
    ]


def test_closed_while_it_waits_the_ticket_is_resolved_too_and_the_next_handover_opens_another(world: World) -> None:
    conversation, ticket = handed_over(world)
    world.container.people.own_conversation.close(conversation, ANNA)
    assert world.container.tickets.get(ticket.ticket_id).status is TicketStatus.RESOLVED
    again = world.ask(conversation, PERSON)["reply"]["handover"]["ticket_id"]
    assert again != ticket.ticket_id
    assert (queue(world, "open"), queue(world, "resolved")) == ([again], [ticket.ticket_id])


def test_handed_back_the_ticket_stays_open_and_the_next_handover_joins_it(world: World) -> None:
    conversation, ticket = handed_over(world)
    own = world.container.people.own_conversation
    own.take(conversation, ANNA)
    own.hand_back(conversation, ANNA)
    assert world.container.tickets.get(ticket.ticket_id) == ticket
    reply = world.ask(conversation, "I want to talk to a person again.")["reply"]
    assert reply["handover"]["ticket_id"] == ticket.ticket_id
    assert f"Your ticket is {ticket.ticket_id}" in reply["text"]
    assert [(entry["kind"], entry["note"]) for entry in log(world, ticket)] == [
        ("opened", PERSON),
        ("handed_over_again", "I want to talk to a person again."),
    ]
    assert queue(world, "open") == [ticket.ticket_id]
    waiting = world.container.people.ownership.queue("WAITING#", limit=10, cursor=None).conversations
    assert [found.conversation_id for found in waiting] == [conversation]


def test_a_ticket_that_is_gone_holds_up_neither_a_closing_nor_a_handover(world: World) -> None:
    conversation, ticket = handed_over(world)
    world.ports.table.delete(f"TICKET#{ticket.ticket_id}", "META")
    own = world.container.people.own_conversation
    own.take(conversation, ANNA)
    own.hand_back(conversation, ANNA)
    again = world.ask(conversation, PERSON)["reply"]["handover"]["ticket_id"]
    assert again != ticket.ticket_id
    world.ports.table.delete(f"TICKET#{again}", "META")
    assert own.close(conversation, ANNA).status.value == "closed"


def test_who_may_not_close_the_conversation_resolves_nothing(world: World) -> None:
    conversation, ticket = handed_over(world)
    world.container.people.own_conversation.take(conversation, ANNA)
    with pytest.raises(ConversationOwnedError):
        world.container.people.own_conversation.close(conversation, BEN)
    assert world.container.tickets.get(ticket.ticket_id) == ticket


def test_a_closing_reaches_open_sockets_at_once_with_the_version_that_ends_what_was_streamed(world: World) -> None:
    conversation, _ = handed_over(world)
    taken = world.container.people.own_conversation.take(conversation, ANNA)
    world.container.people.own_conversation.close(conversation, ANNA)
    told = world.sockets.frames["s0"][-1]
    assert (told["type"], told["detail"]["action"], told["detail"]["owner"]) == ("event", "closed", "bot")
    assert told["detail"]["version"] == taken.version + 1 == 3
