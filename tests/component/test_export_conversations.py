"""The export of a customer has all of their conversations, over as many pages as it takes, and nobody else's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.conversation import Author, Channel, Conversation, Event
from firstline.domain.errors import ConversationTakenOverError, InvalidCursorError, NotFoundError
from firstline.domain.identity import Principal, Role
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.repositories import keys
from firstline.services.export_pieces import PIECE_BYTES, size_of
from firstline.web.app import create_app
from tests.component.rest import bearer
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
TOKEN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret
EXPORT = "How do I export timesheets?"
RESET = "How do I reset a forgotten password?"  # pragma: allowlist secret
PERSON = "I want to talk to a person."
LONG = "The report stays empty, whatever I choose. " * 90


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, admin_token=TOKEN)


def customer_of(world: World, conversation_id: str) -> str:
    return world.container.conversations.get(conversation_id).customer_id


def begun(world: World, user_id: str = "", text: str = RESET) -> str:
    """A conversation of its own, with an answer."""
    world.clock.forward(60)
    opened = world.container.open_session.open(
        channel=Channel.CHAT, user_id=user_id, verified=bool(user_id), join=False
    )
    world.ask(opened.session.conversation_id, text)
    return opened.session.conversation_id


def exported(world: World, customer_id: str) -> list[dict[str, Any]]:
    export = world.container.memory.export_customer.export(customer_id)
    assert export.next_cursor is None
    conversations: list[dict[str, Any]] = export.parts["conversations"]
    return conversations


def ids(world: World, customer_id: str) -> list[str]:
    return [one["conversation_id"] for one in exported(world, customer_id)]


def test_all_conversations_of_a_verified_customer_are_exported_and_nobody_elses(world: World) -> None:
    first, bobs, second, visitors = (begun(world, user) for user in ("ada", "bob", "ada", ""))
    ada = customer_of(world, first)
    both = exported(world, ada)
    assert [one["conversation_id"] for one in both] == [first, second]
    said = [(entry["author"], entry["text"]) for entry in both[1]["said"]]
    assert [author for author, _ in said] == ["bot", "customer", "bot"]
    assert said[1][1] == RESET
    assert ids(world, customer_of(world, bobs)) == [bobs]
    assert ids(world, customer_of(world, visitors)) == [visitors]


def test_a_visitors_conversation_becomes_the_customers_whom_it_turns_out_to_be(world: World) -> None:
    known = begun(world, "ada")
    visited = begun(world)
    visitor = customer_of(world, visited)
    ticket = open_ticket(world, visitor, visited)
    asked_in_ticket = world.container.tickets.get(ticket).conversation_id
    assert set(ids(world, visitor)) == {visited, asked_in_ticket}
    ada = world.container.identity.verify_identity.bind(visited, "ada").customer_id
    assert set(ids(world, ada)) == {known, visited, asked_in_ticket}
    assert ids(world, visitor) == []
    world.container.identity.verify_identity.bind(visited, "ada")
    assert len(ids(world, ada)) == 3
    # What they go on saying there is theirs, too.
    document = world.ask(asked_in_ticket, EXPORT)
    assert document["customer"]["customer"]["customer_id"] == ada


def open_ticket(world: World, customer_id: str, conversation_id: str) -> str:
    by = TicketParty.customer(customer_id, conversation_id, verified=False)
    ticket = world.container.ticketing.manage.create(NewTicket(description=RESET), by=by)
    assert ticket.told_in == conversation_id
    return ticket.ticket_id


def test_a_conversation_that_was_forgotten_is_in_no_export(world: World) -> None:
    first, second = begun(world, "ada"), begun(world, "ada")
    ada = customer_of(world, first)
    world.container.visitors.forget_conversation.forget(first)
    assert ids(world, ada) == [second]
    assert first not in json.dumps(world.container.memory.export_customer.export(ada).parts)
    visited = begun(world)
    visitor = customer_of(world, visited)
    world.container.visitors.forget_conversation.forget(visited)
    with pytest.raises(NotFoundError):
        world.container.memory.export_customer.export(visitor)


def test_what_a_proven_customer_has_begun_and_not_used_is_exported(world: World) -> None:
    first = begun(world, "ada")
    world.clock.forward(60)
    opened = world.container.open_session.open(channel=Channel.CHAT, user_id="ada", verified=True, join=False)
    unused = opened.session.conversation_id
    assert customer_of(world, unused) == ""
    claimed = world.container.open_session.open(channel=Channel.CHAT, user_id="ada", verified=False)
    assert ids(world, customer_of(world, first)) == [first, unused]
    world.ask(unused, EXPORT)
    assert ids(world, customer_of(world, first)) == [first, unused]
    # A name that is only stated opens nothing.
    assert claimed.session.conversation_id not in ids(world, customer_of(world, first))


def test_who_writes_to_a_person_before_the_bot_has_answered_has_a_customer_too(world: World) -> None:
    conversation_id = world.open()
    world.container.people.own_conversation.take(conversation_id, ANNA)
    accepted = world.say(conversation_id, EXPORT)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation_id, accepted)
    (one,) = exported(world, customer_of(world, conversation_id))
    assert [entry["text"] for entry in one["said"]][-1] == EXPORT


def test_a_customer_who_has_expired_while_people_alone_wrote_is_known_again_from_the_next_answer_on(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, retention_days=10)
    conversation_id = begun(world)
    before = customer_of(world, conversation_id)
    for _ in range(2):
        world.clock.forward(6 * 24 * 3600)
        said(world, conversation_id, "We look into it.", by=Author.AGENT)
    world.ask(conversation_id, EXPORT)
    assert customer_of(world, conversation_id) != before
    assert ids(world, customer_of(world, conversation_id)) == [conversation_id]


def said(world: World, conversation_id: str, text: str, *, by: Author = Author.CUSTOMER) -> None:
    conversations = world.container.conversations
    seen = conversations.get(conversation_id)
    event = Event(seq=seen.next_seq, author=by, text=text, at=world.clock.now())
    assert conversations.append(seen, event, changes={})


def test_conversations_from_before_the_list_are_found_by_what_else_leads_to_them(world: World) -> None:
    first, visited = begun(world, "ada"), begun(world)
    for conversation_id in (first, visited):
        world.ports.table.update(
            keys.conversation(conversation_id), keys.META, remove=("by_customer_pk", "by_customer_sk")
        )
    assert ids(world, customer_of(world, first)) == [first]
    assert ids(world, customer_of(world, visited)) == [visited]


def test_a_long_export_comes_in_pages_that_together_have_everything_once(world: World) -> None:
    talks = [begun(world, "ada") for _ in range(6)]
    ada = customer_of(world, talks[0])
    for number in range(150):
        said(world, talks[2], f"{number} {LONG}")
    for number in range(3):
        opened = open_ticket(world, ada, talks[number])
        talks.append(world.container.tickets.get(opened).conversation_id)
    for number in range(80):
        world.container.ticketing.manage.comment(
            opened, f"{number} {LONG}", by=TicketParty.person("anna"), internal=True
        )
    whole = world.container.memory.export_customer.export(ada, most_bytes=10**9)
    assert whole.next_cursor is None
    most, pages, cursor = 100_000, list[Any](), None
    while not pages or cursor:
        page = world.container.memory.export_customer.export(ada, cursor=cursor, most_bytes=most)
        assert size_of(page.parts) <= most + PIECE_BYTES + size_of(LONG) * 2
        assert page.parts["profile"]["user_id"] == "ada"
        pages.append(page.parts)
        cursor = page.next_cursor
    assert len(pages) > 3
    assert together(pages, "tickets", "ticket_id", "events") == together(
        [whole.parts], "tickets", "ticket_id", "events"
    )
    conversations = together(pages, "conversations", "conversation_id", "said")
    assert conversations == together([whole.parts], "conversations", "conversation_id", "said")
    assert set(conversations) == set(talks)
    assert [text.split()[0] for text in conversations[talks[2]][3:]] == [str(number) for number in range(150)]


def test_a_page_has_no_more_entries_than_are_read_in_time(world: World) -> None:
    ada = customer_of(world, begun(world, "ada"))
    for number in range(250):
        begin = Conversation(
            conversation_id=f"C{number}", channel=Channel.API, customer_id=ada, created_at=world.clock.now()
        )
        world.container.conversations.create(begin, "")
    export = world.container.memory.export_customer
    first = export.export(ada)
    rest = export.export(ada, cursor=first.next_cursor)
    pages = [[one["conversation_id"] for one in page.parts["conversations"]] for page in (first, rest)]
    assert [len(page) for page in pages] == [200, 51]
    assert len({*pages[0], *pages[1]}) == 251
    assert rest.next_cursor is None


def together(pages: list[Any], part: str, name: str, rows: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for page in pages:
        for entry in page.get(part, []):
            found.setdefault(entry[name], []).extend(row.get("text") or row["note"] for row in entry[rows])
    return found


def test_a_conversation_that_is_forgotten_between_two_pages_takes_nothing_of_the_others_along(world: World) -> None:
    talks = [begun(world, "ada") for _ in range(3)]
    ada = customer_of(world, talks[0])
    for talk in talks[:2]:
        for number in range(150):
            said(world, talk, f"{number} {LONG}")
    export = world.container.memory.export_customer
    first = export.export(ada, most_bytes=1)
    assert first.next_cursor
    assert [one["conversation_id"] for one in first.parts["conversations"]] == [talks[0]]
    world.container.visitors.forget_conversation.forget(talks[0])
    rest = export.export(ada, cursor=first.next_cursor)
    found = together([rest.parts], "conversations", "conversation_id", "said")
    assert list(found) == talks[1:]
    assert len(found[talks[1]]) == 153


def test_the_pages_are_asked_for_over_rest_and_a_broken_cursor_is_refused(world: World) -> None:
    http = TestClient(create_app(world.container))
    conversation_id = begun(world, "ada")
    ada = customer_of(world, conversation_id)
    place, agent = f"/customers/{ada}/export", bearer(TOKEN)
    page = http.get(place, headers=agent).json()
    assert [one["conversation_id"] for one in page["parts"]["conversations"]] == [conversation_id]
    assert page["next_cursor"] is None
    second = begun(world, "ada")
    cursor = world.container.memory.export_customer.export(ada, most_bytes=1).next_cursor
    assert cursor
    following = http.get(place, params={"cursor": cursor}, headers=agent).json()
    assert [one["conversation_id"] for one in following["parts"]["conversations"]] == [second]
    assert following["next_cursor"] is None
    for broken in ("!", "AAAA", cursor[:-4] + "ffff", "bm9uZTo", "dGlja2V0czohQCFAMQ"):
        assert http.get(place, params={"cursor": broken}, headers=agent).status_code == 400
        with pytest.raises(InvalidCursorError):
            world.container.memory.export_customer.export(ada, cursor=broken)
