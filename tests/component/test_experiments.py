"""Experiments from their start over REST to the turn that they change and what is read of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.errors import StoreUnavailableError
from firstline.domain.experiments import ExperimentChangedError, ExperimentContent, assigned
from firstline.domain.rewards import window
from firstline.web.app import create_app
from tests.component.rest import bearer
from tests.component.scripted_model import ScriptedModel
from tests.component.world import World

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret
RESET = "How do I reset a forgotten password?"
CHUNKS = {"variants": [{"name": "all", "share": 0.5}, {"name": "one", "share": 0.5, "retrieved": 1}]}
POLICY = {"variants": [{"name": "now", "share": 0.5}, {"name": "even", "share": 0.5, "policy": "uniform"}]}
WORDS = {"variants": [{"name": "now", "share": 0.5}, {"name": "brief", "share": 0.5, "prompt": "Use 20 words."}]}


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.container), headers=bearer(ADMIN)) as client:
        yield client


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, admin_token=ADMIN, rl_holdout_share=0.0)
    # Turns are found by the day of their ids, which are of today.
    world.clock.moment = datetime.now(UTC)
    return world


def running(world: World, experiment_id: str, content: dict[str, Any]) -> None:
    experiments = world.container.learning.experiments
    experiments.create(experiment_id, ExperimentContent.model_validate(content), by="test")
    experiments.start(experiment_id)


def asked_by_both(world: World, experiment_id: str, *, each: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Have customers ask until every variant has so many; return the turns by variant."""
    turns: dict[str, list[dict[str, Any]]] = {}
    variants = world.container.learning.experiments.get(experiment_id).variants
    while min((len(turns.get(variant.name, [])) for variant in variants), default=0) < each:
        conversation = world.open()
        turn = world.ask(conversation, RESET)
        turns.setdefault(turn["knowledge"]["treatment"]["variants"][experiment_id], []).append(turn)
    return turns


def test_an_experiment_is_made_started_read_and_stopped_over_rest(http: TestClient) -> None:
    made = http.post("/admin/experiments", json={"experiment_id": "chunks", **CHUNKS})
    assert (made.status_code, made.headers["location"]) == (201, "/admin/experiments/chunks")
    assert http.post("/admin/experiments", json={"experiment_id": "chunks", **CHUNKS}).status_code == 409
    assert made.json()["status"] == "draft"
    assert http.post("/admin/experiments/chunks/start").json()["status"] == "running"
    assert http.post("/admin/experiments/chunks/start").json()["version"] == 2
    results = http.get("/admin/experiments/chunks/results").json()
    assert (results["verdict"], results["mismatch"]) == ("no difference is sure yet", False)
    assert http.post("/admin/experiments/chunks/stop").json()["status"] == "stopped"
    assert http.post("/admin/experiments/chunks/start").status_code == 409
    assert [found["experiment_id"] for found in http.get("/admin/experiments").json()["experiments"]] == ["chunks"]
    assert http.get("/admin/experiments/none").status_code == 404
    size = http.get("/admin/experiment-size", params={"baseline": 0.7, "effect": 0.05}).json()
    assert 2_000 < size["one_look"] < size["always"]
    assert http.get("/admin/experiment-size", params={"baseline": 0.7, "effect": 0.5}).status_code == 400


def test_the_same_request_with_an_idempotency_key_makes_one_experiment(http: TestClient) -> None:
    asked = {"json": {"experiment_id": "chunks", **CHUNKS}, "headers": {"Idempotency-Key": "make-chunks"}}
    first, again = (http.post("/admin/experiments", **asked) for _ in range(2))  # type: ignore[arg-type]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


def test_a_retrieval_setting_is_applied_to_its_variant_alone_and_recorded(world: World) -> None:
    running(world, "chunks", CHUNKS)
    turns = asked_by_both(world, "chunks")
    assert len(turns["one"][0]["knowledge"]["ranked"]) == 1
    assert len(turns["all"][0]["knowledge"]["ranked"]) > 1
    for name, (turn, *_) in turns.items():
        decision = world.container.learning.decisions.get(turn["conversation_id"], turn["turn_id"])
        receipt = world.container.receipts.get(turn["turn_id"])
        assert decision is not None
        assert decision.variants == receipt["experiments"]["variants"] == {"chunks": name}
        assert decision.customer_id not in str(receipt)


def test_a_policy_is_applied_to_its_variant_alone(world: World) -> None:
    running(world, "policy", POLICY)
    for name, (turn, *_) in asked_by_both(world, "policy").items():
        decision = world.container.learning.decisions.get(turn["conversation_id"], turn["turn_id"])
        assert decision is not None
        assert (decision.policy_name == "uniform") == (name == "even")


def test_an_addition_to_the_prompt_reaches_the_model_for_its_variant_alone(tmp_path: Path) -> None:
    model = ScriptedModel(*[["The link in the mail is good for 30 minutes [1]."]] * 40)
    world = World(tmp_path, model=model)
    running(world, "words", WORDS)
    hashes = {}
    for name, (turn, *_) in asked_by_both(world, "words").items():
        hashes[name] = world.container.receipts.get(turn["turn_id"])["prompt_sha256"]
    said = {request.system.endswith("Use 20 words.") for request in model.requests}
    assert said == {True, False}
    assert hashes["brief"] != hashes["now"]


