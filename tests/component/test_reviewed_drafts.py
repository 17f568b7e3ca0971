"""An answer that is not sure enough: asked back once, then a draft for a person; at once where much is at stake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.identity import Principal, Role
from firstline.domain.ticket_events import ASSISTANT
from tests.component.scripted_model import ScriptedModel
from tests.component.unchecked import Unchecked
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
QUESTION = "How do I reset a forgotten password?"
STAKES = "Somebody has changed my password. How do I reset a forgotten password?"


@pytest.fixture
def world(tmp_path: Path) -> World:
    # Nothing is as sure as that.
    return World(tmp_path, handover_min_confidence=1.0)


def drafts(world: World, document: dict[str, Any]) -> list[str]:
    ticket = document["reply"]["handover"]["ticket_id"]
    return [event.note for event in world.container.tickets.events(ticket) if event.internal and event.by == ASSISTANT]


def shown(world: World) -> str:
    return json.dumps(world.sockets.frames)


def test_an_unsure_answer_is_asked_back_about_once_and_then_drafted_for_a_person(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation, QUESTION)["reply"]
    assert (first["action"], first["reason"]) == ("clarify", "low_confidence")
    second = world.ask(conversation, QUESTION)
    assert (second["reply"]["action"], second["reply"]["reason"]) == ("hand_over", "low_confidence")
    assert "a colleague will check it first" in second["reply"]["text"]
    (draft,) = drafts(world, second)
    assert "The customer has not seen it" in draft
    assert "Reset your password" in draft
    answer = draft.split("\n\n")[1]
    assert len(answer) > 20
    assert answer not in shown(world)


def test_where_much_is_at_stake_the_draft_goes_to_a_person_at_once(world: World) -> None:
    document = world.ask(world.open(), STAKES)
    assert (document["reply"]["action"], document["reply"]["reason"]) == ("hand_over", "high_stakes")
    assert len(drafts(world, document)) == 1


def test_the_draft_of_a_further_handover_joins_the_open_ticket(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation, STAKES)
    own = world.container.people.own_conversation
    own.take(conversation, ANNA)
    own.hand_back(conversation, ANNA)
    again = world.ask(conversation, STAKES)
    assert again["reply"]["handover"] == first["reply"]["handover"]
    notes = drafts(world, again)
    assert len(notes) == 2
    ticket = again["reply"]["handover"]["ticket_id"]
    assert [event.seq for event in world.container.tickets.events(ticket)] == [1, 2, 3, 4]


def test_the_draft_is_no_news_to_the_customer(world: World) -> None:
    document = world.ask(world.open(), STAKES)
    ticket = document["reply"]["handover"]["ticket_id"]
    public = [event.as_public() for event in world.container.tickets.events(ticket)]
    assert "Draft" not in json.dumps([one.model_dump(mode="json") for one in public if one])


def test_a_model_writes_the_draft_without_tools_and_without_showing_it(tmp_path: Path) -> None:
    model = ScriptedModel(["Choose Forgot password on the sign-in page [1]."])
    world = World(tmp_path, model=model, checks=Unchecked(), handover_min_confidence=1.0)
    document = world.ask(world.open(), STAKES)
    assert document["reply"]["reason"] == "high_stakes"
    (draft,) = drafts(world, document)
    assert "Choose Forgot password on the sign-in page [1]." in draft
    assert [request.tools for request in model.requests] == [()]
    assert "Forgot password on the sign-in page" not in shown(world)
    assert (document["reply"]["model"], document["reply"]["output_tokens"]) == ("scripted", 1)


def test_a_sure_answer_is_given_as_before(tmp_path: Path) -> None:
    world = World(tmp_path, handover_min_confidence=0.0)
    reply = world.ask(world.open(), STAKES)["reply"]
    assert (reply["action"], reply["reason"]) == ("answer", "knowledge_found")
