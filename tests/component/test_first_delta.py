"""How soon the first words leave: with the first whole checked sentence, while the model still writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
FIRST = "The link in the mail is good for 30 minutes [1]."
LONGEST_S = 0.05


class TimedModel:
    """Writes a sentence word by word, and looks at the clock when it is whole."""

    def __init__(self) -> None:
        self.whole_at: list[float] = []
        self.shown_before_the_end: list[list[str]] = []
        self.world: World | None = None

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        assert self.world is not None
        for word in FIRST.split(" "):
            yield TextDelta(f"{word} ")
        # That a full stop ended the sentence, and no abbreviation, is known when the next one begins.
        self.whole_at.append(time.perf_counter())
        yield TextDelta("You")
        frames = [frame["text"] for frame in self.world.sockets.of_type("s0", "delta")]
        self.shown_before_the_end.append(frames[-1:])
        yield TextDelta(" can reset a forgotten password yourself [1].")
        yield ModelFinished("timed", 1, 1, "end_turn", 0.0)


def test_the_first_delta_leaves_within_50_ms_of_the_first_checked_sentence(tmp_path: Path) -> None:
    model = TimedModel()
    world = model.world = World(tmp_path, model=model)
    post, first_at = world.sockets.post, list[float]()

    def timed(connection_id: str, frame: str) -> None:
        if '"delta"' in frame and len(first_at) < len(model.whole_at):
            first_at.append(time.perf_counter())
        post(connection_id, frame)

    world.sockets.post = timed  # type: ignore[method-assign]
    for _ in range(5):
        world.ask(world.open(), QUESTION)
    waits = [shown - whole for shown, whole in zip(first_at, model.whole_at, strict=True)]
    # Another process may hold the machine for a moment: the best of five tells what is waited for.
    assert min(waits) <= LONGEST_S, waits
    assert [[text.strip() for text in shown] for shown in model.shown_before_the_end] == [[FIRST]] * 5
