"""Simulated customers against the real workflow: learning shows, and what is told of it is true."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from learning_report import report_page

from firstline.domain.decisions import Group
from firstline.domain.errors import InvalidInputError
from firstline.domain.off_policy import Estimator
from firstline.domain.turn import Strategy
from firstline.evaluation.simulated_customers import KINDS, Kind, Manner, drawn, score_of, swapped
from firstline.evaluation.simulation import Played, Simulation
from firstline.web.app import create_app
from tests.component.rest import bearer
from tests.component.world import ARTICLE, HashingEmbedder

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
QUESTIONS = ("How do I reset a forgotten password?", "Where do managers export timesheets?")
PICKY = Kind("picky", 1.0, {arm: 0.95 if arm is Strategy.GUIDED else 0.1 for arm in Strategy}, speaks=0.2, rates=0.9)


def made(folder: Path, **options: Any) -> Simulation:
    articles = folder / "documents" / "articles"
    articles.mkdir(parents=True)
    (articles / "accounts.md").write_text(ARTICLE, encoding="utf-8")
    given = {"embedder": HashingEmbedder(), "documents_path": str(folder / "documents"), "rl_snapshot_s": 0.0}
    return Simulation(folder / "data", QUESTIONS, **{**given, **options})


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulation, Played]:
    simulation = made(tmp_path_factory.mktemp("simulation"), kinds=(PICKY,), rl_holdout_share=0.25, admin_token=ADMIN)
    return simulation, simulation.play(110, per_day=40)


@pytest.fixture
def http(played: tuple[Simulation, Played]) -> Iterator[TestClient]:
    with TestClient(create_app(played[0].container), headers=bearer(ADMIN)) as client:
        yield client


def script(name: str) -> ModuleType:
    loader = SourceFileLoader(f"{name}_script", str(SCRIPTS / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def run(name: str, simulation: Simulation, *arguments: str) -> str:
    module = script(name)
    return str(module.carry_out(module.parse(list(arguments)), simulation.container))


def test_the_learner_finds_what_pleases_customers_and_the_holdout_does_not(played: tuple[Simulation, Played]) -> None:
    _, found = played
    assert found.failures == []
    late = found.answers[len(found.answers) // 2 :]
    of_late = [answer.arm for answer in late if answer.group == Group.LEARNED]
    assert of_late.count(Strategy.GUIDED) > len(of_late) / 2
    assert {answer.arm for answer in found.answers if answer.group == Group.HOLDOUT} == {Strategy.CONCISE}
    assert found.mean_chance("learned", 0.5) > found.mean_chance("holdout", 0.5) + 0.3
    assert found.mean_chance("learned", 0.5) > found.mean_chance("learned", 0.0, 0.25)


def test_the_report_tells_the_effect_that_there_is(played: tuple[Simulation, Played]) -> None:
    simulation, found = played
    learning = simulation.container.learning
    report = learning.report.report(learning.options.version_of(), days=30)
    decisions = list(learning.decisions.of_days(simulation.clock.now().date(), 30))
    assert sum(arm.pulls for arm in report.arms) == sum(decision.group is Group.LEARNED for decision in decisions)
    assert report.effect.difference is not None
    assert report.effect.difference > 0.1
    assert report.effect.low <= found.mean_chance("learned") - found.mean_chance("holdout") <= report.effect.high
    assert sum(report.effect.settled.values()) == sum(decision.group is not Group.CAUTIOUS for decision in decisions)
    assert report.agreement is None or report.agreement >= 0.85


def test_delayed_and_missing_feedback_is_played(played: tuple[Simulation, Played]) -> None:
    simulation, found = played
    decisions = list(simulation.container.learning.decisions.of_days(simulation.clock.now().date(), 30))
    # Whoever asks the same again is answered again, and says no more.
    assert len(decisions) >= len(found.answers)
    assert any(decision.reward is None and decision.closed_at is not None for decision in decisions)
    delays = [
        (decision.rewarded_at - decision.decided_at).total_seconds() for decision in decisions if decision.rewarded_at
    ]
    assert max(delays) > 3_600 > min(delays)


def test_the_page_shows_every_segment_and_names_nothing_outside_itself(played: tuple[Simulation, Played]) -> None:
    learning = played[0].container.learning
    report = learning.report.report(learning.options.version_of(), days=30)
    page = report_page(report, title="Report of <a> & b")
    assert "Report of &lt;a&gt; &amp; b" in page
    assert all(f"<h3>{arm.segment}</h3>" in page for arm in report.arms)
    assert page.count("<circle") == sum(
        point.mean is not None and point.group is not Group.CAUTIOUS for point in report.curve
    )
    assert not any(word in page for word in ("http", "<script", "src=", "nan"))


def test_an_empty_report_is_a_page_too(tmp_path: Path) -> None:
    learning = made(tmp_path).container.learning
    page = report_page(learning.report.report(learning.options.version_of()))
    assert "Not known yet" in page
    assert "<polyline" not in page


def test_what_another_policy_would_have_earned_is_near_the_truth(played: tuple[Simulation, Played]) -> None:
    learning = played[0].container.learning
    uniform = {one.estimator: one for one in learning.value.value("uniform").estimates}
    thompson = {one.estimator: one for one in learning.value.value("thompson").estimates}
    explained = learning.value.value("fixed")
    snips, own = uniform[Estimator.SNIPS], thompson[Estimator.SNIPS]
    assert snips.value is None or own.value is None or snips.value < own.value
    assert own.value is not None
    # The policy in use chose between the logged ones' mean and the best.
    assert explained.logged is not None
    assert abs(own.value - explained.logged) < 0.2
    refused = {one.estimator: one.refused for one in explained.estimates}
    assert refused[Estimator.IPS] or explained.effective_sample_size


def test_questions_to_the_logs_that_cannot_be_are_refused(played: tuple[Simulation, Played]) -> None:
    value = played[0].container.learning.value
    for policy, days in (("magic", 30), ("lints", 0), ("lints", 500)):
        with pytest.raises(InvalidInputError):
            value.value(policy, days=days)


def test_history_is_weighed_anew_and_stored_once_however_often(played: tuple[Simulation, Played]) -> None:
    learning = played[0].container.learning
    first = learning.reweigh.reweigh("published-1", store=True)
    version = learning.options.version_of().replace("observed-1", "published-1")
    segment = next(arm.segment for arm in learning.report.report(learning.options.version_of()).arms)
    stored = learning.arms.read(version, segment)
    assert learning.reweigh.reweigh("published-1", store=True) == first
    assert learning.arms.read(version, segment) == stored
    assert any(stored)
    # The published weights take silence for success, so every answer is rewarded and more highly.
    assert sum(arm.reweighed_rewards for arm in first.arms) > sum(arm.rewards for arm in first.arms)
    with pytest.raises(InvalidInputError):
        learning.reweigh.reweigh("observed-1", store=True)
    with pytest.raises(InvalidInputError):
        learning.reweigh.reweigh("made-up")


def test_the_preset_in_use_comes_to_the_rewards_that_were_counted(played: tuple[Simulation, Played]) -> None:
    same = played[0].container.learning.reweigh.reweigh("observed-1")
    assert all((arm.mean, arm.rewards) == (arm.reweighed_mean, arm.reweighed_rewards) for arm in same.arms)
    assert same.best_changes == []


def test_the_commands_tell_it_in_words_and_as_json(played: tuple[Simulation, Played], tmp_path: Path) -> None:
    simulation, _ = played
    page = tmp_path / "report.html"
    assert "effect of learning: +" in run("learn", simulation, "report")
    assert run("learn", simulation, "report", "--html", str(page)) == f"written to {page}"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "effective sample size" in run("learn", simulation, "ope", "--policy", "thompson")
    assert '"policy":"ucb1"' in run("learn", simulation, "ope", "--policy", "ucb1", "--json")
    assert "beside observed-1" in run("learn", simulation, "reweigh", "--weights", "published-1")
    assert run("learn", simulation, "settle").startswith("settled: 0 observed")


def test_a_rollback_brings_the_arms_of_a_night_back(played: tuple[Simulation, Played]) -> None:
    simulation, _ = played
    learning = simulation.container.learning
    version, day = learning.options.version_of(), "2026-06-03"
    segment = next(arm.segment for arm in learning.report.report(version).arms)
    now = learning.arms.read(version, segment)
    assert "as in the night" in run("learn", simulation, "rollback", "--day", day)
    then = learning.arms.read(version, segment)
    assert then != now
    assert run("learn", simulation, "rollback", "--day", day).startswith("0 arms")
    with pytest.raises(Exception, match="nothing was kept"):
        run("learn", simulation, "rollback", "--day", "2020-01-01")


def test_the_value_of_a_policy_is_told_over_rest(http: TestClient) -> None:
    told = http.get("/admin/policy-value", params={"policy": "uniform"})
    assert told.status_code == 200
    assert {one["estimator"] for one in told.json()["estimates"]} == set(Estimator)
    assert http.get("/admin/policy-value", params={"policy": "magic"}).status_code == 400


def test_two_runs_of_one_seed_are_the_same(tmp_path: Path) -> None:
    first, again = (made(tmp_path / name, seed=5).play(5, per_day=5, drift_at=0.5) for name in "ab")
    assert first == again
    assert first.conversations == 5


def test_after_a_drift_what_pleased_least_pleases_most() -> None:
    for before, after in zip(KINDS, swapped(KINDS), strict=True):
        best = max(before.pleased, key=lambda arm: before.pleased[arm])
        assert after.pleased[best] == min(before.pleased.values())
        assert sorted(after.pleased.values()) == sorted(before.pleased.values())


def test_adversarial_raters_say_nothing_true() -> None:
    rng = np.random.default_rng(3)
    scores = {
        manner: [score_of(Kind("x", 1.0, {}, manner=manner), is_pleased=pleased, rng=rng) for pleased in (True, False)]
        for manner in Manner
    }
    assert scores[Manner.SPITEFUL] == [1, 1]
    assert scores[Manner.CONTRARY][0] < 3 < scores[Manner.CONTRARY][1]
    assert scores[Manner.HONEST][0] > 3 > scores[Manner.HONEST][1]
    shares = [drawn(KINDS, rng).name for _ in range(3_000)]
    assert all(abs(shares.count(kind.name) / 3_000 - kind.share) < 0.04 for kind in KINDS)
