"""What is kept of an answer, who may read it, what it cost, and what was not worked out twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from firstline import bootstrap
from firstline.domain.counters import CACHE_REQUESTS, GUARD_REJECTIONS, MODEL_COST, series_key
from firstline.domain.errors import AnswerRejectedError, StoreUnavailableError
from firstline.domain.identity import Role
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.domain.notices import signature
from firstline.web.app import create_app
from functions.sweep import handler as sweep
from tests.component.rest import bearer
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
GOOD = "The link in the mail is good for 30 minutes [1]."


class PricedModel:
    """Says one thing at a price."""

    def __init__(self, *said: str, cost_usd: float = 0.03, seconds: float = 0.0) -> None:
        self.said = list(said) or [GOOD]
        self.cost_usd = cost_usd
        self.seconds = seconds
        self.asked = 0
        self.world: World | None = None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.asked += 1
        if self.world is not None:
            self.world.clock.forward(self.seconds)
        yield TextDelta(self.said.pop(0) if len(self.said) > 1 else self.said[0])
        yield ModelFinished("priced", 1000, 20, "end_turn", self.cost_usd, 800, 100)


class NothingPasses:
    """Checks that reject every answer."""

    def push(self, text: str) -> str:
        raise AnswerRejectedError("ungrounded")

    def finish(self) -> str:
        return ""

    result = None

    def begin(self, *_: Any, **__: Any) -> Any:
        return self


def receipt(world: World, document: dict[str, Any]) -> dict[str, Any]:
    return world.container.receipts.get(document["turn_id"])


def test_a_receipt_tells_what_the_answer_was_made_from(tmp_path: Path) -> None:
    model = PricedModel(seconds=1.5)
    world = model.world = World(tmp_path, model=model)
    document = world.ask(world.open(), QUESTION)
    kept = receipt(world, document)
    (chunk,) = [
        entry["chunk"] for entry in document["knowledge"]["ranked"] if entry["chunk"]["chunk_id"] in kept["cited"]
    ]
    assert kept["chunk_versions"][chunk["chunk_id"]] == {
        "content_hash": chunk["content_hash"],
        "document": chunk["version"],
    }
    assert (kept["policy"]["action"], kept["policy"]["reason"]) == ("answer", "knowledge_found")
    assert kept["policy"]["group"] == "learned"
    assert f"{kept['propensity']:.0%} for it" in kept["policy"]["strategy_because"]
    assert kept["strategy"] == document["reply"]["strategy"]
    assert kept["model_use"] == {
        "model": "priced",
        "requests": 1,
        "broken_off": 0,
        "input_tokens": 1000,
        "output_tokens": 20,
        "cache_read_tokens": 800,
        "cache_write_tokens": 100,
        "cost_usd": 0.03,
    }
    assert len(kept["prompt_sha256"]) == 64
    assert kept["guard"][-1]["reason"] is None
    assert kept["elapsed_ms"] == {
        "IdentifyCustomer": 0.0,
        "ClassifyQuery": 0.0,
        "RetrieveKnowledge": 0.0,
        "GenerateResponse": 1500.0,
    }
    assert (kept["without_model"], kept["tools"], kept["rejections"]) == (None, [], [])


def test_an_admin_reads_it_by_the_turn_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    document = world.ask(world.open(), QUESTION)
    manage, sign_in = world.container.identity.manage_users, world.container.identity.sign_in
    manage.add("root", "correct horse battery", Role.ADMIN)
    http, token = TestClient(create_app(world.container)), sign_in.sign_in("root", "correct horse battery").token
    told = http.get(f"/admin/answers/{document['turn_id']}", headers=bearer(token)).json()
    assert (told["text"], told["conversation_id"]) == (document["reply"]["text"], document["conversation_id"])
    assert (told["without_model"], told["resolution_method"]) == ("no_model", "extractive")
    assert told["citations"] == document["reply"]["citations"]
    for unknown in ("0" * 26, "x", "a b"):
        assert http.get(f"/admin/answers/{unknown}", headers=bearer(token)).status_code == 404


def test_a_handover_has_a_receipt_of_what_was_tried_before(tmp_path: Path) -> None:
    world = World(tmp_path, model=PricedModel("It takes 90 days."), checks=NothingPasses())
    document = world.ask(world.open(), QUESTION)
    assert (document["reply"]["action"], document["reply"]["reason"]) == ("hand_over", "unchecked")
    kept = receipt(world, document)
    assert (kept["model_use"]["requests"], kept["rejections"]) == (2, ["ungrounded"] * 3)
    assert document["reply"]["cost_usd"] == kept["model_use"]["cost_usd"]
    held = series_key(GUARD_REJECTIONS, {"reason": "ungrounded"})
    assert world.container.counters.totals()[held] == 3


def test_at_the_hard_cap_the_articles_answer_and_people_are_told_once(tmp_path: Path, monkeypatch: Any) -> None:
    model = PricedModel(cost_usd=0.03)
    world = World(
        tmp_path,
        model=model,
        monthly_budget_usd=0.1,
        notify_email="lead@example.com",
        notify_webhook_url="https://hooks.example/firstline",
        notify_webhook_secret="a-secret-of-hooks",  # pragma: allowlist secret
    )
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    documents = [world.ask(world.open("ada"), QUESTION) for _ in range(6)]
    methods = [document["reply"]["resolution_method"] for document in documents]
    assert methods == ["model", "model", "model", "extractive", "extractive", "extractive"]
    assert receipt(world, documents[-1])["without_model"] == "budget"
    assert all(document["reply"]["text"] for document in documents)
    assert model.asked == 3
    assert world.container.answers.budget.spent().month == 90_000
    world.post.fails.add("mail")
    sweep.lambda_handler({}, None)  # type: ignore[arg-type]
    told = [json.loads(body) for _, body, _ in world.post.webhooks]
    assert sorted(alert["percent"] for alert in told) == [80, 90, 100]
    assert {(alert["event"], alert["period"], alert["limit_usd"]) for alert in told} == {
        ("budget_alert", "2026-06", 0.1)
    }
    _, body, headers = world.post.webhooks[0]
    now = int(world.clock.now().timestamp())
    assert headers["Firstline-Signature"] == signature("a-secret-of-hooks", now, body)
    assert headers["Firstline-Delivery"] == json.loads(body)["delivery_id"]
    world.post.fails.clear()
    for _ in range(3):
        world.clock.forward(60)
        sweep.lambda_handler({}, None)  # type: ignore[arg-type]
    assert len(world.post.webhooks) == len(world.post.mails) == 3
    assert any(b"Subject: The language model's budget of 2026-06 is used up" in mail for mail, _, _ in world.post.mails)


def test_a_new_day_has_its_own_budget_with_a_warning_at_two_thirds(tmp_path: Path) -> None:
    model = PricedModel(cost_usd=0.07)
    world = World(tmp_path, model=model, daily_budget_usd=0.1, notify_webhook_url="https://hooks.example/")
    methods = [world.ask(world.open("ada"), QUESTION)["reply"]["resolution_method"] for _ in range(3)]
    assert methods == ["model", "model", "extractive"]
    world.container.answers.sweep()
    assert sorted(json.loads(body)["percent"] for _, body, _ in world.post.webhooks) == [67, 100]
    world.clock.moment += timedelta(days=1)
    assert world.ask(world.open("ada"), QUESTION)["reply"]["resolution_method"] == "model"
    customer = world.container.customers.find("verified", "ada")
    assert customer is not None
    spend = world.container.answers.budget._spend
    days = [world.clock.now().date() - timedelta(days=1), world.clock.now().date()]
    assert [spend.of_customer(customer.customer_id, day) for day in days] == [140_000, 70_000]


def test_where_the_store_takes_no_booking_the_model_is_not_asked(tmp_path: Path, monkeypatch: Any) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model)
    spend = world.container.answers.budget._spend

    def down(*_: object, **__: object) -> Any:
        raise StoreUnavailableError("down")

    monkeypatch.setattr(spend, "add_to_day", down)
    document = world.ask(world.open("ada"), QUESTION)
    assert (model.asked, receipt(world, document)["without_model"]) == (0, "accounting")
    assert document["reply"]["citations"]


def test_a_settlement_that_the_store_does_not_take_leaves_the_booking(tmp_path: Path, monkeypatch: Any) -> None:
    world = World(tmp_path, model=PricedModel())
    spend = world.container.answers.budget._spend
    add = spend.add_to_day

    def first_only(day: Any, amount: int, **caps: int) -> Any:
        if amount != 20_000:
            raise StoreUnavailableError("down")
        return add(day, amount, **caps)

    monkeypatch.setattr(spend, "add_to_day", first_only)
    assert world.ask(world.open("ada"), QUESTION)["reply"]["resolution_method"] == "model"
    assert world.container.answers.budget.spent().day == 20_000


def test_the_same_question_is_searched_for_and_written_once_until_the_knowledge_changes(tmp_path: Path) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model, cache_ttl=3600)

    def ask() -> dict[str, Any]:
        return world.ask(world.open(), QUESTION)

    def uses(document: dict[str, Any]) -> dict[str, str]:
        used: dict[str, str] = receipt(world, document)["cache"]
        return used

    first = ask()
    same = [ask() for _ in range(8)]
    assert uses(first) == {"search": "miss", "answer": "miss"}
    assert {uses(document)["search"] for document in same} == {"memory"}
    # Each strategy has an answer of its own.
    assert model.asked == len({document["reply"]["strategy"] for document in [first, *same]})
    hits = [document for document in same if uses(document)["answer"] == "memory"]
    assert hits
    for hit in hits:
        assert (hit["reply"]["text"], hit["reply"]["cost_usd"]) == (first["reply"]["text"], 0.0)
        assert hit["reply"]["citations"] == first["reply"]["citations"]
    counted = world.container.counters.totals()
    assert counted[series_key(CACHE_REQUESTS, {"cache": "search", "outcome": "memory"})] == 8
    assert counted[series_key(CACHE_REQUESTS, {"cache": "answer", "outcome": "memory"})] == len(hits)
    assert counted[series_key(MODEL_COST, {})] == model.asked * 30_000
    world.ports.objects.write("articles/new.md", b"# New\n\n## Something\n\nElse.\n")
    world.container.ingest_knowledge.sync()
    assert uses(ask()) == {"search": "miss", "answer": "miss"}


def test_another_process_finds_it_in_the_store_until_its_time_is_over(tmp_path: Path) -> None:
    first = World(tmp_path, cache_ttl=600)
    first.ask(first.open(), QUESTION)
    second = World(tmp_path, cache_ttl=600)
    assert second.ask(second.open(), QUESTION)["knowledge"]["cache"] == "store"
    assert second.ask(second.open(), QUESTION)["knowledge"]["cache"] == "memory"
    second.clock.forward(301)
    assert second.ask(second.open(), QUESTION)["knowledge"]["cache"] == "store"
    second.clock.forward(600)
    assert second.ask(second.open(), QUESTION)["knowledge"]["cache"] == "miss"


def test_nothing_is_cached_of_a_question_with_personal_data_nor_at_zero(tmp_path: Path) -> None:
    world = World(tmp_path, cache_ttl=600)
    for _ in range(2):
        document = world.ask(world.open(), "How do I reset the password of anna@example.com?")
        assert document["knowledge"]["cache"] == ""
    assert world.ports.table.query("CACHE#search#").items == []
    off = World(tmp_path, cache_ttl=0)
    assert off.ask(off.open(), QUESTION)["knowledge"]["cache"] == ""


def test_a_cache_that_does_not_answer_delays_nobody(tmp_path: Path, monkeypatch: Any) -> None:
    world = World(tmp_path, model=PricedModel(), cache_ttl=600)

    def down(*_: object, **__: object) -> Any:
        raise StoreUnavailableError("down")

    for name in ("get", "put"):
        monkeypatch.setattr("firstline.repositories.cache_entries.CacheEntryRepository." + name, down)
    monkeypatch.setattr("firstline.repositories.ingestion_reports.IngestionReportRepository.knowledge_version", down)
    assert world.ask(world.open(), QUESTION)["reply"]["text"] == GOOD


def test_by_setting_the_model_never_sees_who_asks(tmp_path: Path) -> None:
    model = PricedModel()
    seen: list[ModelRequest] = []
    stream = model.stream
    model.stream = lambda request: (seen.append(request), stream(request))[1]  # type: ignore[method-assign]
    world = World(tmp_path, model=model, mask_model_input=True)
    document = world.ask(world.open(), "How do I reset a forgotten password? Mine is anna@example.com.")
    assert "anna@example.com" not in str(seen)
    assert (receipt(world, document)["masked"], document["reply"]["text"]) == (True, GOOD)
