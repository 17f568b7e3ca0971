"""Write an answer: by the language model where there is one, else from the sources' own sentences."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firstline.domain.conversation import Author
from firstline.domain.errors import LanguageModelError
from firstline.domain.extractive import MAX_SOURCES, citation, write_extractive
from firstline.domain.knowledge import RankedChunk
from firstline.domain.language_model import ModelFinished, ModelMessage, ModelRequest, TextDelta
from firstline.domain.phrases import PERSON_OFFER
from firstline.domain.ports import LanguageModel
from firstline.domain.turn import Citation, ResolutionMethod, Strategy, Turn
from firstline.services.stream_reply import StreamReply

_PROMPTS = Path(__file__).parents[1] / "prompts"
_OFTEN = 3
_MARK = re.compile(r"\[(\d{1,2})\]")


@dataclass(frozen=True)
class Written:
    """An answer and what it took."""

    text: str
    citations: list[Citation]
    method: ResolutionMethod
    prompt_sha256: str = ""
    finished: ModelFinished | None = None


class WriteAnswer:
    """A failing model never leaves the customer without an answer: the extractive one takes its place."""

    def __init__(self, model: LanguageModel | None, *, temperature: float, max_tokens: int) -> None:
        self._model = model
        self._temperature = temperature
        self._max_tokens = max_tokens

    def write(
        self,
        turn: Turn,
        ranked: list[RankedChunk],
        strategy: Strategy,
        stream: StreamReply,
        *,
        on_model_failure: Callable[[LanguageModelError], None],
    ) -> Written:
        """Write and stream the answer.

        Parameters
        ----------
        ranked : list of RankedChunk
            Best first, at least one.
        on_model_failure : callable
            Told of a model's failure, which is not raised: the extractive answer follows.

        Raises
        ------
        StaleAttemptError
            Another attempt has taken over while this one wrote.
        """
        if self._model is not None:
            try:
                return self._by_model(self._model, turn, ranked[: MAX_SOURCES + 2], strategy, stream)
            except LanguageModelError as error:
                on_model_failure(error)
                stream.withdraw()
        answer = write_extractive(turn.question, ranked, strategy)
        parts = [*answer.parts, PERSON_OFFER] if _keeps_coming_back(turn) else answer.parts
        for place, part in enumerate(parts):
            stream.push(f"\n\n{part}" if place else part)
        stream.flush()
        return Written("\n\n".join(parts), answer.citations, ResolutionMethod.EXTRACTIVE)

    def _by_model(
        self, model: LanguageModel, turn: Turn, sources: list[RankedChunk], strategy: Strategy, stream: StreamReply
    ) -> Written:
        system = f"{_prompt('answer.md')}\n{json.loads(_prompt('strategies.json'))[strategy.value]}"
        request = ModelRequest(
            system=system,
            messages=_messages(turn, sources),
            max_tokens=self._max_tokens,
            temperature=self._temperature,
        )
        text, finished = "", None
        for event in model.stream(request):
            if isinstance(event, TextDelta):
                text += event.text
                stream.push(event.text)
            else:
                finished = event
        stream.flush()
        numbers = dict.fromkeys(int(mark) for mark in _MARK.findall(text))
        cited = [citation(n, sources[n - 1], sources[n - 1].chunk.text) for n in numbers if 1 <= n <= len(sources)]
        digest = hashlib.sha256(system.encode()).hexdigest()
        text = _MARK.sub(lambda mark: mark[0] if 1 <= int(mark[1]) <= len(sources) else "", text)
        return Written(text.strip(), cited, ResolutionMethod.MODEL, digest, finished)


def _keeps_coming_back(turn: Turn) -> bool:
    """Tell whether the graph has seen this customer with this topic, the one asked about most, three times or more."""
    insights = turn.identified.customer.insights
    return insights.topics[:1] == [turn.classified.category.value] and insights.contacts_on_topic >= _OFTEN


@lru_cache(maxsize=8)
def _prompt(name: str) -> str:
    return (_PROMPTS / name).read_text(encoding="utf-8")


def _messages(turn: Turn, sources: list[RankedChunk]) -> tuple[ModelMessage, ...]:
    history = turn.identified.history
    messages = [ModelMessage("assistant" if m.author is not Author.CUSTOMER else "user", m.text) for m in history]
    while messages and messages[0].role == "assistant":
        messages.pop(0)
    listed = "\n\n".join(
        f'<source number="{number}" title={json.dumps(item.chunk.heading)}>\n{item.chunk.text}\n</source>'
        for number, item in enumerate(sources, start=1)
    )
    customer = turn.identified.customer
    known = f"tier: {customer.tier.value}; style: {customer.communication_style.value}; "
    known += f"relationship: {customer.relationship_stage.value}; asked before about: "
    known += ", ".join(customer.insights.topics) or "nothing"
    listed += f"\n\n<customer>{known}</customer>"
    messages.append(ModelMessage("user", f"{listed}\n\n<question>\n{turn.question}\n</question>"))
    return tuple(messages)
