"""The six nodes on the real store: what a customer gets, and what may not happen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from firstline.adapters.faulty_table import FaultyTable, nth_call
from firstline.domain.conversation import ConversationStatus
from firstline.domain.errors import (
    ConversationTakenOverError,
    MessageIdConflictError,
    NotFoundError,
    StaleAttemptError,
    TurnAlreadyFinishedError,
    TurnSupersededError,
)
from firstline.domain.phrases import PERSON_OFFER
from firstline.domain.turn import Reason, Strategy
from firstline.repositories import keys
from firstline.services.accept_message import turn_document
from tests.component.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def texts(world: World, conversation_id: str) -> list[tuple[str, str]]:
    return [(e.author.value, e.text) for e in world.container.conversations.events(conversation_id)]


def test_a_question_gets_a_cited_answer_that_every_device_sees(world: World) -> None:
    conversation = world.open(sockets=2)
    turn = world.ask(conversation, "How do I reset a forgotten password?")
    reply = turn["reply"]
    assert reply["action"] == "answer"
    assert reply["citations"][0]["source"] == "articles/accounts.md"
    assert reply["citations"][0]["url"] == "https://help.example/accounts#reset-your-password"
    assert "password" in reply["text"]
    for socket in ("s0", "s1"):
        assert [f["node"] for f in world.sockets.of_type(socket, "status")] == [
            "IdentifyCustomer",
            "ClassifyQuery",
            "RetrieveKnowledge",
            "GenerateResponse",
        ]
        streamed = "".join(f["text"] for f in world.sockets.of_type(socket, "delta"))
        assert streamed == world.sockets.of_type(socket, "reply")[0]["text"] == reply["text"]


def test_the_store_holds_what_happened(world: World) -> None:
    conversation = world.open()
    turn = world.ask(conversation, "How do I reset a forgotten password?")
    table, pk = world.ports.table, keys.conversation(conversation)
    assert [author for author, _ in texts(world, conversation)] == ["bot", "customer", "bot"]
    decision = table.get(pk, keys.decision(turn["turn_id"]))
    receipt = table.get(pk, keys.receipt(turn["turn_id"]))
    assert decision is not None
    assert receipt is not None
    assert decision["arm"] == turn["reply"]["strategy"]
    assert float(decision["propensity"]) == pytest.approx(turn["reply"]["propensity"], abs=1e-6)
    body = json.loads(receipt["body"])
    assert body["cited"][0] in [chunk_id for chunk_id, _ in body["chunks"]]
    customer = turn["customer"]["customer"]["customer_id"]
    assert world.container.graph.neighbours(("customer", customer), "topic") == {"account_management": 1}
    assert world.container.graph.neighbours(("article", "articles/accounts.md"), "topic") == {"account_management": 1}
    assert world.container.turns.get(conversation, turn["turn_id"]).finished


def test_what_is_not_in_the_articles_is_not_answered_and_the_second_time_a_person_is_asked(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation, "Does it integrate with zoological spectrometers?")["reply"]
    assert (first["action"], first["citations"]) == ("clarify", [])
    second = world.ask(conversation, "Spectrometers for zebras, you know, hyperspectral")["reply"]
    assert second["reason"] == Reason.STILL_NOTHING_FOUND
    ticket = world.container.tickets.get(second["handover"]["ticket_id"])
    assert ticket.conversation_id == conversation
    assert ticket.ticket_id in second["text"]


def test_a_handover_opens_one_ticket_and_says_so_again_on_the_next(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation, "let me talk to a human")["reply"]
    second = world.ask(conversation, "a real person, please")["reply"]
    assert first["handover"]["ticket_id"] == second["handover"]["ticket_id"]
    assert world.container.conversations.get(conversation).status is ConversationStatus.WAITING_FOR_PERSON


def test_a_resend_gets_the_same_place_and_another_text_is_refused(world: World) -> None:
    conversation = world.open()
    first = world.say(conversation, "How do I export timesheets?", "m1")
    again = world.say(conversation, "How do I export timesheets?", "m1")
    assert (again.seq, again.turn_id, again.duplicate) == (first.seq, first.turn_id, True)
    with pytest.raises(MessageIdConflictError):
        world.say(conversation, "Something else", "m1")
    assert len(texts(world, conversation)) == 2


def test_a_message_to_nowhere_is_refused(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.say("nowhere", "hello")


def test_a_burst_gets_one_answer_to_all_of_it(world: World) -> None:
    conversation = world.open()
    first = world.say(conversation, "hi, about my password")
    second = world.say(conversation, "how do I reset it?")
    with pytest.raises(TurnSupersededError):
        world.run(conversation, first)
    document = world.run(conversation, second)
    assert document["customer"]["unanswered"] == ["hi, about my password", "how do I reset it?"]
    assert [author for author, _ in texts(world, conversation)] == ["bot", "customer", "customer", "bot"]


def test_a_message_before_the_first_word_keeps_the_answer_to_the_one_before_from_being_shown(world: World) -> None:
    conversation = world.open()
    first = world.say(conversation, "How do I reset a forgotten password?")
    document = world.run(conversation, first, until="RetrieveKnowledge")
    world.say(conversation, "I mean the one of my colleague")
    with pytest.raises(TurnSupersededError):
        world.node("GenerateResponse", document, f"e-{first.turn_id}")
    assert {"delta", "reply"} & set(world.sockets.types("s0")) == set()
    assert world.container.turns.get(conversation, first.turn_id).finished


def test_a_takeover_during_the_writing_keeps_the_bot_silent(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    document = world.run(conversation, accepted, until="RetrieveKnowledge")
    world.ports.table.update(keys.conversation(conversation), keys.META, set={"owner": "agent-7"}, add={"version": 1})
    with pytest.raises(ConversationTakenOverError):
        world.node("GenerateResponse", document, f"e-{accepted.turn_id}")
    assert [author for author, _ in texts(world, conversation)] == ["bot", "customer"]
    later = world.say(conversation, "are you there?")
    with pytest.raises(ConversationTakenOverError):
        world.run(conversation, later)


def test_of_two_executions_of_one_turn_one_answers(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    document = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="a")
    with pytest.raises(StaleAttemptError):
        world.run(conversation, accepted, execution_id="b")
    world.node("GenerateResponse", document, "a")
    assert [author for author, _ in texts(world, conversation)] == ["bot", "customer", "bot"]


def test_after_the_lease_the_second_attempt_fences_the_first(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    stale = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="a")
    world.clock.forward(200)
    fresh = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="b")
    assert (stale["customer"]["attempt"], fresh["customer"]["attempt"]) == (1, 2)
    with pytest.raises(StaleAttemptError):
        world.node("GenerateResponse", stale, "a")
    assert "delta" not in world.sockets.types("s0")
    world.node("GenerateResponse", fresh, "b")
    with pytest.raises(StaleAttemptError):
        world.node("GenerateResponse", stale, "a")
    assert len(texts(world, conversation)) == 3


def test_a_turn_that_died_after_its_reply_is_completed_without_a_second_reply(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    first = world.run(conversation, accepted, until="GenerateResponse", execution_id="a")
    world.clock.forward(200)
    second = world.run(conversation, accepted, execution_id="b")
    assert second["reply"] == first["reply"]
    assert second["insights"]["edges_written"] > 0
    assert len(texts(world, conversation)) == 3
    with pytest.raises(TurnAlreadyFinishedError):
        world.run(conversation, accepted, execution_id="c")


def test_the_same_turn_analysed_twice_counts_its_edges_once(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    document = world.run(conversation, accepted, until="GenerateResponse")
    assert world.node("AnalyzeGraph", document)["insights"]["edges_written"] > 0
    assert world.node("AnalyzeGraph", document)["insights"]["edges_written"] == 0


def test_thanks_reward_the_answer_before_once(world: World) -> None:
    conversation = world.open()
    answered = world.ask(conversation, "How do I reset a forgotten password?")
    accepted = world.say(conversation, "thanks, that worked")
    document = world.run(conversation, accepted)
    feedback = document["feedback"]
    assert (feedback["about_turn"], feedback["reward"], feedback["settled"]) == (answered["turn_id"], 1.0, True)
    # Whether the mood has turned as well is for the classification to say.
    assert {**feedback["signals"], "mood": 1.0} == {"resolved": 1.0, "thanked": 1.0, "mood": 1.0}
    assert not world.node("CollectFeedback", document)["feedback"]["settled"]
    learning, place = world.container.learning, list(Strategy).index(answered["reply"]["strategy"])
    for segment in ("account_management", "account_management.chat"):
        arms = learning.arms.read(learning.options.version_of(), segment)
        assert [arm.get("n", 0) for arm in arms] == [1_000_000 * (arm == place) for arm in range(len(Strategy))]
        # The answer was there at once, and a second's wait costs little.
        assert arms[place]["r"] == pytest.approx(1_000_000 * document["feedback"]["reward"], abs=1)
    customer = world.container.customers.get(document["customer"]["customer"]["customer_id"])
    assert customer.satisfaction == 1.0


def test_silence_is_no_reward(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, "How do I reset a forgotten password?")
    feedback = world.ask(conversation, "And how do I export timesheets?")["feedback"]
    assert (feedback["reward"], feedback["settled"]) == (None, False)


def test_the_next_answer_knows_the_insights_of_the_last(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, "How do I reset a forgotten password?")
    second = world.ask(conversation, "How do I delete my account?")
    assert second["customer"]["customer"]["insights"]["topics"] == ["account_management"]
    assert second["customer"]["customer"]["interaction_count"] == 1


def test_who_keeps_coming_back_with_a_topic_is_offered_a_person(world: World) -> None:
    conversation = world.open()
    replies = [world.ask(conversation, "How do I reset a forgotten password?")["reply"]["text"] for _ in range(4)]
    assert [PERSON_OFFER in text for text in replies] == [False, False, False, True]


def test_a_user_is_one_customer_across_conversations_and_visitors_never_meet(world: World) -> None:
    ids = [
        world.ask(world.open(user, sockets=0), "How do I export timesheets?")["customer"]["customer"]["customer_id"]
        for user in ("anna", "anna", "", "")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_the_sweep_starts_what_never_ran_and_asks_a_person_in_the_end(tmp_path: Path) -> None:
    world = World(tmp_path, max_turn_attempts=2)
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    assert world.container.sweep_turns.sweep().restarted == 0
    for attempt in (1, 2):
        world.clock.forward(200)
        assert world.container.sweep_turns.sweep().restarted == 1
        name, document = world.engine.started[-1]
        assert name == f"{accepted.turn_id}-{attempt}"
        world.node("IdentifyCustomer", dict(document), f"e{attempt}")
    world.clock.forward(200)
    report = world.container.sweep_turns.sweep()
    assert (report.restarted, report.handed_over) == (0, 1)
    assert texts(world, conversation)[-1][1].startswith("Something went wrong")
    world.clock.forward(200)
    assert world.container.sweep_turns.sweep().handed_over == 0


def test_after_a_crash_everything_unfinished_starts_at_once(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, "How do I reset a forgotten password?")
    world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="dead")
    assert world.container.sweep_turns.recover().restarted == 1
    document = dict(world.engine.started[-1][1])
    for name in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"):
        document = world.node(name, document, "alive")
    assert len(texts(world, conversation)) == 3


def test_a_dead_socket_is_forgotten_and_the_others_get_the_answer(world: World) -> None:
    conversation = world.open(sockets=2)
    world.sockets.dead.add("s0")
    world.clock.forward(11)
    world.ask(conversation, "How do I reset a forgotten password?")
    assert world.container.conversations.connections(conversation) == ["s1"]
    assert "reply" in world.sockets.types("s1")


def test_killed_between_any_two_calls_of_the_store_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    k = 0
    while True:
        k += 1
        world = World(tmp_path / str(k))
        conversation = world.open()
        accepted = world.say(conversation, "How do I reset a forgotten password?")
        document = turn_document(world.container.turns.get(conversation, accepted.turn_id))
        faulty = FaultyTable(world.ports.table, rng=random.Random(k), failure=lambda: ConnectionAbortedError("killed"))
        broken = World(tmp_path / str(k), table=faulty)
        faulty.fail_after = nth_call(len(faulty.calls) + k)
        broken.clock.moment = world.clock.moment
        try:
            for name in ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse", "AnalyzeGraph"):
                document = broken.node(name, document, "dying")
            broken.node("CollectFeedback", document, "dying")
            survived = True
        except ConnectionAbortedError:
            survived = False
        world.container.sweep_turns.recover()
        if not world.container.turns.get(conversation, accepted.turn_id).finished:
            world.run(conversation, accepted, execution_id="alive")
        authors = [author for author, _ in texts(world, conversation)]
        assert authors == ["bot", "customer", "bot"], f"killed after call {k}"
        customer = world.container.conversations.get(conversation).customer_id
        assert world.container.graph.neighbours(("customer", customer), "topic") == {"account_management": 1}
        if survived:
            break
    assert k > 10
