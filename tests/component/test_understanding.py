"""A turn's understanding: made once, carried on, remembered, and settled by a model only where it is unsure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firstline.domain.conversation import Customer
from firstline.domain.errors import EmbedderUnavailableError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelEvent, ModelRequest
from firstline.domain.memory import as_remembered
from firstline.domain.message_vectors import MessageVectors, unpacked
from tests.component.scripted_model import ScriptedModel
from tests.component.unchecked import Unchecked
from tests.component.world import HashingEmbedder, World

QUESTION = "How do I reset a forgotten password?"
UNSURE = "the wobbly thing sits beside that other thing somehow"


class CountedEmbedder(HashingEmbedder):
    """Counts the texts that go through the model."""

    def __init__(self) -> None:
        self.passes: list[str] = []
        self.broken = False

    def embed(self, texts: Sequence[str]) -> Any:
        if self.broken:
            raise EmbedderUnavailableError("broken by the test")
        self.passes.extend(texts)
        return super().embed(texts)

    def embed_message(self, text: str) -> MessageVectors:
        (vector,) = self.embed([text])
        return MessageVectors(vector, vector)


def counted(world: World) -> CountedEmbedder:
    embedder = CountedEmbedder()
    ports = replace(world.ports, embedder=embedder)
    world.ports = ports
    world.container = replace(world.container, ports=ports)
    return embedder


def test_one_pass_of_the_model_serves_classification_and_search(world: World) -> None:
    embedder = counted(world)
    document = world.ask(world.open(), QUESTION)
    assert document["reply"]["action"] == "answer"
    assert embedder.passes == [QUESTION]


def test_without_the_embedder_the_turn_is_classified_and_ends(world: World) -> None:
    embedder = counted(world)
    embedder.broken = True
    conversation = world.open()
    document = world.run(conversation, world.say(conversation, "I want to talk to a human"), until="ClassifyQuery")
    assert document["classification"]["intent"] == "human_request"
    assert document["classification"]["query_vector"] == ""
    another = world.open()
    asked = world.run(another, world.say(another, QUESTION), until="ClassifyQuery")
    with pytest.raises(EmbedderUnavailableError):
        world.node("RetrieveKnowledge", asked)


def test_the_vector_that_travels_finds_what_a_fresh_one_finds(world: World) -> None:
    conversation = world.open()
    document = world.run(conversation, world.say(conversation, QUESTION), until="ClassifyQuery")
    carried = world.node("RetrieveKnowledge", document)["knowledge"]
    bare = {**document, "classification": {**document["classification"], "query_vector": ""}}
    fresh = world.node("RetrieveKnowledge", bare)["knowledge"]
    assert [entry["chunk"]["chunk_id"] for entry in carried["ranked"]] == [
        entry["chunk"]["chunk_id"] for entry in fresh["ranked"]
    ]
    assert carried["confidence"] == pytest.approx(fresh["confidence"], abs=0.01)


def test_the_receipt_says_why_and_holds_no_vector(world: World) -> None:
    conversation = world.open()
    document = world.ask(conversation, "My lawyer will write to you about my account.")
    item = world.ports.table.query(f"CONV#{conversation}", sk_prefix="RCPT#").items[0]
    receipt = json.loads(item["body"])
    assert document["classification"]["query_vector"]
    assert "query_vector" not in receipt["classification"]
    assert {"about": "stakes", "kind": "phrase", "text": "legal: my lawyer", "weight": 1.0} in receipt[
        "classification"
    ]["because"]
    assert receipt["reason"] == "legal"


def test_the_sentiments_of_a_conversation_are_remembered_in_order_and_the_last_dozen_kept(world: World) -> None:
    conversation = world.open()
    felt = []
    for _ in range(15):
        document = world.ask(conversation, "thank you, that is great")
        felt.append(document["classification"]["sentiment"])
    assert len(document["customer"]["earlier_sentiments"]) == 12
    assert document["customer"]["earlier_sentiments"] == pytest.approx(felt[2:14], abs=0.0006)


def test_a_customer_who_writes_like_an_engineer_is_known_as_one_after_three_messages(world: World) -> None:
    styles = []
    for number in range(5):
        conversation = world.open(user_id="dev-7")
        said = f"The webhook returns a 50{number} and the JSON payload has a null, is the API endpoint rate limited?"
        document = world.ask(conversation, said)
        styles.append(document["customer"]["customer"]["communication_style"])
    assert styles[:3] == ["neutral", "neutral", "neutral"]
    assert styles[3:] == ["technical", "technical"]
    assert document["customer"]["customer"]["writing"]["expertise"] > 0.6


def test_what_a_customer_asks_for_comes_before_how_they_write(world: World) -> None:
    for _ in range(4):
        document = world.ask(world.open(user_id="ann"), "hey guys, lol, how do i export timesheets, thx")
    assert document["customer"]["customer"]["communication_style"] == "casual"
    customer = document["customer"]["customer"]
    remembered = as_remembered(Customer.model_validate(customer), {"tone": "formal"})
    assert remembered.communication_style == "formal"


def test_the_same_state_run_twice_counts_a_message_once_in_the_profile(world: World) -> None:
    conversation = world.open(user_id="bea")
    accepted = world.say(conversation, QUESTION)
    document = world.run(conversation, accepted, until="GenerateResponse")
    world.node("AnalyzeGraph", document)
    world.node("AnalyzeGraph", document)
    after = world.ask(world.open(user_id="bea"), QUESTION)
    assert after["customer"]["customer"]["writing"]["messages"] == 1


class BrokenModel:
    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        raise LanguageModelUnavailableError("broken by the test")


def unsure(folder: Path, model: Any, **settings: Any) -> dict[str, Any]:
    world = World(folder, model=model, checks=Unchecked(), **{"classify_with_model": True, **settings})
    conversation = world.open()
    judged: dict[str, Any] = world.run(conversation, world.say(conversation, UNSURE), until="ClassifyQuery")
    return dict(judged["classification"])


def test_a_model_settles_what_is_unsure(tmp_path: Path) -> None:
    model = ScriptedModel(["bug_report complaint\n"])
    judged = unsure(tmp_path, model)
    assert (judged["category"], judged["intent"], judged["settled_by_model"]) == ("bug_report", "complaint", True)
    (request,) = model.requests
    assert request.max_tokens <= 24
    assert request.within_s is not None
    assert request.tools == ()
    assert request.messages[0].text == UNSURE


@pytest.mark.parametrize(
    "said", ["", "unsure", "bug_report", "complaint bug_report", "bug_report complaint and so on", "x" * 5_000]
)
def test_anything_else_that_a_model_says_changes_nothing(tmp_path: Path, said: str) -> None:
    own = unsure(tmp_path / "without", None)
    judged = unsure(tmp_path / "with", ScriptedModel([said]))
    assert {**judged, "elapsed_ms": 0} == {**own, "elapsed_ms": 0}


def test_a_model_that_fails_or_may_not_be_asked_changes_nothing(tmp_path: Path) -> None:
    own = unsure(tmp_path / "without", None)
    assert {**unsure(tmp_path / "broken", BrokenModel()), "elapsed_ms": 0} == {**own, "elapsed_ms": 0}
    model = ScriptedModel(["bug_report complaint"])
    capped = unsure(tmp_path / "capped", model, max_anonymous_session_cost_usd=0.0)
    off = unsure(tmp_path / "off", model, classify_with_model=False)
    assert not capped["settled_by_model"]
    assert not off["settled_by_model"]
    assert model.requests == []


def test_personal_data_is_hidden_from_the_model_that_settles(tmp_path: Path) -> None:
    model = ScriptedModel(["billing_inquiry question"])
    world = World(tmp_path, model=model, checks=Unchecked(), classify_with_model=True, mask_model_input=True)
    conversation = world.open()
    world.run(conversation, world.say(conversation, f"{UNSURE} jane.roe@example.com"), until="ClassifyQuery")
    assert "jane.roe@example.com" not in model.requests[0].messages[0].text


def test_what_is_sure_or_a_matter_of_law_is_never_asked_of_a_model(tmp_path: Path) -> None:
    model = ScriptedModel()
    world = World(tmp_path, model=model, checks=Unchecked(), classify_with_model=True)
    conversation = world.open()
    for text in ("My lawyer will hear of that wobbly thing.", "I want to talk to a human being now", "hm?"):
        world.run(conversation, world.say(conversation, text), until="ClassifyQuery")
    assert model.requests == []


def test_vectors_are_of_half_the_precision_and_still_of_length_one(world: World) -> None:
    conversation = world.open()
    document = world.run(conversation, world.say(conversation, QUESTION), until="ClassifyQuery")
    vector = unpacked(document["classification"]["query_vector"])
    assert vector is not None
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)
