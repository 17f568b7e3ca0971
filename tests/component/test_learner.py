"""The learner in the whole system: choices, evidence, guard, night, and what administrators see of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline import bootstrap
from firstline.domain.batch_ports import BatchAnswer, BatchProgress
from firstline.domain.decisions import Decision, Group, Outcome
from firstline.domain.drafts import DraftStatus
from firstline.domain.errors import EmbedderUnavailableError
from firstline.domain.gaps import GapReason
from firstline.domain.identity import Principal, Role
from firstline.domain.language_model import ModelRequest
from firstline.domain.learning_context import CONTEXT_SCALE, FEATURES
from firstline.domain.rewards import Observed, Part
from firstline.domain.turn import Strategy, Turn
from firstline.night import learn_nightly
from firstline.repositories.decisions import DecisionRepository
from firstline.services.learn_nightly import NightFailedError
from firstline.web.app import create_app
from functions.learn import handler as learn
from tests.component.rest import bearer
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
UNKNOWN = "Do zebras qualify for parental leave?"
PASSWORD = "correct horse battery"  # pragma: allowlist secret
ARMS = [strategy.value for strategy in Strategy]


def decision_of(world: World, document: dict[str, Any]) -> Decision:
    found = world.container.learning.decisions.get(document["conversation_id"], document["turn_id"])
    assert found is not None
    return found


def test_a_decision_keeps_all_that_is_needed_to_judge_it_later(world: World) -> None:
    document = world.ask(world.open(), QUESTION)
    decision = decision_of(world, document)
    assert decision.policy == "thompson.f1.observed-1"
    assert decision.segment == "account_management.chat"
    assert (decision.arm.value, decision.propensity) == (document["reply"]["strategy"], document["reply"]["propensity"])
    assert sum(decision.probabilities) == pytest.approx(1.0)
    assert decision.probabilities[ARMS.index(decision.arm)] == pytest.approx(decision.propensity)
    assert len(decision.context) == len(FEATURES)
    assert all(f.low <= v / CONTEXT_SCALE <= f.high for f, v in zip(FEATURES, decision.context, strict=True))
    assert (decision.group, decision.outcome, decision.reward) == (Group.LEARNED, Outcome.OPEN, None)


def test_a_warm_process_reads_nothing_while_its_snapshot_is_fresh_and_logs_its_age(tmp_path: Path) -> None:
    world = World(tmp_path, rl_snapshot_s=30.0)
    queried: list[str] = []
    table, query = world.ports.table, world.ports.table.query

    def counting(pk: str, **rest: Any) -> Any:
        if pk.startswith(("ARM#", "LEARN#CONTROLS")):
            queried.append(pk)
        return query(pk, **rest)

    table.query = counting  # type: ignore[method-assign]
    first = decision_of(world, world.ask(world.open(), QUESTION))
    version = world.container.learning.options.version_of()
    assert sorted(queried) == [
        f"ARM#{version}#account_management",
        f"ARM#{version}#account_management.chat",
        "LEARN#CONTROLS",
    ]
    queried.clear()
    world.clock.forward(20)
    second = decision_of(world, world.ask(world.open(), QUESTION))
    assert queried == []
    assert first.snapshot_age_s == 0.0
    assert second.snapshot_age_s == pytest.approx(22.0, abs=1.5)
    world.clock.forward(20)
    world.ask(world.open(), QUESTION)
    assert len(queried) == 3


def test_the_holdout_always_gets_the_fixed_default_for_the_whole_conversation(tmp_path: Path) -> None:
    world = World(tmp_path, rl_holdout_share=1.0)
    conversation = world.open()
    for question in (QUESTION, "How do I export timesheets?"):
        decision = decision_of(world, world.ask(conversation, question))
        assert (decision.group, decision.arm, decision.propensity) == (Group.HOLDOUT, Strategy.CONCISE, 1.0)
    world.ask(conversation, "thanks, that worked")
    rewarded = world.container.learning.decisions.of_conversation(conversation)[-1]
    assert rewarded.reward_value == 1.0
    arms = world.container.learning.arms.read(rewarded.policy, rewarded.segment)
    assert arms == [{}] * len(Strategy)


def test_topics_that_are_not_explored_get_the_default_and_say_why(tmp_path: Path) -> None:
    world = World(tmp_path, rl_cautious_topics="account_management")
    decision = decision_of(world, world.ask(world.open(), QUESTION))
    assert (decision.group, decision.arm) == (Group.CAUTIOUS, Strategy.CONCISE)
    assert "account_management is not explored" in decision.because


def test_a_rating_teaches_the_arm_at_once_and_a_changed_mind_replaces_it(world: World) -> None:
    conversation = world.open()
    document = world.ask(conversation, QUESTION)
    place = ARMS.index(document["reply"]["strategy"])
    rate = world.container.client_actions.rate_answer.rate
    for score, reward in ((5, 1_000_000), (1, 0), (4, 750_000)):
        world.clock.forward(1)
        rate(conversation, document["reply"]["seq"], score=score)
        decision = decision_of(world, document)
        arm = world.container.learning.arms.read(decision.policy, decision.segment)[place]
        assert (arm["n"], arm["r"], arm["guard_rated"]) == (1_000_000, reward, 1)
    customer = world.container.customers.get(document["customer"]["customer"]["customer_id"])
    assert customer.satisfaction == 0.75


def test_a_rating_of_the_whole_conversation_is_evidence_of_its_last_answer(world: World) -> None:
    conversation = world.open()
    first, last = world.ask(conversation, QUESTION), world.ask(conversation, "How do I export timesheets?")
    world.container.client_actions.rate_answer.rate(conversation, 0, score=2)
    assert Part.CONVERSATION_RATING not in decision_of(world, first).parts
    assert decision_of(world, last).values[Part.CONVERSATION_RATING] == 0.25


def test_a_known_customer_who_asks_the_same_elsewhere_within_72_hours_is_noticed(world: World) -> None:
    vector = {"query_vector": "ADwAAAAA"}
    first = world.open("anna", sockets=0)
    document = world.run(first, world.say(first, QUESTION), until="GenerateResponse")
    document["classification"] |= vector
    world.node("CollectFeedback", world.node("AnalyzeGraph", document))
    again = world.open("anna", sockets=0)
    while again == first:
        pytest.fail("the customer was led into the same conversation")
    second = world.run(again, world.say(again, QUESTION), until="GenerateResponse")
    second["classification"] |= vector
    world.node("CollectFeedback", world.node("AnalyzeGraph", second))
    assert decision_of(world, document).values == {Part.ASKED_AGAIN: 0.0}
    assert decision_of(world, second).values == {}
    asked, customer_id = world.container.learning.asked, document["customer"]["customer"]["customer_id"]
    assert [found.conversation_id for found in asked.of(customer_id)] == [first, again]
    world.container.visitors.forget_conversation.forget(first)
    assert [found.conversation_id for found in asked.of(customer_id)] == [again]
    world.clock.forward(73 * 3_600)
    assert asked.of(customer_id) == []


def test_the_reward_finds_its_decision_after_the_policy_has_changed(tmp_path: Path) -> None:
    old = World(tmp_path)
    conversation = old.open(sockets=0)
    answered = old.ask(conversation, QUESTION)
    new = World(tmp_path, rl_policy="linucb")
    new.clock.moment = old.clock.moment
    new.ask(conversation, "thanks, that worked")
    decision = decision_of(new, answered)
    arms = new.container.learning.arms.read("thompson.f1.observed-1", decision.segment)
    assert arms[ARMS.index(decision.arm)]["r"] == 1_000_000
    assert decision.reward_value == 1.0


def test_an_arm_beyond_its_bound_is_frozen_told_of_and_no_longer_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world = World(tmp_path, rl_snapshot_s=0.0, rl_exploration_rate=1.0)
    learning = world.container.learning
    version, table = learning.options.version_of(), world.ports.table
    bad = {"guard_rated": 60, "guard_rating_sum": 3_000_000, "guard_rating_squares": 900_000}
    table.transact(learning.arms.added(version, "account_management", Strategy.GUIDED, bad, by="x"))
    # The fixed default is never frozen: something must be left to choose.
    table.transact(learning.arms.added(version, "account_management", Strategy.CONCISE, bad, by="x"))
    conversation = world.open()
    turn = Turn.model_validate(world.run(conversation, world.say(conversation, QUESTION), until="RetrieveKnowledge"))
    chosen = {learning.choose.choose(turn).arm for _ in range(60)}
    assert Strategy.GUIDED not in chosen
    assert Strategy.CONCISE in chosen
    (control,) = learning.guard.controls(consistent=True)
    assert (control.segment, control.arm, control.frozen, control.by) == (
        "account_management", Strategy.GUIDED, True, "guard",
    )  # fmt: skip
    assert "ratings: 60" in control.reason
    assert capsys.readouterr().out.count('"ArmsFrozen":[1') == 1
    freed = learning.guard.set("account_management", Strategy.GUIDED, by="lead", policy=version, frozen=False)
    assert (freed.frozen, freed.lifted[version]["guard_rated"]) == (False, 60)
    # The evidence of before is not held against it again.
    assert learning.guard.check_all(version) == []


@pytest.fixture
def admin(world: World) -> Iterator[tuple[TestClient, dict[str, str]]]:
    world.container.identity.manage_users.add("lead", PASSWORD, Role.ADMIN, name="Lead")
    token = world.container.identity.sign_in.sign_in("lead", PASSWORD).token
    yield TestClient(create_app(world.container)), bearer(token)


def test_an_admin_pauses_and_caps_arms_and_the_choices_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, rl_snapshot_s=0.0, rl_exploration_rate=1.0)
    world.container.identity.manage_users.add("lead", PASSWORD, Role.ADMIN, name="Lead")
    http, who = (
        TestClient(create_app(world.container)),
        bearer(world.container.identity.sign_in.sign_in("lead", PASSWORD).token),
    )
    for arm in ("step_by_step", "empathetic"):
        changed = http.patch(f"/admin/learning/arms/{arm}", json={"paused": True, "reason": "tone"}, headers=who)
        assert changed.status_code == 200
        assert changed.json()["paused"]
    capped = http.patch("/admin/learning/arms/detailed", json={"cap": 0.1, "least": 0.05}, headers=who)
    assert capped.json()["cap"] == 0.1
    decision = decision_of(world, world.ask(world.open(), QUESTION))
    shares = dict(zip(ARMS, decision.probabilities, strict=True))
    assert (shares["step_by_step"], shares["empathetic"]) == (0.0, 0.0)
    assert shares["detailed"] == pytest.approx(0.1)
    assert shares["concise"] == shares["guided"] == pytest.approx(0.45)
    listed = http.get("/admin/learning/arms", headers=who).json()["controls"]
    assert {(c["arm"], c["paused"], c["cap"]) for c in listed} == {
        ("step_by_step", True, 1.0), ("empathetic", True, 1.0), ("detailed", False, 0.1),
    }  # fmt: skip
    for body, arm in (({"paused": True}, "concise"), ({"segment": "nowhere"}, "guided"), ({"cap": 2}, "guided")):
        assert http.patch(f"/admin/learning/arms/{arm}", json=body, headers=who).status_code in (400, 422)
    assert http.patch("/admin/learning/arms/shouting", json={}, headers=who).status_code in (400, 404, 422)


def test_admins_read_why_an_answer_was_given_that_way(world: World, admin: tuple[TestClient, dict[str, str]]) -> None:
    http, who = admin
    conversation = world.open()
    document = world.ask(conversation, QUESTION)
    world.ask(conversation, "thanks, that worked")
    told = http.get(f"/admin/learning/decisions/{document['turn_id']}", headers=who).json()
    assert told["arm"] == document["reply"]["strategy"]
    assert told["propensity"] == pytest.approx(document["reply"]["propensity"])
    assert told["because"].startswith("thompson in account_management.chat")
    assert (told["reward"], told["outcome"]) == (1.0, "observed")
    assert {part["part"] for part in told["parts"]} >= {"thanked", "resolved"}
    seen = http.get(f"/admin/conversations/{conversation}", headers=who).json()["strategies"]
    assert seen[document["turn_id"]] == {
        "strategy": told["arm"],
        "propensity": told["propensity"],
        "because": told["because"],
        "reward": 1.0,
    }
    assert http.get("/admin/learning/decisions/unknown", headers=who).status_code == 404
    assert http.get(f"/admin/learning/decisions/{document['turn_id']}").status_code == 401


def test_the_night_settles_counts_keeps_and_reports_and_again_changes_nothing(
    world: World, admin: tuple[TestClient, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    http, who = admin
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    thanked, silent, closed = world.open(), world.open(), world.open()
    world.ask(thanked, QUESTION)
    world.ask(thanked, "thanks, that worked")
    world.ask(silent, QUESTION)
    reopened = world.ask(closed, QUESTION)
    world.container.client_actions.end_conversation.end(closed)
    world.clock.forward(3_600)
    world.ask(closed, "thanks, that worked")
    # A rating whose delivery to the learner was lost.
    lost = world.open()
    unrated = world.ask(lost, QUESTION)
    monkeypatch.setattr(type(world.container), "of_rating", lambda *_: None)
    world.container.client_actions.rate_answer.rate(lost, unrated["reply"]["seq"], score=1)
    assert decision_of(world, unrated).parts == {}
    world.clock.forward(73 * 3_600)
    told = learn.lambda_handler({}, None)  # type: ignore[arg-type]
    assert {step for step, came_to in told.items() if isinstance(came_to, dict) and "error" in came_to} == set()
    assert told["settled"]["observed"] == 3
    assert told["settled"]["assumed"] == 1
    assert decision_of(world, unrated).values[Part.RATING] == 0.0
    assert decision_of(world, reopened).values[Part.REOPENED] == 0.0
    world.clock.forward(1)
    again = learn.lambda_handler({}, None)  # type: ignore[arg-type]
    assert (again["settled"]["observed"], again["settled"]["assumed"]) == (0, 0)
    assert {name: again[name] for name in ("hours", "kept_arms", "effect")} == {
        name: told[name] for name in ("hours", "kept_arms", "effect")
    }
    who = bearer(world.container.identity.sign_in.sign_in("lead", PASSWORD).token)
    report = http.get("/admin/learning?days=10", headers=who).json()
    assert sum(arm["pulls"] for arm in report["arms"]) == 4
    assert sum(arm["assumed"] for arm in report["arms"]) == 1
    assert sum(arm["reward"]["n"] for arm in report["arms"]) == 3
    assert report["effect"]["settled"] == {"learned": 4}
    assert report["effect"]["assumed"] == {"learned": 1}
    assert report["effect"]["learned"]["n"] == 3
    assert -1 <= report["effect"]["low"] <= report["effect"]["high"] <= 1
    assert sum(point["decisions"] for point in report["curve"]) == 4
    assert report["nights"][0]["settled"] == again["settled"]
    assert http.get("/admin/learning?days=0", headers=who).status_code in (400, 422)
    assert http.get("/admin/learning?policy=magic", headers=who).status_code in (400, 422)


def test_a_step_that_fails_holds_up_no_other_and_the_run_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)

    def down(**_: object) -> None:
        raise EmbedderUnavailableError("down")

    monkeypatch.setattr(world.container.report_gaps, "report", down)
    with pytest.raises(NightFailedError, match="gaps"):
        learn.lambda_handler({}, None)  # type: ignore[arg-type]
    (night,) = world.container.learning.hours.nights()
    assert night["gaps"] == {"error": "EmbedderUnavailableError"}
    assert night["effect"] is not None
    assert "error" not in night["settled"]  # type: ignore[operator]


def handed_over_and_answered(world: World, answer: str) -> str:
    conversation = world.open()
    world.ask(conversation, UNKNOWN)
    world.ask(conversation, "I want to talk to a human")
    people = world.container.people
    principal = Principal("anna", Role.AGENT, "Anna")
    people.own_conversation.take(conversation, principal)
    people.answer_as_person.say(conversation, principal, "m-1", answer)
    return conversation


def test_the_weekly_review_suggests_what_a_person_answered_once(world: World) -> None:
    world.clock.moment = datetime.now(UTC)
    handed_over_and_answered(world, "You reach us at the help desk between nine and five.")
    world.clock.forward(86_400)
    first = learn_nightly(world.container).run()
    assert first["review"]["drafts"] == 1
    (draft,) = world.container.manage_drafts.of_status(DraftStatus.DRAFT).drafts
    assert draft.content.answer == "You reach us at the help desk between nine and five."
    assert draft.content.question == UNKNOWN
    gaps = world.container.report_gaps.report(days=7)
    assert any(UNKNOWN in cluster.examples and GapReason.HANDOVER in cluster.reasons for cluster in gaps.clusters)
    assert draft.created_by == "weekly review"
    world.clock.forward(86_400)
    assert learn_nightly(world.container).run()["review"]["drafts"] == 0
    world.clock.forward(7 * 86_400)
    learn_nightly(world.container).run()
    assert len(world.container.manage_drafts.of_status(DraftStatus.DRAFT).drafts) == 1


class HandBatches:
    """A batch model that answers when told to."""

    def __init__(self) -> None:
        self.ended, self.requests, self.submitted = False, dict[str, ModelRequest](), 0

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        self.requests, self.submitted = dict(requests), self.submitted + 1
        return "batch-1"

    def progress(self, batch_id: str) -> BatchProgress:
        return BatchProgress(self.ended, 0 if self.ended else len(self.requests))

    def results(self, batch_id: str) -> Iterator[BatchAnswer]:
        for name in self.requests:
            yield BatchAnswer(name, "QUESTION: When is the help desk open?\nANSWER: Between nine and five.")
        yield BatchAnswer("of-nobody", "QUESTION: Who?\nANSWER: Nobody asked this.")


def test_with_a_key_the_model_rewrites_cases_overnight_and_a_later_night_reads_them_once(world: World) -> None:
    world.clock.moment = datetime.now(UTC)
    handed_over_and_answered(world, "Hello Anna Smith, write to help@example.com between nine and five.")
    world.clock.forward(86_400)
    batch = HandBatches()
    first = learn_nightly(world.container, batch=batch).run()["review"]
    assert (first["handed_in"], first["drafts"]) == (1, 0)
    (request,) = batch.requests.values()
    # What leaves the house holds no personal data.
    assert "help@example.com" not in request.messages[0].text
    world.clock.forward(3_600)
    assert learn_nightly(world.container, batch=batch).run()["review"]["drafts"] == 0
    batch.ended = True
    assert learn_nightly(world.container, batch=batch).run()["review"]["drafts"] == 1
    assert learn_nightly(world.container, batch=batch).run()["review"]["drafts"] == 0
    (draft,) = world.container.manage_drafts.of_status(DraftStatus.DRAFT).drafts
    assert (draft.content.question, draft.content.answer) == (
        "When is the help desk open?", "Between nine and five.",
    )  # fmt: skip
    assert batch.submitted == 1


def test_a_reward_of_the_past_is_kept_by_the_day_of_its_answer(world: World) -> None:
    learning = world.container.learning
    document = world.ask(world.open(), QUESTION)
    decided = decision_of(world, document)
    assert [found.turn_id for found in learning.decisions.of_day(decided.decided_at.date())] == [decided.turn_id]
    world.clock.forward(2 * 86_400)
    late = Observed(Part.TICKET_REOPENED, 0.0, world.clock.now() - timedelta(days=1), "ticket 1")
    settled = learning.settle.observe(decided.conversation_id, decided.turn_id, [late])
    assert settled is not None
    assert settled.decision.decided_at == decided.decided_at
    assert isinstance(learning.decisions, DecisionRepository)
