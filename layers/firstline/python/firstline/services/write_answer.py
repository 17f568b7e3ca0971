"""Write an answer: by the language model where there is one, else from the sources' own sentences."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firstline.domain.attachments import MAX_FILES, MAX_MODEL_IMAGE_BYTES
from firstline.domain.context import Passage, build_passages
from firstline.domain.conversation import Author
from firstline.domain.errors import (
    FirstlineError,
    KnowledgeIndexUnavailableError,
    LanguageModelError,
    LanguageModelUnavailableError,
    NotFoundError,
)
from firstline.domain.extractive import citation, write_extractive
from firstline.domain.knowledge import RankedChunk
from firstline.domain.language_model import ModelFinished, ModelImage, ModelMessage, ModelRequest, TextDelta
from firstline.domain.phrases import PERSON_OFFER
from firstline.domain.ports import KnowledgeIndex, LanguageModel
from firstline.domain.quoted_files import quoted
from firstline.domain.turn import Citation, ResolutionMethod, Strategy, Turn
from firstline.services.build_context import build_context
from firstline.services.model_budget import ModelBudget
from firstline.services.read_attachment import ReadAttachment
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
    context: tuple[str, ...] = ()
    """Ids of the chunks that the model was given."""
    finished: ModelFinished | None = None


class WriteAnswer:
    """A failing model never leaves the customer without an answer: the extractive one takes its place.

    Parameters
    ----------
    model : LanguageModel or None
        None: answers are extractive.
    index : KnowledgeIndex
        Completes what was found by the rest of its sections, for the model.
    budget : ModelBudget
        Where it is used up, answers are extractive.
    read_attachment : ReadAttachment
        Gives what attached files say and show, for the model.
    context_tokens : int
        Estimated tokens of all sources that the model is given, >= 1.
    attachment_tokens : int
        Estimated tokens of the texts of all files that the model is given, >= 0.
    max_tokens : int
        Most tokens of one answer.
    """

    def __init__(
        self,
        model: LanguageModel | None,
        index: KnowledgeIndex,
        budget: ModelBudget,
        read_attachment: ReadAttachment,
        *,
        context_tokens: int,
        attachment_tokens: int,
        temperature: float,
        max_tokens: int,
    ) -> None:
        self._model = model
        self._index = index
        self._budget = budget
        self._read_attachment = read_attachment
        self._context_tokens = context_tokens
        self._attachment_tokens = attachment_tokens
        self._temperature = temperature
        self._max_tokens = max_tokens

    def write(
        self,
        turn: Turn,
        ranked: list[RankedChunk],
        strategy: Strategy,
        stream: StreamReply,
        *,
        on_model_failure: Callable[[FirstlineError], None],
    ) -> Written:
        """Write and stream the answer.

        Parameters
        ----------
        ranked : list of RankedChunk
            Best first; none where only the files that came with the question can answer it.
        on_model_failure : callable
            Told of a failure that is not raised: of the model, after which the extractive answer follows, or of the
            index, after which the model gets what was found without what stands beside it.

        Raises
        ------
        StaleAttemptError
            Another attempt has taken over while this one wrote.
        LanguageModelError
            Nobody but a model could have answered, and it failed, or there is none left to this visitor.
        """
        by_model_alone = not ranked or bool(turn.identified.attachments)
        if self._model is not None and self._budget.book(turn.conversation_id, vouched=_vouched(turn)):
            try:
                sources = self._sources(ranked, on_model_failure)
                return self._by_model(self._model, turn, sources, strategy, stream)
            except LanguageModelError as error:
                on_model_failure(error)
                stream.withdraw()
                if by_model_alone:
                    raise
        if by_model_alone:
            raise LanguageModelUnavailableError("no model may look at the files of this turn")
        answer = write_extractive(turn.question, ranked, strategy)
        parts = [*answer.parts, PERSON_OFFER] if _keeps_coming_back(turn) else answer.parts
        for place, part in enumerate(parts):
            stream.push(f"\n\n{part}" if place else part)
        stream.flush()
        return Written("\n\n".join(parts), answer.citations, ResolutionMethod.EXTRACTIVE)

    def _sources(self, ranked: list[RankedChunk], on_failure: Callable[[FirstlineError], None]) -> list[Passage]:
        if not ranked:
            return []
        try:
            return build_context(ranked, self._index, budget=self._context_tokens)
        except KnowledgeIndexUnavailableError as error:
            on_failure(error)
            return build_passages(ranked, budget=self._context_tokens)

    def _by_model(
        self, model: LanguageModel, turn: Turn, sources: list[Passage], strategy: Strategy, stream: StreamReply
    ) -> Written:
        system = f"{_prompt('answer.md')}\n{json.loads(_prompt('strategies.json'))[strategy.value]}"
        request = ModelRequest(
            system=system,
            messages=_messages(turn, sources, *self._files(turn)),
            max_tokens=self._max_tokens,
            temperature=self._temperature,
        )
        text, finished = "", None
        try:
            for event in model.stream(request):
                if isinstance(event, TextDelta):
                    text += event.text
                    stream.push(event.text)
                elif isinstance(event, ModelFinished):
                    finished = event
        except LanguageModelError:
            if not text:
                # It refused before it wrote, which costs nothing.
                self._budget.settle(turn.conversation_id, 0.0, vouched=_vouched(turn))
            raise
        if finished is not None:
            self._budget.settle(turn.conversation_id, finished.cost_usd, vouched=_vouched(turn))
        stream.flush()
        numbers = dict.fromkeys(int(mark) for mark in _MARK.findall(text))
        best = [passage.best for passage in sources]
        cited = [citation(n, best[n - 1], best[n - 1].chunk.text) for n in numbers if 1 <= n <= len(best)]
        digest = hashlib.sha256(system.encode()).hexdigest()
        text = _MARK.sub(lambda mark: mark[0] if 1 <= int(mark[1]) <= len(sources) else "", text)
        given = tuple(chunk.chunk_id for passage in sources for chunk in passage.chunks)
        return Written(text.strip(), cited, ResolutionMethod.MODEL, digest, given, finished)

    def _files(self, turn: Turn) -> tuple[str, tuple[ModelImage, ...]]:
        # Those of this question, then the newest of those before: a second question is often about the same file.
        files = [*turn.identified.attachments, *turn.identified.earlier_attachments][:MAX_FILES]
        images, texts = [], []
        for file in files:
            if not file.kind.is_image:
                texts.append((file, self._read_attachment.text(turn.conversation_id, file.file_id)))
            elif file.size_bytes <= MAX_MODEL_IMAGE_BYTES:
                try:
                    content = self._read_attachment.content(turn.conversation_id, file.file_id)
                except NotFoundError:
                    # Its time is over.
                    continue
                images.append(ModelImage(file.kind.media_type, content))
                texts.append((file, ""))
        return quoted(texts, budget=self._attachment_tokens), tuple(images)


def _vouched(turn: Turn) -> bool:
    return bool(turn.identified.customer.user_id)


def _keeps_coming_back(turn: Turn) -> bool:
    """Tell whether the graph has seen this customer with this topic, the one asked about most, three times or more."""
    insights = turn.identified.customer.insights
    return insights.topics[:1] == [turn.classified.category.value] and insights.contacts_on_topic >= _OFTEN


@lru_cache(maxsize=8)
def _prompt(name: str) -> str:
    return (_PROMPTS / name).read_text(encoding="utf-8")


def _messages(
    turn: Turn, sources: list[Passage], files: str, images: tuple[ModelImage, ...]
) -> tuple[ModelMessage, ...]:
    history = turn.identified.history
    messages = [ModelMessage("assistant" if m.author is not Author.CUSTOMER else "user", m.text) for m in history]
    while messages and messages[0].role == "assistant":
        messages.pop(0)
    listed = "\n\n".join(
        f'<source number="{number}" title={json.dumps(passage.heading)}>\n{passage.text}\n</source>'
        for number, passage in enumerate(sources, start=1)
    )
    if turn.identified.summary:
        listed += f"\n\n<earlier_in_this_conversation>\n{turn.identified.summary}\n</earlier_in_this_conversation>"
    if files:
        listed += f"\n\n<attached_files>\n{files}\n</attached_files>"
    customer = turn.identified.customer
    known = f"tier: {customer.tier.value}; style: {customer.communication_style.value}; "
    known += f"relationship: {customer.relationship_stage.value}; asked before about: "
    known += ", ".join(customer.insights.topics) or "nothing"
    if turn.identified.memory:
        known += f"; stated: {json.dumps(turn.identified.memory, ensure_ascii=False)}"
    listed += f"\n\n<customer>{known}</customer>"
    messages.append(ModelMessage("user", f"{listed}\n\n<question>\n{turn.question}\n</question>", images))
    return tuple(messages)
