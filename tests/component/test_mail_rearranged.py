"""Mails that come in after people have merged their thread or split it, through the real intake."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.adapters.local.table import SQLiteTable
from firstline.domain.identity import Principal, Role
from firstline.services.accept_message import turn_document
from tests.component.received import OURS, answered, mail, words
from tests.component.world import HandClock, World

ANNA = Principal("anna", Role.AGENT, "Anna")
ADA, BOB = "ada@home.example", "bob@work.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS)


def begun(world: World, text: str, message_id: str, sender: str = ADA) -> str:
    """Have a mail begin a thread, with an answer of ours to it that has an id; return the conversation."""
    taken = world.receive(mail(text, sender=sender, message_id=message_id, subject=text))
    answered(world, taken.conversation_id, f"answer-to-{message_id}")
    return taken.conversation_id


def token_address(world: World, conversation_id: str) -> str:
    return world.container.mailing.marks.tokens.reply_address(OURS, conversation_id)


def test_whatever_points_to_a_merged_thread_leads_to_the_other(world: World) -> None:
    source, target = begun(world, "Where is order 17?", "s@x"), begun(world, "My invoice is wrong", "t@x")
    world.container.mail_people.join.merge(source, target, ANNA)
    by_token = world.receive(mail("One", sender=ADA, to=token_address(world, source), message_id="m1@x"))
    by_reference = world.receive(mail("Two", sender=ADA, message_id="m2@x", In_Reply_To="<answer-to-s@x>"))
    assert by_token.conversation_id == by_reference.conversation_id == target
    assert words(world, target)[-2:] == ["customer: One", "customer: Two"]
    assert "customer: One" not in words(world, source)
    stranger = world.receive(mail("Three", sender=BOB, message_id="m3@x", In_Reply_To="<answer-to-s@x>"))
    assert stranger.conversation_id not in (source, target)


def test_customers_who_were_joined_are_taken_by_their_references_and_no_longer_once_it_is_undone(
    world: World,
) -> None:
    source, target = begun(world, "Our order", "s@x", sender=BOB), begun(world, "Our order", "t@x")
    world.container.mail_people.join.merge(source, target, ANNA, customers_join=True)
    mine = world.receive(mail("From Bob", sender=BOB, message_id="m1@x", In_Reply_To="<answer-to-t@x>"))
    assert mine.conversation_id == target
    world.container.mail_people.join.unmerge(source, ANNA)
    after = world.receive(mail("Bob again", sender=BOB, message_id="m2@x", In_Reply_To="<answer-to-t@x>"))
    own = world.receive(mail("And again", sender=BOB, message_id="m3@x", In_Reply_To="<answer-to-s@x>"))
    assert after.conversation_id not in (source, target)
    assert own.conversation_id == source


def test_what_refers_to_mails_after_the_cut_goes_to_the_new_thread_and_the_rest_stays(world: World) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    address = token_address(world, thread)
    cut = world.receive(mail("Something else now", sender=ADA, to=address, message_id="c@x"))
    answered(world, thread, "answer-to-c@x")
    (seq,) = [event.seq for event in world.container.conversations.events(thread) if "else" in event.text]
    new = world.container.mail_people.split.split(thread, seq, ANNA).conversation_id
    later = mail("And?", sender=ADA, to=address, message_id="l@x", References="<s@x> <answer-to-s@x> <answer-to-c@x>")
    assert cut.conversation_id == thread
    assert world.receive(later).conversation_id == new
    before = mail("Thanks", sender=ADA, to=address, message_id="b@x", References="<s@x> <answer-to-s@x>")
    assert world.receive(before).conversation_id == thread
    own = mail("By its own token", sender=ADA, to=token_address(world, new), message_id="o@x")
    assert world.receive(own).conversation_id == new
    threads = world.container.mailing.threads
    assert threads.get(new).last_received == "o@x"
    assert {"c@x", "answer-to-c@x"}.isdisjoint(threads.get(thread).references)


def test_after_a_split_each_threads_answers_go_to_those_who_wrote_it(world: World) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    address = token_address(world, thread)
    # Somebody has passed our mail on to Bob, who writes of something else, with Reply-To and a copy.
    other = mail("Bob here", sender=BOB, to=address, message_id="c@x", Reply_To="boss@work.example", Cc="eve@x.example")
    assert world.receive(other).conversation_id == thread
    threads = world.container.mailing.threads
    assert threads.get(thread).customer.address == "boss@work.example"
    (seq,) = [event.seq for event in world.container.conversations.events(thread) if "Bob" in event.text]
    new = world.container.mail_people.split.split(thread, seq, ANNA).conversation_id
    kept, taken = threads.get(thread), threads.get(new)
    assert (kept.customer.address, kept.cc, set(kept.participants)) == (ADA, (), {ADA})
    assert (taken.customer.address, taken.cc) == ("boss@work.example", ("eve@x.example",))
    assert ADA not in taken.participants | set(taken.cc)
    assert "ada" not in world.container.conversations.get(new).contact.email


def test_files_of_mails_that_were_taken_off_stay_where_they_lie_and_are_named(world: World) -> None:
    thread = begun(world, "Where is order 17?", "s@x")
    address = token_address(world, thread)
    world.receive(
        mail("The printer's note", sender=ADA, to=address, message_id="f@x", files={"note.txt": b"It says E47.\n"})
    )
    event = next(event for event in world.container.conversations.events(thread) if "note" in event.text)
    new = world.container.mail_people.split.split(thread, event.seq, ANNA).conversation_id
    (copy,) = [one for one in world.container.conversations.events(new) if "note" in one.text]
    (file,) = copy.detail["copied_from"]["attachments"]
    assert copy.detail["copied_from"]["conversation_id"] == thread
    assert world.container.attached_files.read.open(thread, file["file_id"]).content == b"It says E47.\n"
    world.container.people.own_conversation.hand_back(new, ANNA)
    turn = world.container.turns.get(new, world.container.conversations.get(new).last_turn)
    document = turn_document(turn)
    for node in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"):
        document = world.node(node, document)
    assert document["reply"]["text"]


@pytest.mark.parametrize("how", ["merge", "split"])
def test_a_mail_that_is_being_taken_while_its_thread_is_rearranged_is_taken_where_it_belongs_once(
    tmp_path: Path, how: str
) -> None:
    clock = HandClock()
    waiting = list[str]()

    def rearranged(call: Call) -> bool:
        # Just before the mail's own transaction, which was made for where it went before.
        if waiting and call.write_number and any(sk.startswith("MSG#") for _, sk in call.keys):
            source = waiting.pop()
            people = world.container.mail_people
            if how == "merge":
                people.join.merge(source, target, ANNA)
            else:
                made.append(people.split.split(source, 2, ANNA).conversation_id)
        return False

    inner = SQLiteTable(tmp_path / "store.db", clock=clock)
    table = FaultyTable(inner, rng=random.Random(1), fail_before=rearranged)
    world = World(tmp_path, table=table, support_address=OURS)
    made = list[str]()
    source, target = begun(world, "Where is order 17?", "s@x"), begun(world, "My invoice", "t@x")
    address = token_address(world, source)
    world.receive(mail("Something else", sender=ADA, to=address, message_id="c@x"))
    waiting.append(source)
    taken = world.receive(mail("Late", sender=ADA, to=address, message_id="l@x", References="<s@x> <c@x>"))
    assert not waiting
    expected = target if how == "merge" else made[0]
    assert taken.conversation_id == expected
    said = [place for place in (source, expected) if "customer: Late" in words(world, place)]
    assert said == [expected]
