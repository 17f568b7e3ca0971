"""What must not upset the learner: rollbacks, sums that cannot be, ratings out of place, changed policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstline.domain.decisions import Decision, Group
from firstline.domain.learning_context import segments
from firstline.domain.rewards import Observed, Part
from firstline.domain.turn import Strategy
from firstline.night import learn_nightly
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
OTHER = "How do I export timesheets?"
CATEGORY = "account_management"


def decision_of(world: World, document: dict[str, Any]) -> Decision:
    found = world.container.learning.decisions.get(document["conversation_id"], document["turn_id"])
    assert found is not None
    return found


def rated(world: World, document: dict[str, Any], value: float) -> None:
    world.clock.forward(1)
    seen = Observed(Part.RATING, value, world.clock.now(), "seq 1")
    world.container.learning.settle.observe(document["conversation_id"], document["turn_id"], [seen])


def test_evidence_that_comes_after_a_rollback_leaves_the_arms_as_they_were_kept(tmp_path: Path) -> None:
    world = World(tmp_path, rl_snapshot_s=0.0)
    learning = world.container.learning
    version, day = learning.options.version_of(), world.clock.now().date()
    learning.arms.keep(version, segments(), day, now=world.clock.now())
    document = world.ask(world.open(), QUESTION)
    decision = decision_of(world, document)
    rated(world, document, 1.0)
    learning.arms.roll_back(version, segments(), day, now=world.clock.now())
    rated(world, document, 0.0)
    assert decision_of(world, document).reward_value == 0.0
    assert not any(any(arm.values()) for arm in learning.arms.read(version, decision.segment))
    # What had no evidence before the rollback counts as ever.
    later = world.ask(world.open(), QUESTION)
    rated(world, later, 1.0)
    assert sum(arm.get("r", 0) for arm in learning.arms.read(version, decision.segment)) == 1_000_000


def test_sums_that_cannot_be_are_told_of_and_the_fixed_default_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, rl_snapshot_s=0.0)
    learning = world.container.learning
    version, segment = learning.options.version_of(), f"{CATEGORY}.chat"
    world.ports.table.transact(learning.arms.added(version, segment, Strategy.GUIDED, {"r": -1_000_000}, by="x"))
    decision = decision_of(world, world.ask(world.open(), QUESTION))
    assert (decision.arm, decision.propensity, decision.group) == (Strategy.CONCISE, 1.0, Group.CAUTIOUS)
    assert "cannot be read" in decision.because
    assert [vars(told)["error"] for told in caplog.records if told.levelname == "ERROR"] == ["InvalidPosteriorError"]


def test_a_conversation_rating_is_not_about_an_answer_given_after_it(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation, QUESTION)
    world.clock.forward(60)
    world.container.client_actions.rate_answer.rate(conversation, 0, score=1)
    world.clock.forward(60)
    last = world.ask(conversation, OTHER)
    world.clock.forward(73 * 3_600)
    learn_nightly(world.container).run()
    assert decision_of(world, first).values[Part.CONVERSATION_RATING] == 0.0
    assert Part.CONVERSATION_RATING not in decision_of(world, last).parts


def test_a_conversation_counts_once_in_the_effect_of_learning(world: World) -> None:
    conversation = world.open()
    for question in (QUESTION, OTHER):
        rated(world, world.ask(conversation, question), 1.0)
    rated(world, world.ask(world.open(), QUESTION), 0.0)
    world.clock.forward(73 * 3_600)
    learning = world.container.learning
    assert learning.settle.close_due().observed == 3
    effect = learning.report.effect(learning.options.version_of())
    assert (effect.settled, effect.learned.n, effect.learned.mean) == ({"learned": 3}, 2, 0.5)


def test_the_least_share_of_an_arm_is_that_arms_alone(tmp_path: Path) -> None:
    world = World(tmp_path, rl_snapshot_s=0.0, rl_exploration_rate=0.0)
    learning = world.container.learning
    version = learning.options.version_of()
    for arm in Strategy:
        good = 450_000_000 if arm is Strategy.GUIDED else 50_000_000
        sums = {"n": 500_000_000, "r": good, "q": good}
        world.ports.table.transact(learning.arms.added(version, CATEGORY, arm, sums, by="x"))
    learning.guard.set(CATEGORY, Strategy.EMPATHETIC, by="lead", policy=version, least=0.2)
    shares = dict(zip(Strategy, decision_of(world, world.ask(world.open(), QUESTION)).probabilities, strict=True))
    assert shares[Strategy.EMPATHETIC] == pytest.approx(0.2)
    assert shares[Strategy.DETAILED] < 0.01
    assert shares[Strategy.GUIDED] > 0.75


def test_a_rating_after_the_window_moves_the_q_value_by_the_difference(tmp_path: Path) -> None:
    world = World(tmp_path, rl_policy="q-learning")
    learning = world.container.learning
    document = world.ask(world.open(), QUESTION)
    rated(world, document, 1.0)
    world.clock.forward(73 * 3_600)
    learning.settle.close_due()
    arm = f"v{list(Strategy).index(decision_of(world, document).arm)}"

    def value() -> int:
        ((_, row),) = learning.policies.q_rows(learning.options.version_of())
        return row[arm]

    assert value() == 100_000
    rated(world, document, 0.25)
    assert value() == 25_000
    silent = world.ask(world.open(), QUESTION)
    world.clock.forward(73 * 3_600)
    learning.settle.close_due()
    rated(world, silent, 1.0)
    assert sum(sum(row.values()) for _, row in learning.policies.q_rows(learning.options.version_of())) > 25_000


def test_the_report_discounts_what_the_learner_holds_as_the_learner_does(tmp_path: Path) -> None:
    world = World(tmp_path, rl_policy="discounted-thompson", rl_discount_factor=0.5)
    rated(world, world.ask(world.open(), QUESTION), 1.0)
    world.clock.forward(86_400)
    report = world.container.learning.report.report(world.container.learning.options.version_of())
    assert sum(arm.posterior_n for arm in report.arms) == pytest.approx(0.5)


def test_a_freeze_lifted_under_one_policy_does_not_blind_the_guard_under_another(world: World) -> None:
    learning = world.container.learning
    guard, old, new = learning.guard, learning.options.version_of(), learning.options.version_of("linucb")
    bad = {"guard_rated": 500, "guard_rating_sum": 25_000_000, "guard_rating_squares": 10_000_000}
    world.ports.table.transact(learning.arms.added(old, CATEGORY, Strategy.GUIDED, bad, by="x"))
    assert guard.check_all(old) == [(CATEGORY, Strategy.GUIDED)]
    guard.set(CATEGORY, Strategy.GUIDED, by="lead", policy=old, frozen=False)
    worst = {"guard_rated": 450}
    world.ports.table.transact(learning.arms.added(new, CATEGORY, Strategy.GUIDED, worst, by="x"))
    assert guard.check_all(old) == []
    assert guard.check_all(new) == [(CATEGORY, Strategy.GUIDED)]
