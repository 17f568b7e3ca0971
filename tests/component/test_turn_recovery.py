"""What happens to a turn when something fails in the middle."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstline import bootstrap
from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.domain.errors import StaleAttemptError, StoreUnavailableError, TurnAlreadyFinishedError
from firstline.domain.turn import Strategy
from firstline.nodes import NodeInput, run_node
from firstline.repositories import keys
from functions.sweep import handler as sweep
from functions.workflow import handler as workflow
from tests.component.world import NODES, World

QUESTION = "How do I reset a forgotten password?"
EVENTS = Path(__file__).parents[1] / "events"


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def authors(world: World, conversation_id: str) -> list[str]:
    return [e.author.value for e in world.container.conversations.events(conversation_id)]


def broken_after_the_commit(tmp_path: Path, world: World) -> World:
    """The same world, whose table loses the answer to the commit of the reply."""

    def lost(call: Call) -> bool:
        return call.method == "transact" and any(sk.startswith("RCPT#") for _, sk in call.keys)

    table = FaultyTable(world.ports.table, rng=random.Random(1), fail_after=lost)
    broken = World(tmp_path, table=table)
    broken.clock.moment = world.clock.moment
    return broken


def test_a_commit_whose_answer_was_lost_is_sent_by_the_retry_and_not_withdrawn(tmp_path: Path) -> None:
    world = World(tmp_path)
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    document = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="e")
    broken = broken_after_the_commit(tmp_path, world)
    with pytest.raises(StoreUnavailableError):
        broken.node("GenerateResponse", document, "e")
    retried = world.node("GenerateResponse", document, "e")
    assert authors(world, conversation) == ["bot", "customer", "bot"]
    assert world.sockets.of_type("s0", "reply")[0]["text"] == retried["reply"]["text"]
    assert "superseded" not in world.sockets.types("s0") + broken.sockets.types("s0")


def test_a_handover_for_a_turn_that_has_its_reply_sends_that_reply(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    document = world.run(conversation, accepted, until="GenerateResponse", execution_id="e")
    sent = len(world.sockets.of_type("s0", "reply"))
    with pytest.raises(TurnAlreadyFinishedError):
        run_node(
            NodeInput.model_validate({"node": "HandOverToPerson", "execution_id": "e", "turn": document}),
            world.container,
        )
    assert len(world.sockets.of_type("s0", "reply")) == sent + 1
    assert authors(world, conversation) == ["bot", "customer", "bot"]


def test_a_turn_of_a_newer_schema_is_named_and_holds_up_no_other(world: World) -> None:
    conversation = world.open()
    poisoned = world.say(conversation, "first")
    world.ports.table.update(keys.conversation(conversation), keys.turn(poisoned.turn_id), set={"schema": 99})
    other = world.open(sockets=0)
    world.say(other, QUESTION)
    world.clock.forward(200)
    report = world.container.sweep_turns.sweep()
    assert report.restarted == 1
    assert report.unreadable == (f"CONV#{conversation} / TURN#{poisoned.turn_id}",)
    assert world.container.sweep_turns.recover().unreadable == report.unreadable


def test_a_turn_that_waits_in_line_is_not_started_again_by_every_sweep(world: World) -> None:
    conversation = world.open()
    world.say(conversation, QUESTION)
    world.clock.forward(200)
    assert [world.container.sweep_turns.sweep().restarted for _ in range(3)] == [1, 0, 0]
    world.clock.forward(200)
    assert world.container.sweep_turns.sweep().restarted == 1


def test_a_stale_attempt_neither_commits_nor_finishes(world: World) -> None:
    conversation = world.open()
    accepted = world.say(conversation, QUESTION)
    stale = world.run(conversation, accepted, until="RetrieveKnowledge", execution_id="a")
    world.clock.forward(200)
    world.run(conversation, accepted, until="IdentifyCustomer", execution_id="b")
    turns = world.container.turns
    with pytest.raises(StaleAttemptError):
        turns.finish(conversation, accepted.turn_id, stale["customer"]["attempt"])
    assert not turns.get(conversation, accepted.turn_id).finished


def test_a_burst_longer_than_the_history_is_answered_whole(tmp_path: Path) -> None:
    world = World(tmp_path, max_conversation_history=2)
    conversation = world.open(sockets=0)
    accepted = [world.say(conversation, f"part {number}") for number in range(20)]
    document = world.run(conversation, accepted[-1], until="IdentifyCustomer")
    assert document["customer"]["unanswered"] == [f"part {number}" for number in range(20)]


def test_a_customer_who_writes_every_month_stays_the_same_customer(world: World) -> None:
    seen = set()
    for _ in range(6):
        world.clock.moment += timedelta(days=30)
        document = world.ask(world.open("anna", sockets=0), QUESTION)
        seen.add(document["customer"]["customer"]["customer_id"])
    assert len(seen) == 1


def test_the_settings_of_learning_reach_the_learner(tmp_path: Path) -> None:
    world = World(tmp_path, rl_exploration_rate=1.0, reward_normalization=False)
    conversation = world.open(sockets=0)
    reply = world.ask(conversation, QUESTION)["reply"]
    assert reply["propensity"] == pytest.approx(1 / len(Strategy))
    feedback = world.ask(conversation, "thanks, that solved it, but let me talk to a human")["feedback"]
    assert feedback["signals"] == {"resolved": 1.0, "thanked": 1.0, "asked_for_person": 0.0, "mood": 1.0}
    # The weighted sum is cut to 1; divided by the weight observed it would be 2/3.
    assert feedback["reward"] == 1.0
    learning = world.container.learning
    arms = learning.arms.read(learning.options.version_of(), "account_management.chat")
    assert (sum(arm.get("n", 0) for arm in arms), sum(arm.get("r", 0) for arm in arms)) == (1_000_000, 1_000_000)


def test_the_workflow_function_runs_a_node_of_a_step_functions_event(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    conversation = world.open(sockets=0)
    accepted = world.say(conversation, QUESTION, "m1")
    given = event("workflow_identify_customer")
    given["turn"] |= {"turn_id": accepted.turn_id, "conversation_id": conversation}
    part = workflow.lambda_handler(given, None)  # type: ignore[arg-type]
    assert part["unanswered"] == [QUESTION]
    document = {**given["turn"], "customer": part}
    for node in NODES[1:4]:
        document = world.node(node, document, given["execution_id"]) if node != "GenerateResponse" else document
    workflow.lambda_handler(given | {"node": "GenerateResponse", "turn": document}, None)  # type: ignore[arg-type]
    (record,) = [vars(record) for record in caplog.records if record.getMessage() == "turn answered"]
    wanted = {"conversation_id", "correlation_id", "customer_id", "ticket_id", "category", "confidence"}
    assert wanted | {"resolution_method", "processing_time_ms", "input_tokens", "cost_usd"} <= record.keys()
    assert record["conversation_id"] == conversation
    assert QUESTION not in str(record)


def test_the_sweep_function_starts_what_is_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    world.say(world.open(sockets=0), QUESTION)
    world.clock.forward(200)
    assert sweep.lambda_handler(event("schedule_sweep"), None)["restarted"] == 1  # type: ignore[arg-type]
    assert len(world.engine.started) == 1
