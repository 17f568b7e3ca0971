"""A visitor has their conversation forgotten: the whole store is searched for what is left of it."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.contact import Contact
from firstline.domain.conversation import Channel
from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import FirstlineError, NotFoundError, StoreUnavailableError
from firstline.domain.gaps import GapReason
from firstline.domain.identity import Principal, Role
from firstline.domain.ticket import TicketQueue
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.repositories.contacts import ContactRepository
from firstline.services.forget_conversation import LATE_WRITERS
from firstline.web.app import create_app
from tests.component.rest import bearer
from tests.component.world import NODES, HandClock, World

ANNA = Principal("anna", Role.AGENT, name="Anna")
SECRET = "quagga"  # pragma: allowlist secret
"""In everything that the visitor says; found in the store, it is a word of theirs."""
NAME = "Zebedee"
ADDRESS = "zebedee@quagga.example"
SETTINGS: dict[str, Any] = {"notify_email": "team@help.example", "mail_from": "bot@help.example"}


class KilledError(BaseException):
    """Stands for the end of the process."""


@dataclass
class Visit:
    """A conversation that has left traces everywhere, and the ids by which they would be found."""

    world: World
    session_id: str
    token: str
    conversation_id: str
    ids: set[str]
    ticket_id: str
    file_keys: list[str]


def visit(world: World, *, user_id: str = "") -> Visit:
    container = world.container
    opened = container.open_session.open(channel=Channel.CHAT, user_id=user_id, verified=bool(user_id), join=True)
    session, conversation_id = opened.session, opened.session.conversation_id
    other_device = container.open_session.open(
        channel=Channel.CHAT, user_id=user_id, verified=bool(user_id), join=True
    ).session.session_id
    for number in range(2):
        socket_token = container.open_session.socket_token(session)
        container.connect_socket.connect(f"s{number}-{conversation_id}", session.session_id, socket_token)
    ContactRepository(world.ports.table).put(conversation_id, Contact(name=NAME, email=ADDRESS))
    file = container.attached_files.receive.store(conversation_id, f"{SECRET}.txt", f"{SECRET} file".encode())
    accepted = container.accept_message.accept(
        conversation_id, "m1", f"My name is {NAME}. How do I reset my {SECRET} password?", channel="chat",
        correlation_id="test", attachments=[file.file_id],
    )  # fmt: skip
    answered = world.run(conversation_id, accepted)
    container.client_actions.rate_answer.rate(conversation_id, answered["reply"]["seq"], score=1, reason=SECRET)
    container.client_actions.rate_answer.rate(conversation_id, 0, score=2, reason=f"{SECRET} all over")
    unknown = world.ask(conversation_id, f"Where is the {SECRET} zeppelin?")
    container.record_gap.record(
        f"Where is the {SECRET} zeppelin?",
        GapReason.ABSTAINED,
        nearest=None,
        customer_id=container.conversations.get(conversation_id).customer_id,
        conversation_id=conversation_id,
        turn_id=unknown["turn_id"],
        asked_at=world.clock.now(),
    )
    world.ask(conversation_id, f"I want to talk to a person about my {SECRET}.")
    container.visitors.mail_customer.transcript(conversation_id, ADDRESS)
    conversation = container.conversations.get(conversation_id)
    assert conversation.ticket_id
    turns = [event.turn_id for event in container.conversations.events(conversation_id) if event.turn_id]
    ids = {conversation_id, session.session_id, *turns, *([] if user_id else [conversation.customer_id])}
    if not user_id:
        # A known customer's second device joins the conversation; a visitor's is somebody else.
        container.sessions.remove(other_device)
    else:
        ids.add(other_device)
    return Visit(
        world,
        session.session_id,
        opened.token,
        conversation_id,
        ids,
        conversation.ticket_id,
        container.attached_files.read._files.keys_of(conversation_id),
    )


def items(world: World, folder: Path) -> list[tuple[str, str]]:
    """Key and content of everything in the store, as text."""
    with sqlite3.connect(folder / "firstline.db") as database:
        # What has expired is nobody's any more, and is removed by the store itself.
        now = int(world.clock.now().timestamp())
        rows = database.execute("SELECT * FROM item WHERE expires_at IS NULL OR expires_at > ?", [now]).fetchall()
    return [
        (row[0].decode(), " ".join(part.decode() if isinstance(part, bytes) else str(part) for part in row))
        for row in rows
    ]


def traces(visited: Visit, folder: Path) -> list[str]:
    """Where something of the visit is left. The audit log may name the conversation, and nothing of its visitor."""
    found = []
    for pk, text in items(visited.world, folder):
        said = {word for word in (SECRET, NAME, ADDRESS) if word.lower() in text.lower()}
        named = {one for one in visited.ids if one in text}
        if pk.startswith("AUDIT#"):
            named.discard(visited.conversation_id)
        if said or named:
            found.append(f"{pk}: {said or ''} {named or ''} {text[:200]}")
    return found


def settle(world: World) -> None:
    """Let everything come that follows by itself."""
    for _ in range(3):
        world.clock.forward(LATE_WRITERS.total_seconds() + 1)
        world.container.visitors.sweep()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, **SETTINGS)


def test_nothing_is_left_of_a_visitors_conversation_in_the_whole_store(world: World, tmp_path: Path) -> None:
    visited = visit(world)
    assert len(traces(visited, tmp_path)) > 20
    assert all(world.ports.attachments.store.read(key) is not None for key in visited.file_keys if "files" in key)
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert traces(visited, tmp_path) == []
    assert not set(visited.file_keys) & set(world.ports.attachments.store.list())
    assert world.post.mails == []


def test_what_is_kept_of_searches_holds_no_word_of_it(tmp_path: Path) -> None:
    world = World(tmp_path, **SETTINGS, cache_ttl=86_400)
    visited = visit(world)
    assert any(pk.startswith("CACHE#search#") for pk, _ in items(world, tmp_path))
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert traces(visited, tmp_path) == []


@pytest.mark.parametrize("user_id", ["", "u1"])
def test_a_ticket_with_a_conversation_of_its_own_goes_with_that_in_which_it_was_asked_for(
    world: World, tmp_path: Path, user_id: str
) -> None:
    visited = visit(world, user_id=user_id)
    customer_id = world.container.conversations.get(visited.conversation_id).customer_id
    by = TicketParty.customer(customer_id, visited.conversation_id, verified=bool(user_id))
    new = NewTicket(description=f"How do I reset my {SECRET} password?")
    ticket = world.container.ticketing.manage.create(new, by=by)
    assert (ticket.queue, ticket.told_in) == (TicketQueue.ASSISTANT, visited.conversation_id)
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert traces(visited, tmp_path) == []
    with pytest.raises(NotFoundError):
        world.container.conversations.get(ticket.conversation_id)
    left = world.container.tickets.get(ticket.ticket_id)
    assert (left.subject, left.description, left.conversation_id, left.told_in) == (FORGOTTEN, "", "", "")


def test_at_once_nobody_sees_a_word_of_it(world: World, tmp_path: Path) -> None:
    visited = visit(world)
    http = TestClient(create_app(world.container))
    place = f"/chat/sessions/{visited.session_id}"
    assert http.delete(f"{place}/conversation", headers=bearer(visited.token)).status_code == 204
    with pytest.raises(NotFoundError):
        world.container.conversations.get(visited.conversation_id)
    assert http.get(f"{place}/history", headers=bearer(visited.token)).status_code == 401
    assert http.delete(f"{place}/conversation", headers=bearer(visited.token)).status_code == 401
    # Only the order itself is left for a quarter of an hour, and it holds ids alone.
    left = traces(visited, tmp_path)
    assert left
    assert all(trace.startswith("ERASE#") for trace in left)
    assert not any(SECRET in trace for trace in left)


def test_open_windows_are_told_and_closed(world: World) -> None:
    visited = visit(world)
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    for number in range(2):
        socket = f"s{number}-{visited.conversation_id}"
        assert world.sockets.frames[socket][-1] == {"type": "closing", "reason": "forgotten"}
        assert socket in world.sockets.closed


def test_the_handover_leaves_the_queue_and_its_ticket_says_only_that_it_was_deleted(world: World) -> None:
    visited = visit(world)
    queue = world.container.people.ownership.queue
    assert [waits.conversation_id for waits in queue("WAITING#", limit=10, cursor=None).conversations]
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    assert queue("", limit=10, cursor=None).conversations == []
    ticket = world.container.tickets.get(visited.ticket_id)
    assert (ticket.subject, ticket.status) == ("The customer deleted the conversation.", "resolved")
    assert (ticket.conversation_id, ticket.customer_id) == ("", "")
    world.container.people.notify_people.deliver_due()
    assert world.post.mails == []


def test_another_visitors_conversation_is_untouched(world: World, tmp_path: Path) -> None:
    other = world.open()
    answered = world.ask(other, "My name is Oberon. How do I export timesheets?")
    visited = visit(world)
    before = [item for item in items(world, tmp_path) if other in item[0]]
    memory = world.container.memory.remember_facts.own_facts(other)
    assert memory
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert [item for item in items(world, tmp_path) if other in item[0]] == before
    assert world.container.memory.remember_facts.own_facts(other) == memory
    assert world.ask(other, "And how do I delete my account?")["reply"]["seq"] > answered["reply"]["seq"]


def test_of_a_known_customer_only_what_was_said_and_learned_here_goes(world: World, tmp_path: Path) -> None:
    first = world.container.open_session.open(channel=Channel.CHAT, user_id="u1", verified=True)
    earlier = first.session.conversation_id
    world.ask(earlier, "We are on the Pro plan. How do I export timesheets?")
    customer_id = world.container.conversations.get(earlier).customer_id
    plan = world.container.memory.remember_facts.values(customer_id)["plan"]
    world.container.client_actions.end_conversation.end(earlier)
    visited = visit(world, user_id="u1")
    assert visited.conversation_id != earlier
    assert world.container.memory.remember_facts.values(customer_id)["name"] == NAME
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert traces(visited, tmp_path) == []
    assert world.container.memory.remember_facts.values(customer_id) == {"plan": plan}
    again = world.container.open_session.open(channel=Channel.CHAT, user_id="u1", verified=True, join=True)
    assert not again.continued


def test_a_value_learned_here_goes_also_where_a_newer_one_stands_before_it(world: World, tmp_path: Path) -> None:
    visited = visit(world, user_id="u1")
    later = world.container.open_session.open(channel=Channel.CHAT, user_id="u1", verified=True, join=False)
    world.ask(later.session.conversation_id, "My name is Oberon. How do I export timesheets?")
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    settle(world)
    assert traces(visited, tmp_path) == []
    customer_id = world.container.conversations.get(later.session.conversation_id).customer_id
    assert world.container.memory.remember_facts.values(customer_id) == {"name": "Oberon"}


@pytest.mark.parametrize("at_work", NODES)
def test_a_turn_that_was_at_work_brings_nothing_back(world: World, tmp_path: Path, at_work: str) -> None:
    visited = visit(world)
    accepted = world.say(visited.conversation_id, f"And one more {SECRET} question about timesheets")
    document = world.document(visited.conversation_id, accepted)
    for name in NODES[: NODES.index(at_work)]:
        document = world.node(name, document)
    visited.ids.add(accepted.turn_id)
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    went_on = [*NODES[NODES.index(at_work) :], "end"]
    with contextlib.suppress(FirstlineError):
        while went_on[0] != "end":
            document = world.node(went_on[0], document)
            del went_on[0]
    if NODES.index(at_work) <= NODES.index("GenerateResponse"):
        assert went_on[0] in {"IdentifyCustomer", "GenerateResponse"}
    settle(world)
    assert traces(visited, tmp_path) == []


def breakable(folder: Path) -> tuple[World, FaultyTable]:
    clock = HandClock()
    table = FaultyTable(SQLiteTable(folder / "firstline.db", clock=clock), rng=random.Random(1))
    world = World(folder, table=table, **SETTINGS)
    # One time for all of it.
    clock.__dict__ = world.clock.__dict__
    return world, table


def killed_at(chosen: int) -> Callable[[Call], bool]:
    return lambda call: call.write_number == chosen


@pytest.mark.parametrize("is_known", [False, True])
def test_wherever_it_is_killed_the_sweep_finishes_it(tmp_path: Path, is_known: bool) -> None:
    n_killed = 0
    for nth in range(1 + is_known, 400, 6):
        folder = tmp_path / str(nth)
        folder.mkdir()
        world, table = breakable(folder)
        visited = visit(world, user_id="u1" if is_known else "")
        writes = max(call.write_number for call in table.calls)
        table._failure = KilledError
        table.fail_before = killed_at(writes + nth)
        try:
            world.container.visitors.forget_conversation.forget(visited.conversation_id)
        except KilledError:
            n_killed += 1
        else:
            break
        finally:
            table.fail_before = lambda call: False
        if nth == 1:
            # Before the first write nothing has happened, and the visitor asks again.
            world.container.visitors.forget_conversation.forget(visited.conversation_id)
        settle(world)
        assert traces(visited, folder) == [], nth
    assert n_killed > 5


def test_while_the_store_is_down_the_caller_is_told_and_the_sweep_goes_on_later(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    visited = visit(world)
    writes = max(call.write_number for call in table.calls)
    table.fail_before = lambda call: call.write_number > writes + 2
    with pytest.raises(StoreUnavailableError):
        world.container.visitors.forget_conversation.forget(visited.conversation_id)
    table.fail_before = lambda call: False
    world.clock.forward(timedelta(minutes=3).total_seconds())
    settle(world)
    assert traces(visited, tmp_path) == []


def test_what_is_told_of_the_erasing_names_no_visitor(world: World, tmp_path: Path) -> None:
    visited = visit(world)
    world.container.visitors.forget_conversation.forget(visited.conversation_id)
    entries = [text for pk, text in items(world, tmp_path) if pk.startswith("AUDIT#")]
    (entry,) = [text for text in entries if "conversation_forgotten" in text]
    body: dict[str, Any] = json.loads(entry[entry.index("{") : entry.rindex("}") + 1])
    assert body
    assert not any(one in entry for one in visited.ids - {visited.conversation_id})
