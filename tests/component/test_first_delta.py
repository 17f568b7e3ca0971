"""How soon the first words leave: with the first whole checked sentence, while the model still writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
FIRST = "The link in the mail is good for 30 minutes [1]."


class WatchedModel:
    """Writes a sentence word by word, and looks at what was shown when it is whole."""

    def __init__(self) -> None:
        self.shown_before_the_end: list[list[str]] = []
        self.world: World | None = None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        assert self.world is not None
        for word in FIRST.split(" "):
            yield TextDelta(f"{word} ")
        # That a full stop ended the sentence, and no abbreviation, is known when the next one begins.
        yield TextDelta("You")
        frames = [frame["text"] for frame in self.world.sockets.of_type("s0", "delta")]
        self.shown_before_the_end.append(frames[-1:])
        yield TextDelta(" can reset a forgotten password yourself [1].")
        yield ModelFinished("timed", 1, 1, "end_turn", 0.0)


def test_the_first_delta_leaves_with_the_first_checked_sentence_while_the_model_still_writes(tmp_path: Path) -> None:
    model = WatchedModel()
    world = model.world = World(tmp_path, model=model)
    for _ in range(5):
        world.ask(world.open(), QUESTION)
    assert [[text.strip() for text in shown] for shown in model.shown_before_the_end] == [[FIRST]] * 5
