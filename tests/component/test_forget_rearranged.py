"""Threads of mails that people have merged or split are forgotten with all that lies elsewhere, and nothing more."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from firstline.adapters.faulty_table import FaultyTable, nth_write
from firstline.container import assemble
from firstline.domain.conversation import Author
from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.verdict import GateReason
from firstline.services.forget_conversation import LATE_WRITERS
from firstline.services.receive_mail import Outcome
from tests.component.received import OURS, answered, mail, words
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
ADA, BOB = "ada@home.example", "bob@work.example"
SECRET = "quagga"  # pragma: allowlist secret
"""In all that is to be forgotten."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS)


def begun(world: World, text: str, message_id: str, sender: str = ADA) -> str:
    taken = world.receive(mail(text, sender=sender, message_id=message_id, subject=text))
    answered(world, taken.conversation_id, f"answer-to-{message_id}")
    return taken.conversation_id


def joined(world: World, conversation_id: str, text: str, message_id: str, sender: str) -> int:
    """Have a mail come into a thread by its signed address; return its place in the log."""
    to = world.container.mailing.marks.tokens.reply_address(OURS, conversation_id)
    taken = world.receive(mail(text, sender=sender, to=to, message_id=message_id, files={f"{message_id}.txt": b"E47"}))
    assert taken.conversation_id == conversation_id
    return next(
        event.seq
        for event in world.container.conversations.events(conversation_id)
        if event.author is Author.CUSTOMER and text in event.text
    )


def forget(world: World, conversation_id: str) -> None:
    erasure = world.container.visitors.forget_conversation
    erasure.forget(conversation_id)
    world.clock.forward((LATE_WRITERS + timedelta(minutes=1)).total_seconds())
    erasure.sweep()


def split(world: World, conversation_id: str, seq: int) -> str:
    return world.container.mail_people.split.split(conversation_id, seq, ANNA).conversation_id


def is_there(world: World, conversation_id: str) -> bool:
    try:
        world.container.conversations.get(conversation_id)
    except NotFoundError:
        return False
    return True


def raw_with(world: World, word: str) -> list[str]:
    store = world.ports.received_mail
    assert store is not None
    return [key for key in store.list() if word.encode() in store.read(key)]


def stored_with(folder: Path, word: str) -> list[tuple[str, str]]:
    """Return the keys of all items of the store with a word."""
    with contextlib.closing(sqlite3.connect(folder / "firstline.db")) as database:
        rows = database.execute("SELECT * FROM item").fetchall()
    whole = [b" ".join(part if isinstance(part, bytes) else str(part).encode() for part in row) for row in rows]
    return [(row[0].decode(), row[1].decode()) for row, text in zip(rows, whole, strict=True) if word.encode() in text]


def test_forgetting_what_was_taken_off_takes_it_out_of_the_thread_that_it_came_from(
    world: World, tmp_path: Path
) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    cut = joined(world, thread, f"Bob here, about my {SECRET}", "b@x", BOB)
    turn = world.container.conversations.get(thread).last_turn
    (file,) = world.container.conversations.events(thread)[cut - 1].detail["attachments"]
    new = split(world, thread, cut)
    assert len(raw_with(world, SECRET)) == 1
    forget(world, new)
    assert raw_with(world, SECRET) == []
    assert len(raw_with(world, "order 17")) == 1
    assert [line for line in words(world, thread) if line.startswith("customer")] == ["customer: Where is order 17?"]
    assert f"system: {FORGOTTEN}" in words(world, thread)
    assert stored_with(tmp_path, SECRET) == []
    with pytest.raises(NotFoundError):
        world.container.turns.get(thread, turn)
    with pytest.raises(NotFoundError):
        world.container.attached_files.read.open(thread, file["file_id"])
    assert [one.sender for one in world.container.mailing.received.of_conversation(thread)] == [ADA]
    # The rest goes on, and a late mail of Bob's begins anew.
    later = world.receive(mail("And now?", sender=ADA, message_id="l@x", In_Reply_To="<answer-to-s@x>"))
    assert later.conversation_id == thread
    again = world.receive(mail("Still me", sender=BOB, message_id="n@x", In_Reply_To="<b@x>"))
    assert again.conversation_id not in (thread, new)


def test_what_people_read_of_it_in_the_tickets_of_the_thread_goes_too(world: World, tmp_path: Path) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    to = world.container.mailing.marks.tokens.reply_address(OURS, thread)
    text = f"Bob here, about my {SECRET}"
    filed = world.receive(mail(text, sender=BOB, to=to, message_id="b@x", X_Auto_Response_Suppress="All"))
    joined(world, thread, f"The {SECRET} is new", "c@x", BOB)
    joined(world, thread, "My order 18", "d@x", ADA)
    assert (filed.outcome, filed.conversation_id) == (Outcome.WITH_PEOPLE, thread)
    ticket_id = world.container.conversations.get(thread).ticket_id
    assert SECRET in str(world.container.tickets.events(ticket_id))
    new = split(world, thread, 2)
    forget(world, new)
    assert stored_with(tmp_path, SECRET) == []
    assert world.container.tickets.get(ticket_id).description == FORGOTTEN
    assert world.container.conversations.get(thread).ticket_id == ticket_id