def test_a_customer_keeps_their_variant_in_every_turn(world: World) -> None:
    running(world, "chunks", CHUNKS)
    conversation = world.open()
    found = [world.ask(conversation, RESET)["knowledge"]["treatment"] for _ in range(3)]
    assert found[0] == found[1] == found[2]
    customer = world.container.conversations.get(conversation).customer_id
    experiment = world.container.learning.experiments.get("chunks")
    assert found[0]["variants"] == {"chunks": assigned(experiment, customer).name}


def test_a_stopped_experiment_changes_nothing_any_more(world: World) -> None:
    running(world, "chunks", CHUNKS)
    asked_by_both(world, "chunks")
    world.container.learning.experiments.stop("chunks")
    treatment = world.ask(world.open(), RESET)["knowledge"]["treatment"]
    assert (treatment["variants"], treatment["retrieved"]) == ({}, None)


def test_two_experiments_that_change_the_same_never_run_at_once_however_they_are_started(world: World) -> None:
    experiments = world.container.learning.experiments
    names = [f"chunks-{number}" for number in range(8)]
    for name in names:
        experiments.create(name, ExperimentContent.model_validate(CHUNKS), by="test")

    def start(name: str) -> bool:
        try:
            experiments.start(name)
        except ExperimentChangedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(start, names)) == 1
    running(world, "policy", POLICY)
    (first,) = [
        found.experiment_id
        for found in experiments.all()
        if found.status == "running" and found.changes == {"retrieved"}
    ]
    experiments.stop(first)
    assert start(next(name for name in names if name != first))


def test_an_answer_does_not_wait_for_experiments_that_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiments = world.container.learning.experiments
    running(world, "chunks", CHUNKS)
    before = experiments.treatment("somebody")

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(experiments._experiments, "all", away)
    world.clock.forward(60)
    assert experiments.treatment("somebody") == before
    assert before.variants


def settled(world: World, turns: dict[str, list[dict[str, Any]]], ratings: dict[str, int]) -> None:
    """Rate every turn by its variant and end all windows."""
    for name, found in turns.items():
        for turn in found:
            world.container.client_actions.rate_answer.rate(
                turn["conversation_id"], turn["reply"]["seq"], score=ratings[name]
            )
    world.clock.forward((window() + timedelta(hours=1)).total_seconds())
    world.container.learning.settle.close_due()


def test_results_tell_the_variants_apart_once_it_is_sure_and_count_a_customer_once(
    http: TestClient, world: World
) -> None:
    running(world, "chunks", CHUNKS)
    turns = asked_by_both(world, "chunks", each=20)
    for found in turns.values():
        world.ask(found[0]["conversation_id"], "Where do managers export timesheets?")
    settled(world, turns, {"all": 5, "one": 1})
    results = http.get("/admin/experiments/chunks/results").json()
    control, other = results["variants"]
    assert (control["name"], control["rewarded"], other["rewarded"]) == ("all", len(turns["all"]), len(turns["one"]))
    assert control["turns"] == control["customers"] + 1
    assert control["reward"]["estimate"] > 0.9
    assert other["difference"]["high"] < 0
    assert results["verdict"] == "worse than the control: one"
    assert other["segments"][0]["n"] == other["rewarded"]
    assert not results["mismatch"]
    assert control["difference"] is None


def test_a_variant_that_hands_over_far_more_often_breaches_its_guardrail(http: TestClient, world: World) -> None:
    rails = [{"metric": "handed_over", "margin": 0.0}, {"metric": "not_answered", "margin": 0.0}]
    running(world, "chunks", {**CHUNKS, "guardrails": rails})
    for _ in range(50):
        conversation = world.open()
        greeted = world.ask(conversation, "hello")
        is_other = greeted["knowledge"]["treatment"]["variants"]["chunks"] == "one"
        world.ask(conversation, "I want to talk to a person" if is_other else "thanks a lot")
    world.clock.forward(86_400)
    results = http.get("/admin/experiments/chunks/results").json()
    found = {rail["metric"]: rail for rail in results["variants"][1]["guardrails"]}
    assert found["handed_over"]["breached"]
    assert not found["not_answered"]["breached"]
    assert results["verdict"] == "stop: a guardrail is breached by one"


def test_unobserved_answers_are_in_no_mean(http: TestClient, world: World) -> None:
    running(world, "chunks", CHUNKS)
    turns = asked_by_both(world, "chunks", each=2)
    settled(world, {}, {})
    results = http.get("/admin/experiments/chunks/results").json()
    assert [variant["rewarded"] for variant in results["variants"]] == [0, 0]
    assert sum(variant["unobserved"] for variant in results["variants"]) == sum(len(found) for found in turns.values())
    assert results["variants"][0]["reward"]["estimate"] is None
