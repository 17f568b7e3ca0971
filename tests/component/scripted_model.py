"""A language model that says what the test has written down, and lets it act in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from firstline.domain.language_model import ModelEvent, ModelFinished, ModelRequest, TextDelta

Step = str | Callable[[], object]


class ScriptedModel:
    """Every answer takes the next script; a text is said, anything else is called."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.requests: list[ModelRequest] = []

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.requests.append(request)
        for step in self.scripts.pop(0):
            if isinstance(step, str):
                yield TextDelta(step)
            else:
                step()
        yield ModelFinished(model="scripted", input_tokens=1, output_tokens=1, stop_reason="end_turn", cost_usd=0.0)