def test_what_was_taken_off_twice_goes_from_every_thread_that_has_it(world: World, tmp_path: Path) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    cut = joined(world, thread, "Bob here", "b@x", BOB)
    joined(world, thread, f"and my {SECRET}", "c@x", BOB)
    first = split(world, thread, cut)
    second = split(world, first, 2)
    assert len(stored_with(tmp_path, SECRET)) > 1
    forget(world, second)
    assert raw_with(world, SECRET) == []
    assert stored_with(tmp_path, SECRET) == []
    assert "customer: Bob here" in words(world, first)
    assert len(raw_with(world, "Bob here")) == 1


def test_a_second_copy_of_what_was_taken_off_goes_with_it(world: World, tmp_path: Path) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    cut = joined(world, thread, f"My {SECRET}", "b@x", BOB)
    text = f"My {SECRET}"
    to = world.container.mailing.marks.tokens.reply_address(OURS, thread)
    pressed_twice = world.receive(
        mail(text, sender=BOB, to=to, message_id="b2@x", files={"b@x.txt": b"E47"}), name="twice"
    )
    assert (pressed_twice.reason, len(raw_with(world, SECRET))) == (GateReason.SAME_BODY, 2)
    forget(world, split(world, thread, cut))
    assert raw_with(world, SECRET) == []
    assert stored_with(tmp_path, SECRET) == []


@pytest.mark.parametrize("forgotten", ["source", "target"])
def test_merged_threads_of_one_customer_are_forgotten_as_one(world: World, tmp_path: Path, forgotten: str) -> None:
    source, target = begun(world, f"A {SECRET} is lost", "s@x"), begun(world, f"The {SECRET} again", "t@x")
    other = begun(world, "Where is order 17?", "o@x")
    world.container.mail_people.join.merge(source, target, ANNA)
    world.receive(mail(f"My {SECRET}!", sender=ADA, message_id="l@x", In_Reply_To="<answer-to-s@x>"))
    forget(world, source if forgotten == "source" else target)
    assert [is_there(world, one) for one in (source, target, other)] == [False, False, True]
    assert raw_with(world, SECRET) == []
    assert stored_with(tmp_path, SECRET) == []
    assert len(raw_with(world, "order 17")) == 1


def test_a_merged_thread_of_another_customer_is_forgotten_alone_with_what_they_wrote_since(
    world: World, tmp_path: Path
) -> None:
    source = begun(world, f"Bob's {SECRET}", "s@x", sender=BOB)
    target = begun(world, "Ada's order 17", "t@x")
    people = world.container.mail_people
    people.join.merge(source, target, ANNA, customers_join=True)
    late = world.receive(mail(f"Bob's {SECRET} again", sender=BOB, message_id="l@x", In_Reply_To="<answer-to-s@x>"))
    assert late.conversation_id == target
    forget(world, source)
    assert [is_there(world, one) for one in (source, target)] == [False, True]
    assert raw_with(world, SECRET) == []
    assert stored_with(tmp_path, SECRET) == []
    assert len(raw_with(world, "order 17")) == 1
    thread = world.container.mailing.threads.get(target)
    assert (BOB in thread.participants, BOB in thread.cc, people.routes.get(target).merged) == (False, False, ())
    assert [listed.mail.sender for listed in people.read.of_conversation(target)] == [ADA]


def test_forgetting_the_thread_that_another_customers_was_merged_into_leaves_theirs(
    world: World,
) -> None:
    source = begun(world, "Bob's order 18", "s@x", sender=BOB)
    target = begun(world, f"Ada's {SECRET}", "t@x")
    world.container.mail_people.join.merge(source, target, ANNA, customers_join=True)
    forget(world, target)
    assert [is_there(world, one) for one in (source, target)] == [True, False]
    assert raw_with(world, SECRET) == []
    assert len(raw_with(world, "order 18")) == 1
    # Where it goes now nobody knows any more, so a new one is begun.
    again = world.receive(mail("And?", sender=BOB, message_id="l@x", In_Reply_To="<answer-to-s@x>"))
    assert again.conversation_id != target
    assert world.container.mail_people.join.unmerge(source, ANNA).conversation_id == source


@pytest.mark.parametrize("how", ["split", "merge"])
def test_forgetting_that_breaks_off_at_any_write_is_gone_on_with(tmp_path: Path, how: str) -> None:
    number, finished = 1, False
    while not finished:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        world = World(folder, support_address=OURS)
        thread = begun(world, "Where is order 17?", "s@x")
        if how == "split":
            gone = split(world, thread, joined(world, thread, f"Bob's {SECRET}", "b@x", BOB))
        else:
            gone = begun(world, f"Bob's {SECRET}", "b@x", BOB)
            world.container.mail_people.join.merge(gone, thread, ANNA, customers_join=True)
            world.receive(mail(f"My {SECRET}!", sender=BOB, message_id="l@x", In_Reply_To="<answer-to-b@x>"))
        table = FaultyTable(world.ports.table, rng=random.Random(1), fail_before=nth_write(number))
        broken = assemble(world.container.settings, replace(world.ports, table=table)).visitors.forget_conversation
        try:
            broken.forget(gone)
            finished = True
        except StoreUnavailableError:
            forget(world, gone)
        assert raw_with(world, SECRET) == []
        assert stored_with(folder, SECRET) == []
        assert len(raw_with(world, "order 17")) == 1
        number += 1
    assert number > 6
