"""A company's own intents in a turn: shown in the answer and the receipt, and no turn is lost for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstline import understanding
from firstline.domain.errors import SchemaVersionError, StoreUnavailableError
from firstline.evaluation.explain import explained, parts_of
from firstline.settings import Settings
from tests.component.live import WAIT_S, LiveFirstline
from tests.component.rest import bearer
from tests.component.test_own_intents import ADMIN, INSIDE, OUTSIDE, RECIPE, WARRANTY
from tests.component.world import HashingEmbedder, World


def learn(world: World) -> None:
    labels = {"warranty": WARRANTY, "recipe": RECIPE}
    rows = [{"text": text, "label": name} for name, examples in labels.items() for text in examples]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    world.ports.objects.write("training/intents/ours.jsonl", content.encode())
    world.container.own_intents.train()


def classified(world: World, text: str) -> dict[str, Any]:
    conversation = world.open()
    document = world.run(conversation, world.say(conversation, text), until="ClassifyQuery")
    return dict(document["classification"])


def test_what_is_put_and_trained_over_rest_is_the_intent_of_the_next_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = LiveFirstline(tmp_path, monkeypatch, admin_token=ADMIN)
    try:
        with httpx.Client(base_url=server.url, timeout=WAIT_S) as http:
            for name, examples in (("warranty", WARRANTY), ("recipe", RECIPE)):
                http.put(f"/admin/intents/{name}", json={"examples": examples}, headers=bearer(ADMIN))
            assert http.post("/admin/intents/training", headers=bearer(ADMIN)).status_code == 200
            inside = http.post("/chat", json={"message": INSIDE}).json()
            outside = http.post("/chat", json={"message": OUTSIDE}).json()
    finally:
        server.stop()
    assert inside["intent"] == "warranty"
    assert outside["intent"] not in ("warranty", "recipe", "")


def test_the_receipt_names_the_own_intent_with_the_examples_that_counted(world: World) -> None:
    learn(world)
    conversation = world.open()
    world.ask(conversation, INSIDE)
    item = world.ports.table.query(f"CONV#{conversation}", sk_prefix="RCPT#").items[0]
    told = json.loads(item["body"])["classification"]
    assert told["own_intent"] == "warranty"
    assert told["own_intent_confidence"] >= 0.5
    reasons = [(one["kind"], one["text"]) for one in told["because"] if one["about"] == "own_intent"]
    assert ("example", "warranty expired") in reasons


@pytest.mark.parametrize("failure", [StoreUnavailableError("away"), SchemaVersionError("newer")])
def test_a_turn_is_not_lost_where_the_own_intents_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    learn(world)
    logged: list[tuple[str, str]] = []
    monkeypatch.setattr(understanding.logger, "warning", lambda what, extra: logged.append((what, extra["error"])))
    get = world.ports.table.get

    def away(pk: str, sk: str, **given: Any) -> Any:
        if pk == "INTENTS":
            raise failure
        return get(pk, sk, **given)

    monkeypatch.setattr(world.ports.table, "get", away)
    judged = classified(world, INSIDE)
    assert (judged["own_intent"], judged["own_intent_confidence"]) == ("", 0.0)
    assert judged["intent"]
    assert [error for _, error in logged] == [type(failure).__name__]


def test_what_was_known_judges_the_turn_while_the_store_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(world)
    assert classified(world, INSIDE)["own_intent"] == "warranty"
    get = world.ports.table.get

    def away(pk: str, sk: str, **given: Any) -> Any:
        if pk == "INTENTS":
            raise StoreUnavailableError("away")
        return get(pk, sk, **given)

    monkeypatch.setattr(world.ports.table, "get", away)
    world.clock.forward(61)
    assert classified(world, INSIDE)["own_intent"] == "warranty"


def test_the_command_shows_the_own_intents_of_the_servers_folder(world: World, tmp_path: Path) -> None:
    learn(world)
    asked = [{"role": "customer", "text": INSIDE}]
    with parts_of(Settings(), HashingEmbedder(), tmp_path) as parts:
        (told,) = explained(asked, parts)
    with parts_of(Settings(), HashingEmbedder(), tmp_path / "unused") as parts:
        (without,) = explained(asked, parts)
    assert (told["own_intent"], without["own_intent"]) == ("warranty", "")
    assert not (tmp_path / "unused").exists()


def test_the_settings_count_in_a_turn(tmp_path: Path) -> None:
    strict = World(tmp_path / "strict", sentiment_threshold=0.9)
    text = "the export is a bit slow and that is not so nice"
    usual = classified(World(tmp_path / "usual"), text)
    judged = classified(strict, text)
    assert (usual["sentiment_threshold"], judged["sentiment_threshold"]) == (0.3, 0.9)
    assert usual["sentiment"] == judged["sentiment"]
