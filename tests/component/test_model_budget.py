"""What an anonymous session may spend on the language model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firstline.domain.errors import LanguageModelUnavailableError, TurnSupersededError
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.repositories import keys
from firstline.repositories.model_spend import ModelSpendRepository
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"


class PricedModel:
    """Answers at a fixed price; may fail, or call back in the middle of its answer."""

    def __init__(self, cost_usd: float = 0.03) -> None:
        self.cost_usd = cost_usd
        self.asked = 0
        self.fails = False
        self.in_the_middle = lambda: None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.asked += 1
        if self.fails:
            raise LanguageModelUnavailableError("overloaded")
        yield TextDelta("By the link on the sign-in page [1].")
        self.in_the_middle()
        yield ModelFinished("m", 10, 10, "end_turn", self.cost_usd)


def spent(world: World, conversation_id: str) -> int:
    item = world.ports.table.get(keys.conversation(conversation_id), keys.META)
    assert item is not None
    return int(item.get("model_micro_usd", 0))


def test_at_the_cap_answers_are_extractive(tmp_path: Path) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model, max_anonymous_session_cost_usd=0.05)
    conversation = world.open(sockets=0)
    methods = [world.ask(conversation, QUESTION)["reply"]["resolution_method"] for _ in range(4)]
    assert methods == ["model", "model", "extractive", "extractive"]
    assert (model.asked, spent(world, conversation)) == (2, 60_000)


def test_a_customer_for_whom_the_company_vouches_has_no_cap(tmp_path: Path) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model, max_anonymous_session_cost_usd=0.01)
    conversation = world.open("anna", sockets=0)
    methods = {world.ask(conversation, QUESTION)["reply"]["resolution_method"] for _ in range(3)}
    assert (methods, spent(world, conversation)) == ({"model"}, 0)


def test_at_zero_a_visitor_never_reaches_the_model(tmp_path: Path) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model, max_anonymous_session_cost_usd=0.0)
    assert world.ask(world.open(sockets=0), QUESTION)["reply"]["resolution_method"] == "extractive"
    assert model.asked == 0


def test_a_model_that_refuses_costs_nothing(tmp_path: Path) -> None:
    model = PricedModel()
    model.fails = True
    world = World(tmp_path, model=model)
    conversation = world.open(sockets=0)
    world.ask(conversation, QUESTION)
    assert (model.asked, spent(world, conversation)) == (1, 0)


def test_an_answer_that_was_cut_off_stays_paid_for(tmp_path: Path) -> None:
    model = PricedModel()
    world = World(tmp_path, model=model)
    conversation = world.open(sockets=0)
    accepted = world.say(conversation, QUESTION)
    model.in_the_middle = lambda: world.say(conversation, "I mean another one") and None
    with pytest.raises(TurnSupersededError):
        world.run(conversation, accepted)
    assert spent(world, conversation) >= 20_000


def test_bookings_side_by_side_add_up_and_stop_at_the_cap(world: World) -> None:
    conversation = world.open(sockets=0)
    repository = ModelSpendRepository(world.ports.table)
    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(lambda _: repository.add_below(conversation, 10, cap=100), range(40)))
    assert (sum(booked), spent(world, conversation)) == (10, 100)
    repository.add(conversation, -5)
    assert spent(world, conversation) == 95
    repository.add("nowhere", 5)
    assert world.ports.table.get(keys.conversation("nowhere"), keys.META) is None
