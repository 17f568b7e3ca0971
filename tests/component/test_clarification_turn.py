"""Two topics equally near: the bot asks back once, and the next message resolves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain import clarification
from tests.component.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    # The small article's sections lie further apart than those of a handbook.
    monkeypatch.setattr(clarification, "NEAR", 10.0)
    return World(tmp_path)


@pytest.mark.parametrize("place", [0, 1])
def test_the_bot_asks_back_once_and_answers_what_was_chosen(world: World, place: int) -> None:
    conversation = world.open()
    asked = world.ask(conversation, "How do I reset a forgotten password?")
    reply = asked["reply"]
    assert (reply["action"], reply["reason"], reply["citations"]) == ("clarify", "ambiguous", [])
    topics = [line[3:] for line in reply["text"].splitlines() if line.startswith(("1. ", "2. "))]
    assert len(set(topics)) == 2
    answered = world.ask(conversation, f"the {('first', 'second')[place]} one")
    assert answered["knowledge"]["query"] == f"How do I reset a forgotten password?\n{topics[place]}"
    assert answered["reply"]["action"] in ("answer", "hand_over")


def test_the_same_question_again_is_answered_and_not_asked_back_about(world: World) -> None:
    conversation = world.open()
    world.ask(conversation, "How do I reset a forgotten password?")
    again = world.ask(conversation, "How do I reset a forgotten password?")["reply"]
    assert (again["action"], again["reason"]) == ("answer", "knowledge_found")
    assert again["citations"][0]["heading"] == "Reset your password"
