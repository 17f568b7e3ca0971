"""What the language model answers from: whole sections, joined and numbered, within the budget."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstline.domain.chunking import estimate_tokens
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from firstline.repositories import keys
from tests.component.unchecked import Unchecked
from tests.component.world import World

STEPS = [
    f"Step {n}. " + " ".join(f"detail{n}x{m}" for m in range(35)) + (" Calibrate the beacon." if n == 4 else "")
    for n in range(8)
]
GUIDE = "# Beacons\n\n## Set up a beacon\n\n" + "\n\n".join(STEPS) + "\n"
BATTERY = "# Battery\n\n## Life of the battery\n\nThe battery of a beacon lasts long: a year.\n"
QUESTION = "How do I calibrate the beacon and how long does its battery last?"
_SOURCE = re.compile(r'<source number="(\d+)" title=(".*?")>\n(.*?)\n</source>', re.DOTALL)


class RecordedModel:
    """Answers with one text and keeps what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.requests: list[ModelRequest] = []

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.requests.append(request)
        yield TextDelta(self.text)
        yield ModelFinished("recorded", 1, 1, "end_turn", 0.0)

    def sources(self) -> dict[int, str]:
        """The texts that the model was given, by number."""
        (asked,) = self.requests
        return {int(number): text for number, _, text in _SOURCE.findall(asked.messages[-1].text)}


def served(folder: Path, model: RecordedModel | None, **settings: Any) -> World:
    world = World(folder, model=model, checks=Unchecked() if model else None, chunk_size=100, **settings)
    world.ports.objects.write("articles/beacons.md", GUIDE.encode())
    world.ports.objects.write("articles/battery.md", BATTERY.encode())
    world.container.ingest_knowledge.sync()
    return world


def test_the_section_that_was_cut_reaches_the_model_joined_and_the_reply_cites_by_the_numbers_it_saw(
    tmp_path: Path,
) -> None:
    model = RecordedModel("Calibrate it [1]. It lasts a year [2]. Nobody says so [9].")
    world = served(tmp_path, model)
    document = world.ask(world.open(), QUESTION)
    ranked = [entry["chunk"] for entry in document["knowledge"]["ranked"]]
    sources = model.sources()
    step = next(number for number, text in sources.items() if "Calibrate the beacon." in text)
    own = next(entry for entry in ranked if "Calibrate the beacon." in entry["text"])
    assert "detail3x0" not in own["text"]
    assert "detail5x0" not in own["text"]
    assert sources[step].index("detail3x0") < sources[step].index("Calibrate") < sources[step].index("detail5x0")
    assert sum(text.count("Calibrate the beacon.") for text in sources.values()) == 1
    cited = {citation["number"]: citation for citation in document["reply"]["citations"]}
    assert set(cited) == {1, 2}
    for number, citation in cited.items():
        assert citation["quote"] in sources[number]
        assert citation["chunk_id"] in [chunk["chunk_id"] for chunk in ranked]
    assert document["reply"]["text"].endswith("Nobody says so .")
    (item,) = world.ports.table.query(keys.conversation(document["conversation_id"]), sk_prefix="RCPT#").items
    given = [chunk.text for chunk in world.ports.index.chunks(json.loads(item["body"])["context"])]
    assert "\n\n".join(given) == "\n\n".join(sources[number] for number in sorted(sources))


@pytest.mark.parametrize("budget", [100, 300])
def test_the_budget_of_the_setting_is_kept(tmp_path: Path, budget: int) -> None:
    model = RecordedModel("Calibrate it [1].")
    world = served(tmp_path, model, context_tokens=budget)
    world.ask(world.open(), QUESTION)
    texts = model.sources().values()
    assert 0 < sum(estimate_tokens(text) for text in texts) <= budget


def test_with_the_index_away_the_model_answers_from_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = RecordedModel("Calibrate it [1].")
    world = served(tmp_path, model)
    conversation = world.open()
    document = world.run(conversation, world.say(conversation, QUESTION), until="RetrieveKnowledge", execution_id="e")

    def away(*_: object) -> Any:
        raise KnowledgeIndexUnavailableError("away")

    monkeypatch.setattr(world.ports.index, "neighbours", away)
    reply = world.node("GenerateResponse", document, "e")["reply"]
    assert (reply["resolution_method"], reply["text"]) == ("model", "Calibrate it [1].")
    assert any("Calibrate the beacon." in text for text in model.sources().values())
    (told,) = [vars(record) for record in caplog.records if record.message == "answered with less"]
    assert told["error"] == "KnowledgeIndexUnavailableError"


def test_the_articles_own_words_answer_from_the_ranked_chunks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = served(tmp_path, None)
    monkeypatch.setattr(world.ports.index, "neighbours", None)
    reply = world.ask(world.open(), QUESTION)["reply"]
    assert reply["resolution_method"] == "extractive"
    assert "Calibrate the beacon." in reply["text"]
