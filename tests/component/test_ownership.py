"""Bot or person: taking, handing back, passing on and closing, and who may say what meanwhile."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.faulty_table import FaultyTable, nth_call
from firstline.domain.conversation import BOT, ConversationStatus
from firstline.domain.errors import (
    ConversationOwnedError,
    ConversationTakenOverError,
    MessageIdConflictError,
    NotFoundError,
    NotPermittedError,
    StaleAttemptError,
    TurnAlreadyFinishedError,
)
from firstline.domain.identity import Principal, Role
from firstline.services.accept_message import turn_document
from firstline.services.own_conversation import OwnConversation
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
ANNA = Principal("anna", Role.AGENT, name="Anna")
BEN = Principal("ben", Role.AGENT, name="Ben")
CHIEF = Principal("chief", Role.ADMIN)


def own(world: World) -> OwnConversation:
    return world.container.people.own_conversation


def log(world: World, conversation_id: str) -> list[tuple[str, str]]:
    return [(e.author.value, e.text) for e in world.container.conversations.events(conversation_id)]


def authors(world: World, conversation_id: str) -> list[str]:
    return [author for author, _ in log(world, conversation_id)]


def audit(world: World) -> list[dict[str, Any]]:
    days = [
        world.ports.table.query(f"AUDIT#{world.clock.now():%Y-%m-%d}#{shard}", consistent=True).items
        for shard in range(4)
    ]
    return sorted((item for items in days for item in items), key=lambda item: str(item["sk"]))


def test_taking_changes_owner_and_version_and_tells_every_socket(world: World) -> None:
    conversation = world.open(sockets=2)
    taken = own(world).take(conversation, ANNA, version=1)
    assert (taken.owner, taken.version) == ("anna", 2)
    assert taken == world.container.conversations.get(conversation)
    for socket in ("s0", "s1"):
        assert world.sockets.frames[socket] == [
            {"type": "agent", "seq": 2, "owner": "person", "name": "Anna", "version": 2}
        ]
    (event,) = world.container.conversations.events(conversation, after_seq=1)
    assert (event.author.value, event.text) == ("system", "Anna has joined the conversation.")
    assert event.detail == {"owner": "person", "action": "taken", "name": "Anna", "version": 2}
    (entry,) = audit(world)
    assert (entry["action"], entry["by"], entry["of"]) == ("conversation_taken", "anna", conversation)


def test_taking_again_what_is_mine_changes_nothing(world: World) -> None:
    conversation = world.open()
    first = own(world).take(conversation, ANNA, version=1)
    assert own(world).take(conversation, ANNA, version=1) == first
    assert len(log(world, conversation)) == 2
    assert len(audit(world)) == 1


def test_what_a_colleague_has_is_not_taken_and_the_refusal_says_whose_it_is(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    with pytest.raises(ConversationOwnedError, match="Anna owns this conversation, at version 2") as refused:
        own(world).take(conversation, BEN)
    assert refused.value.members == {"owner": "anna", "owner_name": "Anna", "version": 2}


def test_a_version_that_has_passed_is_refused(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    own(world).hand_back(conversation, ANNA)
    with pytest.raises(ConversationOwnedError, match="the bot owns this conversation, at version 3"):
        own(world).take(conversation, ANNA, version=1)


def test_of_many_who_take_at_once_one_gets_it(world: World) -> None:
    conversation = world.open()
    people = [Principal(f"agent-{number}", Role.AGENT) for number in range(8)]

    def take(person: Principal) -> str:
        try:
            return own(world).take(conversation, person).owner
        except ConversationOwnedError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        owners = [owner for owner in pool.map(take, people) if owner]
    assert owners == [world.container.conversations.get(conversation).owner]
    assert len(log(world, conversation)) == 2


def test_only_the_owner_or_an_admin_gives_a_conversation_away(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    world.container.people.agents.seen("ben", "Ben")
    for act in (own(world).hand_back, own(world).close):
        with pytest.raises(ConversationOwnedError):
            act(conversation, BEN)
    with pytest.raises(ConversationOwnedError):
        own(world).transfer(conversation, BEN, "ben")
    assert own(world).transfer(conversation, CHIEF, "ben").owner == "ben"
    assert own(world).hand_back(conversation, CHIEF).owner == BOT


def test_a_transfer_goes_to_people_who_have_been_here_and_is_done_once(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    with pytest.raises(NotFoundError):
        own(world).transfer(conversation, ANNA, "nobody")
    with pytest.raises(NotPermittedError):
        own(world).transfer(conversation, ANNA, BOT)
    world.container.people.agents.seen("ben", "Ben")
    first = own(world).transfer(conversation, ANNA, "ben", version=2)
    assert own(world).transfer(conversation, ANNA, "ben", version=2) == first
    assert world.sockets.frames["s0"][-1]["name"] == "Ben"
    assert log(world, conversation)[-1] == ("system", "Ben has taken over the conversation.")


def test_nobody_can_be_called_bot(world: World) -> None:
    with pytest.raises(NotPermittedError):
        own(world).take(world.open(), Principal(BOT, Role.AGENT))


def test_a_takeover_in_mid_stream_withdraws_what_was_shown_and_nothing_is_said_after_it(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    document = world.run(conversation, accepted, until="RetrieveKnowledge")
    own(world).take(conversation, ANNA)
    assert world.sockets.types("s0")[-2:] == ["superseded", "agent"]
    with pytest.raises(ConversationTakenOverError):
        world.node("GenerateResponse", document, f"e-{accepted.turn_id}")
    assert authors(world, conversation) == ["bot", "customer", "system"]
    assert "delta" not in world.sockets.types("s0")


def test_while_a_person_owns_it_messages_are_accepted_and_the_bot_is_silent(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    accepted = world.say(conversation, QUESTION)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, accepted)
    assert authors(world, conversation) == ["bot", "system", "customer"]
    assert world.container.turns.get(conversation, accepted.turn_id).finished


def test_handed_back_the_bot_answers_what_nobody_has_answered(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    world.say(conversation, "hello, are you there?")
    accepted = world.say(conversation, QUESTION)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, accepted)
    own(world).hand_back(conversation, ANNA)
    ((_, document),) = world.engine.started
    assert document["turn_id"] == accepted.turn_id
    answered = world.run(conversation, accepted, execution_id="again")
    assert answered["customer"]["unanswered"] == ["hello, are you there?", QUESTION]
    assert authors(world, conversation) == ["bot", "system", "customer", "customer", "system", "bot"]


def test_handed_back_after_an_answer_the_bot_waits_for_the_next_message(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    accepted = world.say(conversation, QUESTION)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, accepted)
    world.container.people.answer_as_person.say(conversation, ANNA, "a1", "By the link on the sign-in page.")
    own(world).hand_back(conversation, ANNA)
    assert world.engine.started == []
    turn = world.ask(conversation, "How do I export timesheets?")
    assert turn["customer"]["unanswered"] == ["How do I export timesheets?"]
    assert [said["author"] for said in turn["customer"]["history"]] == ["customer", "agent"]
    assert authors(world, conversation)[-1] == "bot"


def test_taken_and_handed_back_while_the_turn_is_at_work_it_is_answered_once_by_the_newer_attempt(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    stale = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="old")
    own(world).take(conversation, ANNA)
    own(world).hand_back(conversation, ANNA)
    world.run(conversation, accepted, execution_id="new")
    with pytest.raises(StaleAttemptError):
        world.node("GenerateResponse", stale, "old")
    assert authors(world, conversation) == ["bot", "customer", "system", "system", "bot"]


def test_what_could_not_be_started_on_handing_back_is_started_by_the_sweep(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    accepted = world.say(conversation, QUESTION)
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, accepted)
    own(world).hand_back(conversation, ANNA)
    world.engine.started.clear()
    world.clock.forward(1)
    assert world.container.sweep_turns.sweep().restarted == 1


def test_a_person_is_read_by_the_customer_once_however_often_the_message_is_sent(world: World) -> None:
    conversation = world.open(sockets=2)
    own(world).take(conversation, ANNA)
    say = world.container.people.answer_as_person.say
    first = say(conversation, ANNA, "a1", "Hello, this is Anna.")
    assert say(conversation, ANNA, "a1", "Hello, this is Anna.") == first
    assert (first.author.value, first.detail["name"]) == ("agent", "Anna")
    assert [f["text"] for f in world.sockets.of_type("s1", "event")] == ["Hello, this is Anna."]
    with pytest.raises(MessageIdConflictError):
        say(conversation, ANNA, "a1", "Something else.")


def test_only_the_owner_speaks_and_types(world: World) -> None:
    conversation = world.open()
    person = world.container.people.answer_as_person
    for by in (ANNA, CHIEF):
        with pytest.raises(ConversationOwnedError, match="the bot owns"):
            person.say(conversation, by, "a1", "Hello")
    own(world).take(conversation, ANNA)
    with pytest.raises(ConversationOwnedError, match="Anna owns"):
        person.typing(conversation, BEN)
    person.typing(conversation, ANNA)
    assert world.sockets.frames["s0"][-1] == {"type": "typing", "author": "agent", "name": "Anna"}


def test_a_customers_message_id_never_meets_a_persons(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    world.say(conversation, "first", "m1")
    event = world.container.people.answer_as_person.say(conversation, ANNA, "m1", "second")
    assert event.seq == 4


def test_people_and_customer_writing_at_once_lose_nothing(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    say = world.container.people.answer_as_person.say

    def write(number: int) -> None:
        if number % 2:
            say(conversation, ANNA, f"a{number}", f"person {number}")
        else:
            world.say(conversation, f"customer {number}", f"m{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(16)))
    events = world.container.conversations.events(conversation, after_seq=2)
    assert [event.seq for event in events] == list(range(3, 19))
    assert {event.text for event in events} == {
        f"{'person' if number % 2 else 'customer'} {number}" for number in range(16)
    }


def test_closing_ends_it_and_the_next_message_opens_it_with_the_bot(world: World) -> None:
    conversation = world.open()
    own(world).take(conversation, ANNA)
    closed = own(world).close(conversation, ANNA)
    assert (closed.owner, closed.status) == (BOT, ConversationStatus.CLOSED)
    assert own(world).close(conversation, ANNA) == closed
    assert world.sockets.frames["s0"][-1]["detail"]["action"] == "closed"
    world.ask(conversation, QUESTION)
    assert authors(world, conversation)[-1] == "bot"
    assert world.container.conversations.get(conversation).status is ConversationStatus.OPEN


def test_closing_leaves_nothing_for_the_bot_to_answer(world: World) -> None:
    conversation = world.open()
    waiting = world.say(conversation, QUESTION)
    own(world).close(conversation, ANNA)
    with pytest.raises(TurnAlreadyFinishedError):
        world.run(conversation, waiting)
    at_work = world.say(conversation, "How do I export timesheets?")
    document = world.run(conversation, at_work, until="RetrieveKnowledge")
    own(world).close(conversation, ANNA)
    with pytest.raises((ConversationTakenOverError, StaleAttemptError)):
        world.node("GenerateResponse", document, f"e-{at_work.turn_id}")
    world.clock.forward(1_000)
    assert world.container.sweep_turns.sweep().restarted == 0
    assert authors(world, conversation).count("bot") == 1


def test_the_queues_show_what_waits_what_is_mine_and_all_that_people_look_after(world: World) -> None:
    waiting, mine, bens, bots = (world.open(sockets=0) for _ in range(4))
    for conversation in (waiting, mine):
        world.ask(conversation, "let me talk to a human")
        world.clock.forward(5)
    own(world).take(mine, ANNA)
    own(world).take(bens, BEN)
    own(world).take(bots, BEN)
    own(world).hand_back(bots, BEN)

    def queue(prefix: str) -> list[str]:
        page = world.container.people.ownership.queue(prefix, limit=10, cursor=None)
        return [conversation.conversation_id for conversation in page.conversations]

    assert queue("WAITING#") == [waiting]
    assert queue("TAKEN#anna#") == [mine]
    assert set(queue("")) == {waiting, mine, bens}
    own(world).close(waiting, ANNA)
    assert queue("WAITING#") == []


def test_a_handover_that_meets_a_takeover_says_nothing(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "let me talk to a human")
    document = world.run(conversation, accepted, until="RetrieveKnowledge")
    own(world).take(conversation, ANNA)
    with pytest.raises(ConversationTakenOverError):
        world.node("GenerateResponse", document, f"e-{accepted.turn_id}")
    assert authors(world, conversation) == ["bot", "customer", "system"]
    failed = turn_document(world.container.turns.get(conversation, accepted.turn_id))
    assert failed["message"]["seq"] == 2


def test_a_turn_that_failed_for_good_ends_quietly_where_a_person_has_the_conversation(tmp_path: Path) -> None:
    world = World(tmp_path, max_turn_attempts=1)
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    world.run(conversation, accepted, until="IdentifyCustomer")
    own(world).take(conversation, ANNA)
    world.clock.forward(200)
    report = world.container.sweep_turns.sweep()
    assert (report.restarted, report.handed_over) == (0, 0)
    assert world.container.turns.get(conversation, accepted.turn_id).finished
    assert authors(world, conversation) == ["bot", "customer", "system"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_takeover_killed_at_any_call_of_the_store_is_whole_or_not_at_all(tmp_path: Path, when: str) -> None:
    for k in range(1, 40):
        world = World(tmp_path / f"{when}-{k}")
        conversation = world.open(sockets=0)
        world.ask(conversation, "let me talk to a human")
        faulty = FaultyTable(world.ports.table, rng=random.Random(k), failure=lambda: ConnectionAbortedError("killed"))
        broken = World(tmp_path / f"{when}-{k}", table=faulty)
        setattr(faulty, f"fail_{when}", nth_call(len(faulty.calls) + k))
        broken.clock.moment = world.clock.moment
        try:
            own(broken).take(conversation, ANNA)
            survived = True
        except ConnectionAbortedError:
            survived = False
        after = world.container.conversations.get(conversation)
        whole = (after.owner, after.version, authors(world, conversation)[-1], len(audit(world)))
        assert whole in {("anna", 2, "system", 1), (BOT, 1, "bot", 0)}, f"killed at call {k}"
        again = own(world).take(conversation, ANNA)
        assert (again.owner, again.version, authors(world, conversation).count("system")) == ("anna", 2, 1)
        if survived:
            break
    assert k > 3


def test_handed_back_the_bot_has_all_its_tries_again(tmp_path: Path) -> None:
    world = World(tmp_path, max_turn_attempts=3)
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    for number in range(3):
        world.run(conversation, accepted, until="IdentifyCustomer", execution_id=f"lost {number}")
        world.clock.forward(200)
    own(world).take(conversation, ANNA)
    own(world).hand_back(conversation, ANNA)
    done = []
    for number in range(3):
        world.run(conversation, accepted, until="IdentifyCustomer", execution_id=f"lost again {number}")
        world.clock.forward(200)
        report = world.container.sweep_turns.sweep()
        done.append((report.restarted, report.handed_over))
    assert done == [(1, 0), (1, 0), (0, 1)]
