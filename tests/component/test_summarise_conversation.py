"""What the model is given of a long conversation: the last messages whole, the rest in a summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.domain.conversation import Event
from firstline.domain.errors import LanguageModelError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.repositories import keys
from tests.component.unchecked import Unchecked
from tests.component.world import World

FIRST = "I need to export timesheets of project Falcon-77 for June"


class ScriptedModel:
    """Writes the same words each time, keeps what it was asked, and fails when told to."""

    def __init__(self, words: str = "The customer wants the export.") -> None:
        self.words, self.requests = words, list[ModelRequest]()
        self.fails: LanguageModelError | None = None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.requests.append(request)
        if self.fails:
            raise self.fails
        yield TextDelta(self.words)
        yield ModelFinished("scripted", 1, 1, "end_turn", 0.0)

    def summaries(self) -> list[ModelRequest]:
        return [request for request in self.requests if "summary" in request.system[:80]]

    def answers(self) -> list[ModelRequest]:
        return [request for request in self.requests if "summary" not in request.system[:80]]


def talk(world: World, n: int) -> str:
    conversation = world.open()
    world.ask(conversation, FIRST)
    for number in range(1, n):
        world.ask(conversation, f"How do I reset a forgotten password, try {number}?")
    return conversation


def test_a_short_conversation_has_no_summary_and_goes_whole_to_the_model(tmp_path: Path) -> None:
    model = ScriptedModel()
    world = World(tmp_path, model=model, checks=Unchecked(), max_conversation_history=6)
    conversation = talk(world, 3)
    assert world.container.conversations.get(conversation).summary == ""
    sent = model.answers()[-1].messages
    assert sent[0].text == FIRST
    assert "earlier_in_this_conversation" not in sent[-1].text


@pytest.mark.parametrize("with_model", [True, False])
def test_no_message_of_a_long_conversation_is_beyond_both_window_and_summary(tmp_path: Path, with_model: bool) -> None:
    model = ScriptedModel() if with_model else None
    world = World(tmp_path, model=model, checks=Unchecked(), max_conversation_history=6)
    conversation = world.open()
    for number in range(12):
        accepted = world.say(conversation, FIRST if number == 0 else f"How do I reset my password, try {number}?")
        identified = world.run(conversation, accepted, until="IdentifyCustomer")["customer"]
        shown = world.container.conversations.latest_events(conversation, limit=len(identified["history"]) + 1)
        up_to = world.container.conversations.get(conversation).summary_up_to_seq
        assert min(number, 1) <= len(identified["history"]) <= 6
        assert number == 0 or up_to >= shown[0].seq - 1 or shown[0].seq <= 2
        world.run(conversation, accepted)
    summary = world.container.conversations.get(conversation).summary
    assert summary == (model.words if model else summary)
    assert with_model or "Falcon-77" in summary.splitlines()[0]


def test_the_model_that_answers_is_given_the_summary_as_data(tmp_path: Path) -> None:
    model = ScriptedModel("Wants the export of Falcon-77.")
    world = World(tmp_path, model=model, checks=Unchecked(), max_conversation_history=4)
    talk(world, 5)
    last = model.answers()[-1]
    assert len(last.messages) <= 4 + 1
    wrapped = "<earlier_in_this_conversation>\nWants the export of Falcon-77.\n</earlier_in_this_conversation>"
    assert wrapped in last.messages[-1].text
    assert "Falcon" not in last.system


def test_a_model_that_fails_leaves_the_summary_to_the_messages_own_sentences(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.fails = LanguageModelUnavailableError("overloaded")
    world = World(tmp_path, model=model, checks=Unchecked(), max_conversation_history=4)
    conversation = talk(world, 5)
    assert model.summaries()
    assert "Falcon-77" in world.container.conversations.get(conversation).summary


def test_a_summary_is_written_after_the_reply_has_left_and_not_at_each_turn(tmp_path: Path) -> None:
    model = ScriptedModel()
    world = World(tmp_path, model=model, checks=Unchecked(), max_conversation_history=8)
    conversation = talk(world, 4)
    accepted = world.say(conversation, "How do I reset my password once more?")
    document = world.run(conversation, accepted, until="GenerateResponse")
    assert world.sockets.of_type("s0", "reply")[-1]["turn_id"] == accepted.turn_id
    assert model.summaries() == []
    world.node("AnalyzeGraph", document)
    assert len(model.summaries()) == 1
    for number in range(8):
        world.ask(conversation, f"Timesheets export question {number}?")
    assert len(model.summaries()) <= 1 + 4


def test_of_two_summaries_at_once_one_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, max_conversation_history=4)
    conversation = talk(world, 2)
    world.run(conversation, world.say(conversation, "Where is the Export button?"), until="GenerateResponse")
    conversations, service = world.container.conversations, world.container.answers.summarise
    read, done = conversations.events, list[bool]()

    def and_another_is_faster(conversation_id: str, **query: int) -> list[Event]:
        found = read(conversation_id, **query)
        monkeypatch.undo()
        done.append(service.summarise(conversation, last_seq=7, on_model_failure=pytest.fail))
        world.ports.table.update(keys.conversation(conversation), keys.META, set={"summary": "the faster one's"})
        return found

    monkeypatch.setattr(conversations, "events", and_another_is_faster)
    done.append(service.summarise(conversation, last_seq=7, on_model_failure=pytest.fail))
    assert done == [True, False]
    assert conversations.get(conversation).summary == "the faster one's"


def test_a_conversation_from_before_there_were_summaries_gets_one(tmp_path: Path) -> None:
    world = World(tmp_path, max_conversation_history=4)
    conversation = world.open()
    world.ports.table.update(keys.conversation(conversation), keys.META, remove=("summary", "summary_up_to_seq"))
    for number in range(4):
        world.ask(conversation, f"How do I export timesheets, try {number}?")
    assert world.container.conversations.get(conversation).summary
