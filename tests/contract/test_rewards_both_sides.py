"""Rewards that come twice, out of order and from many processes leave the same sums, on SQLite and on DynamoDB."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks import reward_writers
from benchmarks.reward_writers import NOW, PARENT, SEGMENT, VERSION, decisions, evidence, expected, settling, stored

from firstline.domain.ports import Table
from firstline.domain.rewards import Observed, Part
from firstline.domain.turn import Strategy
from firstline.repositories.arm_controls import ArmControl, ArmControlRepository
from firstline.repositories.arms import ArmRepository
from firstline.repositories.decisions import Decision, DecisionRepository, Group, Outcome
from firstline.repositories.effects import EffectRepository
from firstline.repositories.q_values import QValueRepository

WRITERS = Path(reward_writers.__file__)
FEW = 12


def kept(table: Table, found: list[Decision]) -> DecisionRepository:
    repository = DecisionRepository(table, retention_days=90)
    for decision in found:
        table.transact([repository.added(decision, due=NOW)])
    return repository


@pytest.mark.parametrize("policy", ["thompson", "sliding-lints"])
def test_every_order_of_delivery_and_every_repetition_leaves_the_same_state(table: Table, policy: str) -> None:
    kept(table, decisions(FEW, policy))
    settle, deliveries = settling(table), evidence(FEW)
    random.Random(3).shuffle(deliveries)
    for number, piece in deliveries:
        settle.observe(f"C{number}", f"T{number}", [piece])
    assert stored(table, SEGMENT) == expected(FEW, policy)
    assert stored(table, PARENT) == expected(FEW, policy)


@pytest.mark.parametrize("store", ["sqlite", "dynamodb"])
def test_eight_processes_lose_no_reward_and_count_none_twice(store: str, request: pytest.FixtureRequest) -> None:
    if store == "sqlite":
        request.getfixturevalue("sqlite_table")
        address, rewards = ["sqlite", str(request.getfixturevalue("sqlite_path")), "-"], 24
    else:
        endpoint = request.getfixturevalue("ministack_endpoint")
        address, rewards = ["dynamodb", endpoint, request.getfixturevalue("dynamodb_table_name")], 10
    command = [sys.executable, str(WRITERS), *address, str(rewards), "8"]
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    told = json.loads(finished.stdout)
    assert (told["exact"], told["failed"], told["rewards"]) == (True, 0, rewards)


def test_evidence_about_an_unknown_turn_changes_nothing(table: Table) -> None:
    assert settling(table).observe("C0", "T0", [Observed(Part.THANKED, 1.0, NOW)]) is None
    assert stored(table, SEGMENT) == [{}] * len(Strategy)


def test_what_is_observed_of_the_holdout_teaches_no_arm(table: Table) -> None:
    held = replace(decisions(1)[0], group=Group.HOLDOUT)
    repository = kept(table, [held])
    settled = settling(table).observe("C0", "T0", [Observed(Part.THANKED, 1.0, NOW)])
    assert settled is not None
    assert settled.decision.reward_value == 1.0
    assert stored(table, SEGMENT) == [{}] * len(Strategy)
    assert repository.get("C0", "T0") == settled.decision


def test_windows_are_closed_once_and_silence_is_assumed_and_no_reward(table: Table) -> None:
    repository = kept(table, decisions(3))
    settle = settling(table)
    settle.observe("C0", "T0", [Observed(Part.THANKED, 1.0, NOW)])
    closed = settle.close_due()
    assert (closed.observed, closed.assumed) == (1, 2)
    assert settle.close_due() == type(closed)()
    outcomes = [repository.get(f"C{n}", f"T{n}") for n in range(3)]
    assert [found.outcome for found in outcomes if found] == [Outcome.OBSERVED, Outcome.ASSUMED, Outcome.ASSUMED]
    assert [found.reward for found in outcomes if found] == [1_000_000, None, None]
    ((_, group, row),) = EffectRepository(table).days(VERSION)
    assert (group, row["closed"], row["rewards"], row["sum"], row["outcome_assumed"]) == ("learned", 3, 1, 1_000_000, 2)
    # What comes after the window still teaches the arm, and leaves the effect as it was.
    settle.observe("C1", "T1", [Observed(Part.RATING, 1.0, NOW + timedelta(days=9))])
    assert sum(arm.get("n", 0) for arm in stored(table, SEGMENT)) == 2_000_000
    assert EffectRepository(table).days(VERSION)[0][2] == row


def test_a_run_that_is_killed_while_closing_goes_on_where_it_stopped(table: Table) -> None:
    kept(table, decisions(6))
    settle = settling(table)
    for number in range(6):
        settle.observe(f"C{number}", f"T{number}", [Observed(Part.RATING, 1.0, NOW)])
    before = stored(table, SEGMENT)
    commits, calls = settle._decisions.commit, []

    def dying(operations: list[object]) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        commits(operations)  # type: ignore[arg-type]

    settle._decisions.commit = dying  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        settle.close_due()
    closed = settling(table).close_due()
    assert closed.observed == 4
    ((_, _, row),) = EffectRepository(table).days(VERSION)
    assert (row["closed"], row["rewards"]) == (6, 6)
    after = stored(table, SEGMENT)
    assert sum(arm.get("guard_closed", 0) for arm in after) == 6
    assert [arm.get("n") for arm in after] == [arm.get("n") for arm in before]


def test_q_values_learn_once_per_settled_answer_from_the_answer_after_it(table: Table) -> None:
    first, second = (replace(found, policy_name="q-learning", conversation_id="C0") for found in decisions(2))
    second = replace(second, decided_at=NOW + timedelta(minutes=1), context=first.context, arm=first.arm)
    kept(table, [first, second])
    settle = settling(table)
    for number in range(2):
        settle.observe("C0", f"T{number}", [Observed(Part.RATING, 1.0, NOW)])
    settle.close_due()
    settle.close_due()
    ((_, values),) = QValueRepository(table).rows(VERSION)
    # 0.1 of the first; then 0.1 + 0.1 (1 - 0.1) of the second; the answer after the first was worth nothing yet.
    assert values[f"v{list(Strategy).index(first.arm)}"] == 190_000


def test_arms_go_back_to_the_copy_of_a_night_and_what_comes_meanwhile_is_not_lost(table: Table) -> None:
    kept(table, decisions(FEW))
    settle, arms = settling(table), ArmRepository(table, retention_days=90)
    settle.observe("C0", "T0", [Observed(Part.RATING, 1.0, NOW)])
    then = stored(table, SEGMENT)
    assert arms.keep(VERSION, [SEGMENT, PARENT], NOW.date(), now=NOW) == 2
    for number in range(1, FEW):
        settle.observe(f"C{number}", f"T{number}", [Observed(Part.RATING, 0.0, NOW)])
    assert arms.roll_back(VERSION, [SEGMENT, PARENT], NOW.date(), now=NOW) > 0
    assert stored(table, SEGMENT) == then
    assert stored(table, PARENT) == then
    assert arms.roll_back(VERSION, [SEGMENT, PARENT], NOW.date(), now=NOW) == 0
    # Later evidence of an answer that was taken back leaves the arms as they are.
    settle.observe("C1", "T1", [Observed(Part.RATING, 1.0, NOW + timedelta(seconds=1))])
    assert stored(table, SEGMENT) == then


def test_a_control_is_replaced_only_where_it_is_as_it_was_read(table: Table) -> None:
    controls = ArmControlRepository(table)
    made = ArmControl(segment="all", arm=Strategy.GUIDED, paused=True, at=NOW)
    assert controls.put(made, seen=None)
    assert not controls.put(made, seen=None)
    seen = controls.get("all", Strategy.GUIDED)
    assert seen is not None
    assert controls.put(seen.model_copy(update={"paused": False}), seen=seen)
    assert not controls.put(seen.model_copy(update={"cap": 0.5}), seen=seen)
    assert [(found.paused, found.cap, found.version) for found in controls.all(consistent=True)] == [(False, 1.0, 2)]
